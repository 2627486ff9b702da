"""What travels of the widget: its modules joined to one file, without comments and indentation; no page, no route.

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


def widget_files(static: Path) -> dict[str, bytes]:
    """The three files that a customer's page and the chat load, by name. `static`: the folder widget/static.

    Raises ValueError when two modules use one name at their top: joined they would not start.
    """
    modules = _in_order(static / "chat" / "main.js")
    return {
        "loader.js": squeeze((static / "loader.js").read_text("utf-8")).encode(),
        "chat.js": _join(modules).encode(),
        "chat.css": squeeze((static / "chat" / "chat.css").read_text("utf-8")).encode(),
    }


def squeeze(text: str) -> str:
    """Script or style without comments, indentation and empty lines."""
    return _INDENT.sub("", _LINE.sub("", _BLOCK.sub("", text)))


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
    return squeeze("".join(texts))


def _expect_own_names(modules: list[Path], texts: list[str]) -> None:
    owners: dict[str, str] = {}
    for module, text in zip(modules, texts, strict=True):
        for name in re.findall(r"^(?:async )?(?:const|let|class|function) (\w+)", text, re.M):
            if name in owners:
                raise ValueError(f"{module.name} and {owners[name]} both name something {name}.")
            owners[name] = module.name
