"""The doors for programs do what docs/openapi.json says, whatever is sent: schemathesis makes the requests up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, checks

from server.api import described
from server.demo.cast import CUSTOMERS
from tests.support.asking import agent, contact
from tests.support.pages import ROOT, Page, ticked
from tests.support.running import RunningDesk

DOCUMENT = ROOT / "docs" / "openapi.json"
schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text("utf-8")))
CHECKS: list[Any] = [
    checks.not_a_server_error,
    checks.CHECKS.get_one("status_code_conformance"),
    checks.CHECKS.get_one("content_type_conformance"),
    checks.CHECKS.get_one("response_schema_conformance"),
]
EXAMPLES = settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def test_the_document_is_what_the_code_says() -> None:
    assert DOCUMENT.read_text("utf-8") == described.text(), "run: python -m server.api.described > docs/openapi.json"


def test_every_door_for_programs_is_described() -> None:
    doors = {door for row in Page("docs/protocol.md").rows("Doors") for door in ticked(row[0])}
    programs = {door for door in doors if door.startswith(("/api/", "/b/{key}/", "/x/", "/files", "/live", "/ready"))}
    streams = {"/x/contact/stream", "/x/agent/stream"}  # frames without end, which OpenAPI has no words for
    assert set(schema.raw_schema["paths"]) == programs - streams


@pytest.fixture(scope="module")
def known(desk: RunningDesk) -> Iterator[dict[str, httpx2.Client]]:
    with agent(desk, "Lena") as lena, contact(desk, CUSTOMERS[0].key) as visitor:
        yield {"agent": lena, "contact": visitor}


@schema.parametrize()
@EXAMPLES
def test_strangers_get_what_is_promised(case: Case[Any], desk: RunningDesk) -> None:
    case.call_and_validate(base_url=desk.origin, checks=CHECKS)


@schema.exclude(method="DELETE").parametrize()
@EXAMPLES
def test_who_is_known_gets_what_is_promised(
    case: Case[Any], desk: RunningDesk, known: dict[str, httpx2.Client]
) -> None:
    who = known["contact" if case.path in ("/x/contact", "/files") else "agent"]
    headers = {name: who.headers[name] for name in ("Origin", "Authorization", "X-CSRF") if name in who.headers}
    case.call_and_validate(base_url=desk.origin, headers=headers, cookies=dict(who.cookies), checks=CHECKS)


def test_nothing_of_all_this_was_a_fault_of_ours(desk: RunningDesk) -> None:
    log = desk.log.read_text()
    assert "request.failed" not in log and "Traceback" not in log
