"""Who may import whom: one table. `routing` besides knows no clock, no await and no third party."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "routing": set(),
    "store": {"routing"},
    "live": {"routing"},
    "desk": {"store", "live", "routing"},
    "mailbox": {"desk", "store", "live", "routing"},
    "calls": {"desk", "store", "live", "routing"},
    "server": {"mailbox", "calls", "desk", "store", "live", "routing"},
}


def sources(layer: str) -> list[Path]:
    return sorted((ROOT / layer).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Top-level names of everything a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level > 0:
            yield path.relative_to(ROOT).parts[0]


FILES = [(layer, path) for layer in MAY_IMPORT for path in sources(layer)]


@pytest.mark.parametrize(("layer", "path"), FILES, ids=[str(path.relative_to(ROOT)) for _, path in FILES])
def test_a_file_imports_only_layers_below_its_own(layer: str, path: Path) -> None:
    forbidden = (set(MAY_IMPORT) - MAY_IMPORT[layer] - {layer}) | {"tests", "bench", "faults", "vipdesk"}
    assert set(imports(path)) & forbidden == set()


def test_every_layer_has_sources() -> None:
    empty = [layer for layer in MAY_IMPORT if layer != "calls" and not sources(layer)]
    assert empty == []


@pytest.mark.parametrize("path", sources("routing"), ids=lambda path: path.name)
def test_a_rule_has_no_third_party_no_await_and_no_clock(path: Path) -> None:
    tree = ast.parse(path.read_text())
    foreign = {name for name in imports(path) if name not in sys.stdlib_module_names and name != "routing"}
    assert foreign == set()
    waits = [node for node in ast.walk(tree) if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncWith)]
    assert waits == []
    clocks = {
        f"{node.func.value.id}.{node.func.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    } & {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.monotonic"}
    assert clocks == set()


def loaded_with(path: Path) -> Iterator[Path]:
    """The files of ours that a file loads when it is imported itself."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
            for module in modules:
                found = (ROOT / module.replace(".", "/")).with_suffix(".py")
                if found.is_file():
                    yield found


def test_no_file_needs_itself_to_be_imported() -> None:
    """Else it depends on who is imported first whether the desk starts."""
    waits_for = {path: set(loaded_with(path)) for _, path in FILES}
    while ready := [path for path, others in waits_for.items() if not others & waits_for.keys()]:
        for path in ready:
            del waits_for[path]
    assert sorted(str(path.relative_to(ROOT)) for path in waits_for) == []


CALLED_BY_NAME = "on_"
"""Functions of the sockets, each found by the type of its frame."""
FOR_OTHERS = {"WITHHELD"}
"""What the parts that read and send mail will call, and what docs/export.md is compared with."""


def test_nothing_is_there_that_nobody_uses() -> None:
    """Public functions, classes and constants of the product that stand once in all of it and its pages."""
    python = {path: path.read_text() for _, path in FILES}
    pages = [path.read_text() for path in (ROOT / "server" / "templates").rglob("*.html")]
    counted = Counter(word for text in (*python.values(), *pages) for word in re.findall(r"\w+", text))
    unused = {
        name
        for text in python.values()
        for node in ast.parse(text).body
        for name in _named(node)
        if not name.startswith(("_", CALLED_BY_NAME)) and counted[name] == 1
    }
    assert unused == FOR_OTHERS


def _named(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (each.id for each in targets if isinstance(each, ast.Name))
