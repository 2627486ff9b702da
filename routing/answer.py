"""`vipdesk answer routing`: reads a document of worked cases, gives what the rules say; no file is opened here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from routing import choose, waiting
from routing.choose import Absence, Candidate, Decision, Line, Request
from routing.entitlement import AddOn
from routing.errors import BadRequest
from routing.hours import Calendar
from routing.waiting import Waiting


def routing(document: object) -> dict[str, dict[str, Any]]:
    """`{case id: out}` for a document `{"calendars": {name: calendar}, "cases": [{"id", "kind", "in"}]}`.

    Any `out` in it is ignored. Raises BadRequest with a sentence that names the case and the field.
    """
    fields = _object(document, "the document")
    calendars = {
        name: Calendar.from_json(calendar)
        for name, calendar in _object(fields.get("calendars", {}), "calendars").items()
    }
    return dict(_answer(case, calendars) for case in _list(fields.get("cases"), "cases"))


def _answer(case: object, calendars: Mapping[str, Calendar]) -> tuple[str, dict[str, Any]]:
    fields = _object(case, "a case")
    id = _text(fields, "id")
    try:
        given = _object(fields.get("in"), "in")
        kind = _one_of(fields, "kind", ("route", "queue"))
        return id, _route(given, calendars) if kind == "route" else _queue(given)
    except BadRequest as wrong:
        raise BadRequest(f"Case {id}: {wrong.message}", field=wrong.field) from wrong


def _route(given: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    name = _text(given, "calendar")
    if name not in calendars:
        raise BadRequest(f"There is no calendar {name!r}.", field="calendar")
    agents = [_candidate(_object(agent, "an agent")) for agent in _list(given.get("agents"), "agents")]
    line = _line(_object(given.get("customer"), "customer"))
    request = _request(_object(given.get("request"), "request"))
    return _printed(choose.decide(_instant(given.get("now"), "now"), calendars[name], line, agents, request))


def _queue(given: Mapping[str, Any]) -> dict[str, Any]:
    chats = [_waiting(_object(chat, "a waiting chat")) for chat in _list(given.get("waiting"), "waiting")]
    return {"order": [chat.id for chat in waiting.order(chats)]}


def _printed(decision: Decision) -> dict[str, Any]:
    """`alarm` only where there is somebody to alert about: in the queue."""
    out: dict[str, Any] = {
        "action": decision.action,
        "agent": decision.agent,
        "step": decision.step,
        "dedicated": decision.dedicated,
        "because": decision.because,
        "skipped": [[skip.agent, skip.step, skip.reason] for skip in decision.skipped],
    }
    return out if decision.action == "ring" else {**out, "alarm": decision.alarm}


# The facts of a case --------------------------------------------------------------------------------------------------


def _candidate(given: Mapping[str, Any]) -> Candidate:
    """A case writes a call as a status of its own."""
    status = _one_of(given, "status", ("available", "away", "offline", "in_call"))
    in_call = status == "in_call"
    return Candidate(
        id=_text(given, "id"),
        teams=_texts(given, "teams"),
        status="available" if in_call else cast(choose.Status, status),
        load=_count(given, "load"),
        capacity=_count(given, "capacity"),
        reserved=_count(given, "reserved"),
        languages=_texts(given, "languages"),
        absences=tuple(_absence(pair) for pair in _list(given.get("absences"), "absences")),
        last_offered_at=_maybe_instant(given.get("last_offered_at"), "last_offered_at"),
        in_call=in_call,
    )


def _absence(pair: object) -> Absence:
    ends = _list(pair, "absences")
    if len(ends) != 2:
        raise BadRequest("An absence is written as [from, until].", field="absences")
    return Absence(_instant(ends[0], "absences"), _instant(ends[1], "absences"))


def _line(given: Mapping[str, Any]) -> Line:
    return Line(
        add_on=_add_on(given.get("dedicated")),
        identity_policy=_one_of(given, "identity_policy", ("open", "verified")),
        named=None if given.get("named") is None else _text(given, "named"),
        stand_ins=_texts(given, "stand_ins"),
    )


def _add_on(value: object) -> AddOn | None:
    if value is None:
        return None
    else:
        given = _object(value, "dedicated")
        return AddOn(_instant(given.get("from"), "from"), _maybe_instant(given.get("until"), "until"))


def _request(given: Mapping[str, Any]) -> Request:
    return Request(
        severity=_severity(given),
        technical=_truth(given, "technical"),
        identity=_one_of(given, "identity", ("verified", "unverified")),
        language=_text(given, "language"),
        tried=frozenset(_texts(given, "tried")),
    )


def _waiting(given: Mapping[str, Any]) -> Waiting:
    return Waiting(
        id=_text(given, "id"),
        severity=_severity(given),
        dedicated=_truth(given, "dedicated"),
        waiting_since=_instant(given.get("waiting_since"), "waiting_since"),
    )


# The values of a field ------------------------------------------------------------------------------------------------


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(name, "an object", value)
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(name, "a list", value)
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise _wrong(name, "a text", value)
    return value


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = given.get(name)
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _wrong(name, "a list of texts", value)
    return tuple(value)


def _truth(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name)
    if not isinstance(value, bool):
        raise _wrong(name, "true or false", value)
    return value


def _count(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _wrong(name, "a whole number from 0", value)
    return value


def _severity(given: Mapping[str, Any]) -> int | None:
    value = given.get("severity")
    return None if value is None else int(_one_of(given, "severity", (1, 2, 3, 4, 5)))


def _one_of(given: Mapping[str, Any], name: str, choices: tuple[Any, ...]) -> Any:
    """The value, when it equals one of the choices and is of its type (`true` is no severity)."""
    value = given.get(name)
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        raise _wrong(name, f"one of {', '.join(map(str, choices))}", value)
    return value


def _maybe_instant(value: object, name: str) -> datetime | None:
    return None if value is None else _instant(value, name)


def _instant(value: object, name: str) -> datetime:
    try:
        instant = datetime.fromisoformat(cast(str, value))
    except (TypeError, ValueError) as wrong:
        raise _wrong(name, "an instant like 2026-03-04T09:00:00Z", value) from wrong
    if instant.tzinfo is None:
        raise _wrong(name, "an instant with Z or its offset", value)
    return instant


def _wrong(name: str, wanted: str, value: object) -> BadRequest:
    return BadRequest(f"{name} must be {wanted}, not {value!r}.", field=name)
