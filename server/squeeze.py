"""What travels of the widget: its modules joined to one file, without comments and blanks; no page, no route.

The chat must open within 100 ms and 25 kB, so thirteen requests and a third of comments are too many. Names and
statements stay as written. The console takes the modules of wire/ as they are.
"""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import (?:.*? from )?"(\..*?)";\n', re.M)
_EXPORT = re.compile(r"^export (?=const |let |class |function |async )", re.M)
_BLOCK = re.compile(r"^\s*/\*.*?\*/\s*?\n", re.M | re.S)
_LINE = re.compile(r"^\s*//.*\n| +// .*$", re.M)
_INDENT = re.compile(r"^\s+", re.M)

# Copied as they are: strings, templates without templates inside, regular expressions where a value may stand.
_PATTERN = r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/"
_LITERAL = re.compile(
    r'"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\$]|\$(?!\{)|\$\{[^{}`]*\})*`|(?<=\()' + _PATTERN + r"|(?<=[,=:?&|] )" + _PATTERN
)
_AROUND = re.compile(r" ?([{}()\[\];,=<>!&|:*]) ?")
_AFTER = re.compile(r"([{;,(\[])\n")
_STYLE = re.compile(r" ?([{};,]) ?|(?<=:) ")


def widget_files(static: Path) -> dict[str, bytes]:
    """The three files that a customer's page and the chat load, by name. `static`: the folder widget/static.

    Raises ValueError when two modules use one name at their top (joined they would not start), or when a script holds
    quotes that cannot be told apart (a template inside a template).
    """
    style = (static / "chat" / "chat.css").read_text("utf-8")
    return {
        "loader.js": squeeze_script((static / "loader.js").read_text("utf-8")).encode(),
        "chat.js": squeeze_script(_join(_in_order(static / "chat" / "main.js"))).encode(),
        "chat.css": squeeze_style(style).encode(),
    }


def squeeze_script(text: str) -> str:
    """A script without comments, indentation and the blanks that mean nothing."""
    text = _bare(text)
    pieces: list[str] = []
    end = 0
    for literal in _LITERAL.finditer(text):
        pieces += [_tight(text[end : literal.start()]), literal[0]]
        end = literal.end()
    return "".join([*pieces, _tight(text[end:])])


def squeeze_style(text: str) -> str:
    """A style sheet likewise."""
    return _STYLE.sub(r"\1", _bare(text)).replace(";\n", ";").replace("{\n", "{")


def _bare(text: str) -> str:
    return _INDENT.sub("", _LINE.sub("", _BLOCK.sub("", text)))


def _tight(code: str) -> str:
    if "`" in code or '"' in code:
        raise ValueError(f"Quotes that cannot be told apart near {code.strip()[:60]!r}.")
    return _AFTER.sub(r"\1", _AROUND.sub(r"\1", code))


def _in_order(main: Path) -> list[Path]:
    """`main` and what it imports, each once and after what it needs itself."""
    ordered: list[Path] = []

    def visit(module: Path) -> None:
        for needed in _IMPORT.findall(module.read_text("utf-8")):
            visit((module.parent / needed).resolve())
        if module not in ordered:
            ordered.append(module)

    visit(main.resolve())
    return ordered


def _join(modules: list[Path]) -> str:
    texts = [_EXPORT.sub("", _IMPORT.sub("", module.read_text("utf-8"))) for module in modules]
    _expect_own_names(modules, texts)
    return "".join(texts)


def _expect_own_names(modules: list[Path], texts: list[str]) -> None:
    owners: dict[str, str] = {}
    for module, text in zip(modules, texts, strict=True):
        for name in re.findall(r"^(?:async )?(?:const|let|class|function) (\w+)", text, re.M):
            if name in owners:
                raise ValueError(f"{module.name} and {owners[name]} both name something {name}.")
            owners[name] = module.name
