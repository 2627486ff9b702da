"""The worked cases are reproduced without reading what they expect; files that make no sense are refused."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from routing import answer
from routing.errors import BadRequest

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "cases.json").read_text())
EXPECTED = {case["id"]: case["out"] for case in DOCUMENT["cases"]}
QUESTIONS: dict[str, Any] = {
    **DOCUMENT,
    "cases": [{key: value for key, value in case.items() if key != "out"} for case in DOCUMENT["cases"]],
}
ANSWERS = answer.routing(QUESTIONS)


def test_all_worked_cases_are_answered() -> None:
    assert len(EXPECTED) == 101
    assert list(ANSWERS) == list(EXPECTED)


@pytest.mark.parametrize("id", EXPECTED)
def test_a_worked_case_is_reproduced_with_exactly_its_keys(id: str) -> None:
    assert ANSWERS[id] == EXPECTED[id]
    assert list(ANSWERS[id]) == list(EXPECTED[id])


def test_what_a_case_expects_is_not_read() -> None:
    lying = {**DOCUMENT, "cases": [{**case, "out": {"action": "lie"}} for case in DOCUMENT["cases"]]}
    assert answer.routing(lying) == ANSWERS


ROUTE = QUESTIONS["cases"][0]
ABSENT = next(case for case in QUESTIONS["cases"] if case["id"] == "route-021")
QUEUE = next(case for case in QUESTIONS["cases"] if case["kind"] == "queue")


def with_value(case: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A document of this one case, changed at `path` (names and numbers, separated by dots)."""
    changed = deepcopy(case)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner: Any = changed
    for part in way:
        inner = inner[part]
    inner[last] = value
    return {"calendars": QUESTIONS["calendars"], "cases": [changed]}


@pytest.mark.parametrize(
    ("case", "path", "value", "words"),
    [
        (ROUTE, "id", 7, "id must be a text, not 7."),
        (ROUTE, "kind", "sla", "kind must be one of route, queue, not 'sla'."),
        (ROUTE, "in", None, "in must be an object, not None."),
        (ROUTE, "in.calendar", "mars", "There is no calendar 'mars'."),
        (ROUTE, "in.now", "soon", "now must be an instant like 2026-03-04T09:00:00Z, not 'soon'."),
        (ROUTE, "in.now", None, "now must be an instant like 2026-03-04T09:00:00Z, not None."),
        (ROUTE, "in.now", "2026-03-04T09", "now must be an instant with Z or its offset, not '2026-03-04T09'."),
        (ROUTE, "in.agents", {}, "agents must be a list, not {}."),
        (ROUTE, "in.agents.0", "n1", "an agent must be an object, not 'n1'."),
        (ROUTE, "in.agents.0.status", "up", "status must be one of available, away, offline, in_call, not 'up'."),
        (ROUTE, "in.agents.0.load", -1, "load must be a whole number from 0, not -1."),
        (ROUTE, "in.agents.0.load", True, "load must be a whole number from 0, not True."),
        (ROUTE, "in.agents.0.load", 1.5, "load must be a whole number from 0, not 1.5."),
        (ROUTE, "in.agents.0.teams", "pool", "teams must be a list of texts, not 'pool'."),
        (ROUTE, "in.agents.0.languages", [1], "languages must be a list of texts, not [1]."),
        (ABSENT, "in.agents.0.absences.0", ["2026-03-03T08:00:00Z"], "An absence is written as [from, until]."),
        (ROUTE, "in.customer.identity_policy", "no", "identity_policy must be one of open, verified, not 'no'."),
        (ROUTE, "in.customer.dedicated", "yes", "dedicated must be an object, not 'yes'."),
        (ROUTE, "in.request.severity", 6, "severity must be one of 1, 2, 3, 4, 5, not 6."),
        (ROUTE, "in.request.severity", True, "severity must be one of 1, 2, 3, 4, 5, not True."),
        (ROUTE, "in.request.technical", 1, "technical must be true or false, not 1."),
        (QUEUE, "in.waiting.0.waiting_since", 1, "waiting_since must be an instant like 2026-03-04T09:00:00Z, not 1."),
    ],
)  # fmt: skip
def test_a_case_that_makes_no_sense_is_refused_with_its_id_and_field(
    case: dict[str, Any], path: str, value: Any, words: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        answer.routing(with_value(case, path, value))
    assert refused.value.message == (words if path == "id" else f"Case {case['id']}: {words}")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "the document must be an object"),
        ({}, "cases must be a list"),
        ({"cases": [1]}, "a case must be an object"),
        ({"calendars": {"desk": {}}, "cases": []}, "A calendar needs the name of its zone"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused(document: Any, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        answer.routing(document)


@pytest.mark.parametrize("value", [None, 3])
def test_an_unset_severity_and_named_agent_are_taken(value: int | None) -> None:
    assert answer.routing(with_value(ROUTE, "in.request.severity", value))["route-001"]["agent"] == "n1"
    assert answer.routing(with_value(ROUTE, "in.customer.named", None))["route-001"]["agent"] == "s1"
