"""The status and severity of a ticket: which move leads where; clocks are the SLA's, chats chat.py's.

new ----> open <----> waiting        accepted, a public answer, a contact's message, or an agent's hand
           ^  \\         /
           |   v       v
           '---- solved ----> closed        after REOPEN, or by a lead; a closed ticket stays closed
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from routing.chat import REOPEN
from routing.errors import BadRequest, Closed, Conflict, Forbidden

Status = Literal["new", "open", "waiting", "solved", "closed"]
Next = Literal["customer", "desk", "solved"]
Landing = Literal["same", "linked"]

SEVERITIES = (1, 2, 3, 4, 5)
COUNTS_AS = 3
"""What an unset or unconfirmed severity counts as."""


# Severity ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Severity:
    """`value`: what the ticket has, None when unset. `asked`: a wish of the contact that no agent has confirmed."""

    value: int | None
    asked: int | None


def severity_at_press(asked: int | None, verified: bool) -> Severity:
    """A verified contact sets the severity; that of an unverified visitor is a request."""
    if asked is not None:
        check_severity(asked)
    return Severity(asked, None) if verified else Severity(None, asked)


def effective_severity(value: int | None) -> int:
    """What rules and queues count with: 3 when unset, however much is asked for."""
    return COUNTS_AS if value is None else value


def check_severity(value: int) -> int:
    """The value itself; raises BadRequest when it is none of 1 to 5."""
    if value not in SEVERITIES:
        raise BadRequest("A severity is a number from 1 (critical) to 5 (request).", field="severity")
    return value


def default_next(severity: int | None) -> Next:
    """Who has the ball after a reply that does not say: severity 1 and 2 the desk, else the customer."""
    return "desk" if effective_severity(severity) <= 2 else "customer"


# Status -----------------------------------------------------------------------------------------------------------

_AFTER_REPLY: dict[Next, Status] = {"customer": "waiting", "desk": "open", "solved": "solved"}


def accepted(status: Status) -> Status:
    """An agent takes the chat: a new ticket opens, others stay as they are."""
    _expect_not_closed(status)
    return "open" if status == "new" else status


def answered(status: Status, next: Next) -> Status:
    """A public reply of an agent; `next` says who has the ball. Raises Closed."""
    _expect_not_closed(status)
    return _AFTER_REPLY[next]


def contact_wrote(status: Status) -> Status:
    """A contact's message that landed here: waiting and solved open again. Raises Closed (see `landing`)."""
    _expect_not_closed(status)
    return "new" if status == "new" else "open"


def landing(status: Status, solved_at: datetime | None, now: datetime) -> Landing:
    """Where a human message of the contact belongs: this ticket, or a new one linked to it.

    Closed: linked. Solved for longer than REOPEN, also when nobody has closed it yet: linked.
    """
    late = status == "solved" and solved_at is not None and now >= closes_at(solved_at)
    if status == "closed" or late:
        return "linked"
    else:
        return "same"


def set_by_agent(status: Status, wanted: Status) -> Status:
    """An agent sets open, waiting or solved. Raises Closed, Forbidden (closed is a lead's), BadRequest (new)."""
    _expect_not_closed(status)
    if wanted == "closed":
        raise Forbidden("Only a lead closes a ticket by hand.", field="status")
    return _settable(wanted)


def set_by_lead(status: Status, wanted: Status) -> Status:
    """As an agent, and closed. Raises Closed, BadRequest."""
    _expect_not_closed(status)
    return "closed" if wanted == "closed" else _settable(wanted)


def closes_at(solved_at: datetime) -> datetime:
    """The first instant that is longer than REOPEN after the solve: a message before it reopens."""
    return solved_at + REOPEN + timedelta(microseconds=1)


def closed_by_time(status: Status, solved_at: datetime | None, now: datetime) -> Status:
    """Solved and untouched for longer than REOPEN: closed. Raises Conflict when it is not so (any more)."""
    if status != "solved" or solved_at is None or now < closes_at(solved_at):
        raise Conflict("This ticket is not solved for long enough to be closed.")
    return "closed"


def _settable(wanted: Status) -> Status:
    if wanted not in ("open", "waiting", "solved"):
        raise BadRequest("A status can be set to open, waiting or solved.", field="status")
    return wanted


def _expect_not_closed(status: Status) -> None:
    if status == "closed":
        raise Closed()
