"""What travels of the widget: its modules joined to one file, without comments and blanks; no page, no route.

The chat must open within 100 ms and 25 kB, so thirteen requests and a third of comments are too many. Statements stay
as written, and all names but private ones, which cannot be seen from elsewhere. The console takes the modules of wire/
as they are.
"""

import re
from collections import Counter
from itertools import count
from pathlib import Path

from rcssmin import cssmin
from rjsmin import jsmin

_IMPORT = re.compile(r'^import (?:.*? from )?"(\..*?)";\n', re.M)
_NESTED = re.compile(r"\$\{[^}`]*`")
_PRIVATE = re.compile(r"\.#(\w+)")
_EXPORT = re.compile(r"^export (?=const |let |class |function |async )", re.M)


def widget_files(static: Path) -> dict[str, bytes]:
    """The three files that a customer's page and the chat load, by name. `static`: the folder widget/static.

    Raises ValueError when two modules use one name at their top (joined they would not start), or when a template
    stands inside a template (its blanks would be lost).
    """
    style = (static / "chat" / "chat.css").read_text("utf-8")
    return {
        "loader.js": _squeezed((static / "loader.js").read_text("utf-8")),
        "chat.js": _squeezed(_join(_in_order(static / "chat" / "main.js"))),
        "chat.css": cssmin(style).encode(),
    }


def _squeezed(script: str) -> bytes:
    nested = _NESTED.search(script)
    if nested:
        raise ValueError(f"A template inside a template: {nested[0]!r}.")
    squeezed: str = jsmin(script)
    return squeezed.encode()


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
    return _with_short_private_names("".join(texts))


def _with_short_private_names(script: str) -> str:
    names = [name for name, _uses in Counter(_PRIVATE.findall(script)).most_common()]
    short = {name: f"#{_letters(number)}" for name, number in zip(names, count(), strict=False)}
    return re.sub(rf"#({'|'.join(names)})\b", lambda found: short[found[1]], script) if names else script


def _letters(number: int) -> str:
    return chr(97 + number) if number < 26 else _letters(number // 26 - 1) + _letters(number % 26)


def _expect_own_names(modules: list[Path], texts: list[str]) -> None:
    owners: dict[str, str] = {}
    for module, text in zip(modules, texts, strict=True):
        for name in re.findall(r"^(?:async )?(?:const|let|class|function) (\w+)", text, re.M):
            if name in owners:
                raise ValueError(f"{module.name} and {owners[name]} both name something {name}.")
            owners[name] = module.name
