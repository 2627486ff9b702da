"""The documents say what the code does: each list is compared with the code, both ways."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, cast, get_args

import msgspec
import pytest
from starlette.routing import Route, WebSocketRoute

from desk import requests
from routing import errors
from server.cli import parser
from server.errors import STATUS
from server.metrics import Metrics
from server.parts import Parts
from server.routes import routes
from server.settings import Settings, name_of
from server.sockets import frames
from tests.support.pages import ROOT, Page, ticked

PROTOCOL, SETTINGS, OPERATE, LAYOUT = (
    Page(f"docs/{name}.md") for name in ("protocol", "settings", "operate", "layout")
)
DOCUMENTS = [
    path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")) if not path.name.startswith("LICENSE")
]
LIBRARY_CLOSES = {1007, 1009}
"""Sent by the WebSocket library itself."""


# The wire -------------------------------------------------------------------------------------------------------------


def struct_fields(struct: type) -> set[str]:
    """As the page writes them: optional ones with a question mark, without the rid that all verbs have."""
    return {
        each.encode_name + ("" if each.required else "?")
        for each in msgspec.structs.fields(struct)
        if each.encode_name != "rid"
    }


def written_fields(cell: str) -> set[str]:
    return {name + mark for name, mark in re.findall(r"`(\w+)`(\??)", cell)}


@pytest.mark.parametrize(
    ("heading", "union"),
    [("Verbs of contacts", requests.ContactRequest), ("Verbs of agents", requests.AgentRequest)],
)
def test_every_verb_is_documented_with_its_fields(heading: str, union: Any) -> None:
    code = {requests_tag(struct): struct_fields(struct) for struct in get_args(union)}
    page = {ticked(row[0])[0]: written_fields(row[1]) for row in PROTOCOL.rows(heading)}
    assert page == code


def test_every_frame_besides_verbs_is_documented_with_its_fields() -> None:
    code = {requests_tag(struct): struct_fields(struct) for struct in get_args(frames.Wire)}
    page = {
        ticked(row[0])[0]: written_fields(row[1]) - {"rid"}
        for row in PROTOCOL.rows("Of both, without an effect to keep")
    }
    assert page == code
    hello = {each.encode_name for each in msgspec.structs.fields(frames.Hello)}
    assert set(ticked(PROTOCOL.rows("Opening")[0][1])) == hello


def requests_tag(struct: type) -> str:
    tag = cast(Any, struct).__struct_config__.tag
    return str(tag)


def test_every_error_code_is_documented_with_its_status() -> None:
    page = {ticked(row[0])[0]: int(row[1]) for row in PROTOCOL.rows("Errors")}
    assert page == dict(STATUS)
    assert set(page) == {each.code for each in errors.DeskError.__subclasses__()}


def test_every_close_code_is_documented() -> None:
    codes = {int(name) for name in (row[0] for row in PROTOCOL.rows("Close codes"))}
    assert codes == LIBRARY_CLOSES | close_codes()


def close_codes() -> set[int]:
    """What lines are shut with: numbers in calls, named ones, and those that travel to other processes as bytes."""
    found: set[int] = set()
    for path in (*(ROOT / "server").rglob("*.py"), *(ROOT / "desk").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, bytes) and re.fullmatch(rb"4\d{3}", value):
                found.add(int(value))
            elif isinstance(value, int) and 4400 <= value <= 4499:
                found.add(value)
            elif isinstance(node, ast.Call) and name_of_call(node) in ("shut", "Refused"):
                found |= {each.value for each in node.args if isinstance(each, ast.Constant)}  # type: ignore[misc]
    return found


def name_of_call(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def calls(folder: str, name: str) -> Iterator[ast.Call]:
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and name_of_call(node) == name:
                yield node


def kinds(*, internal: bool) -> set[str]:
    """What `work.event(found, "kind", …)` writes; one helper writes messages to either stream."""
    found = set()
    for call in calls("desk", "event"):
        if len(call.args) >= 2 and isinstance(call.args[1], ast.Constant):
            given = next((each.value for each in call.keywords if each.arg == "internal"), ast.Constant(False))
            if not isinstance(given, ast.Constant) or given.value is internal:
                found.add(str(call.args[1].value))
    return found


def test_every_event_kind_is_documented() -> None:
    assert set(PROTOCOL.names("Public kinds")) == kinds(internal=False)
    assert set(PROTOCOL.names("Internal kinds")) == kinds(internal=True)


def given(name: str, place: int) -> Iterator[tuple[str, set[str]]]:
    """Kinds with the fields of data that is written out where it is told."""
    for call in calls("desk", name):
        if len(call.args) > place and isinstance(call.args[1], ast.Constant) and isinstance(call.args[place], ast.Dict):
            keys = cast(ast.Dict, call.args[place]).keys
            yield str(call.args[1].value), {str(key.value) for key in keys if isinstance(key, ast.Constant)}


def test_the_fields_of_events_and_frames_are_documented() -> None:
    events = [*PROTOCOL.rows("Public kinds"), *PROTOCOL.rows("Internal kinds")]
    unstored = PROTOCOL.rows("What the desk says by itself, unstored")
    known: dict[str, set[str]] = {}
    for kind, cell in [(row[0], row[1]) for row in events] + [(row[0], row[2]) for row in unstored]:
        known.setdefault(ticked(kind)[0], set()).update(ticked(cell))
    found = [*given("event", 2), *given("tell", 2)]
    assert len(found) > 10
    assert [(kind, data - known[kind]) for kind, data in found if data - known[kind]] == []


def sent_frames() -> set[str]:
    """Kinds of ephemeral frames, and the types of frames that the sockets write themselves."""
    told = {call.args[1] for call in (*calls("desk", "tell"), *calls("desk", "ephemeral")) if len(call.args) > 1}
    found = {str(each.value) for each in told if isinstance(each, ast.Constant)}
    for path in (ROOT / "server" / "sockets").glob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "type" and isinstance(value, ast.Constant):
                        found.add(str(value.value))
            elif isinstance(node, ast.Constant) and isinstance(node.value, bytes):
                found |= {name.decode() for name in re.findall(rb'^\{"type":"(\w+)"', node.value)}
    return found - {"http.response.start", "http.response.body", "websocket.send", "websocket.disconnect"}


def test_every_frame_of_the_desk_is_documented() -> None:
    opening = {ticked(row[0])[0] for row in PROTOCOL.rows("Opening")} - {"hello"}
    unstored = set(PROTOCOL.names("What the desk says by itself, unstored"))
    assert opening | unstored | {"ok", "error"} == sent_frames()


# Doors ----------------------------------------------------------------------------------------------------------------


def served() -> dict[str, set[str]]:
    """Every address with its methods, of a demo, which has them all."""

    class Everything:
        """Routes only bind their parts."""

        is_demo = True

        def __getattr__(self, name: str) -> Any:
            return None

    found: dict[str, set[str]] = {}
    for route in routes(cast(Parts, Everything()), Metrics()):
        if isinstance(route, Route):
            methods = (route.methods or set()) - {"HEAD"}
            found.setdefault(route.path, set()).update(methods)
        else:
            assert isinstance(route, WebSocketRoute)
            found.setdefault(route.path, set()).add("WebSocket")
    return found


def test_every_address_is_documented_with_its_methods() -> None:
    documented = {path: set(row[1].split(", ")) for row in PROTOCOL.rows("Doors") for path in ticked(row[0])}
    families = {path.removesuffix("…"): methods for path, methods in documented.items() if path.endswith("…")}
    code = served()
    used = set()
    for path, methods in code.items():
        family = next((each for each in families if path.startswith(each)), None)
        known = families[family] if family is not None else documented.get(path, set())
        assert methods <= known, f"{path} {methods}"
        used.add(path if family is None else family + "…")
    assert set(documented) - used - {"/admin…"} == set()


# Settings and commands ------------------------------------------------------------------------------------------------


def test_every_setting_is_documented_with_its_default_and_sentence() -> None:
    code = {}
    for each in fields(Settings):
        default = "" if each.default in ("", (), None, False) else str(each.default)
        code[name_of(each.name)] = (default, each.metadata["help"])
    page = {ticked(row[0])[0]: (row[1].strip("`"), row[2]) for row in SETTINGS.rows("Settings")}
    assert page == code


def commands(of: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, set[str]]]:
    """Each command with its options and operands."""
    options: set[str] = set()
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield from commands(inner, f"{name} {word}")
        elif action.dest != "help":
            options |= set(action.option_strings) or {action.dest}
    yield name, options


def test_every_command_is_documented_with_its_options() -> None:
    code = {name: options for name, options in commands(parser(), "vipdesk") if not _only_a_group(name, options)}
    page = {ticked(row[0])[0]: set(ticked(row[1])) for row in OPERATE.rows("Commands")}
    assert page == code


def _only_a_group(name: str, options: set[str]) -> bool:
    inner = [each for each, _ in commands(parser(), "vipdesk") if each.startswith(name + " ")]
    return name != "vipdesk" and bool(inner) and not options


def test_every_metric_is_documented() -> None:
    families = re.findall(r"^# TYPE (\w+) (?!untyped)", Metrics().text().decode(), re.M)
    code = {name for name in families if not name.endswith("_created")}
    assert set(OPERATE.names("What to watch")) == code


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere_and_to_a_test_that_is_there(path: Path) -> None:
    missing = []
    for link in Page(str(path.relative_to(ROOT))).links():
        name, _, test = link.partition("#")
        target = path.parent / name
        if re.match(r"(https?|mailto):", link):
            continue
        elif not target.exists() or (test and f"def {test}(" not in target.read_text()):
            missing.append(link)
    assert missing == []


def test_every_attack_is_tried_by_a_test_that_is_there() -> None:
    rows = [row for row in Page("docs/attacks.md").rows("What is tried against the desk") if row[1]]
    assert len(rows) > 30
    for what, _does, tried in rows:
        assert ticked(tried), what
        for test in ticked(tried):
            path, name = test.split("::")
            assert f"def {name}(" in (ROOT / path).read_text("utf-8"), test


def test_the_readme_is_short_and_each_promise_names_its_test() -> None:
    readme = Page("README.md")
    assert len(readme.text.splitlines()) <= 80
    promises = re.findall(r"^- .*$", readme.text.split("## What it promises")[1].split("\n## ")[0], re.M)
    assert len(promises) == 8
    assert [promise for promise in promises if not re.search(r"\]\(tests/\S+#test_\w+\)", promise)] == []


def test_every_folder_of_the_product_has_its_line() -> None:
    named = {name.split("/")[0] for name in LAYOUT.names("Where each thing lives") if name.endswith("/")}
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    kept = {name for name in there if any((ROOT / name).rglob("*.py")) or name in ("widget", "bin", "vendor")}
    assert kept - {"build", "dist", "docs", "var"} <= named
    assert all((ROOT / name).exists() for name in named)


def test_every_make_target_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    named = {name for path in DOCUMENTS for name in re.findall(r"(?:^|`)make (\w+)", path.read_text(), re.M)}
    assert {"run", "test", "shots"} <= named <= targets


def test_the_processes_are_commands_and_what_the_wiring_needs() -> None:
    lines = [line.split(" -m vipdesk ") for line in (ROOT / "Procfile").read_text().splitlines()]
    started = {command: name.split(":")[0] for name, command in lines}
    known = {name.removeprefix("vipdesk ") for name, _ in commands(parser(), "vipdesk")}
    assert started == {name: name for name in ("web", "mailbox", "clock")}
    assert set(started) <= known


def test_no_document_names_a_setting_that_is_not_there() -> None:
    known = {name_of(each.name) for each in fields(Settings)}
    named = {name for path in DOCUMENTS for name in re.findall(r"VIPDESK_[A-Z_]+", path.read_text())}
    assert named - known == set()
