"""The audit as an admin asks for it: whose acts, on what, of which kind, when; and that it was taken along."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from desk.actors import Signed
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check
from desk.administration.selling import office_zone
from store import audit_log
from store.audit import Head
from store.audit_log import NOBODY, Entry, Filter
from store.engine import Connection
from store.times import micros

THE_DESK = "desk"
"""How the desk itself is called as an actor, as for commands."""


@dataclass(frozen=True)
class AuditQuestion:
    """As entered. `actor`, `object`: a name, an id, a ticket's number; `since`, `until`: days, the last included."""

    actor: str = ""
    object: str = ""
    action: str = ""
    since: str = ""
    until: str = ""


class Auditing:
    """What admins do with it."""

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    async def exported(self, signed: Signed | None, format: str, question: AuditQuestion) -> None:
        """Writes down that somebody took rows along."""

        def verb(change: Change) -> None:
            kinds = {name: bool(value) for name, value in asdict(question).items()}
            change.audit("audit_exported", "audit", {"format": format, "filtered_by": [n for n in kinds if kinds[n]]})

        await self._changing.change(signed, "export_audit", verb)


def filter_of(connection: Connection, question: AuditQuestion) -> Filter:
    """What was asked, as the record understands it. Raises Wrong."""
    check, zone = Check(), office_zone(connection)
    actor, object, action = (" ".join(each.split()) for each in (question.actor, question.object, question.action))
    since, until = check.begin("since", question.since, zone), check.end("until", question.until, zone)
    if since is not None and until is not None and until <= since:
        check.refuse("until", "The last day comes before the first.")
    if action and action not in audit_log.actions(connection):
        check.refuse("action", "Nothing of the kind “{text}” was ever written down.", text=action[:60])
    found = Filter((), (), action, None if since is None else micros(since), None if until is None else micros(until))
    if actor.lower() == THE_DESK:
        found = replace(found, actors=(NOBODY,))
    elif actor:
        found = replace(found, actors=audit_log.called(connection, check.line("actor", actor)))
    if object:
        found = replace(found, objects=audit_log.called(connection, check.line("object", object)))
    check.done()
    return found


def named(connection: Connection, entries: list[Entry]) -> dict[str, str]:
    """Names of everybody and everything that the rows are about."""
    ids = {id for each in entries for id in (each.actor_id, each.object) if id}
    return audit_log.names(connection, ids) if ids else {}


def head_of(text: str) -> Head | None:
    """An exported head as entered; None when none was. Raises Wrong."""
    check = Check()
    try:
        return Head.read(text) if text.strip() else None
    except ValueError:
        check.refuse("head", "A head is a number and 64 signs, as it was shown: 812 3f9a…")
        check.done()
        raise
