"""What contacts and agents may ask for: one typed frame each. Decoding is the sockets', doing is the verbs'."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Rid = Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Severity = Annotated[int, Meta(ge=1, le=5)]
MOST_SEQ = 2**31 - 1
"""So far every record counts; a larger number is a fault in one of them."""
Seq = Annotated[int, Meta(ge=0, le=MOST_SEQ)]
Files = Annotated[list[Id], Meta(max_length=10)]
Team = Literal["dedicated", "technical", "pool"]


class Press(Struct, tag="press", frozen=True):
    """The unique button. `message_only`: a ticket without a chat, nobody is rung; needs `text`."""

    rid: Rid
    severity: Severity | None = None
    technical: bool = False
    text: str | None = None
    message_only: bool = False


class ContactSay(Struct, tag="say", frozen=True):
    """A message of a contact."""

    rid: Rid
    ticket: Id
    body: str
    files: Files = []


class Read(Struct, tag="read", frozen=True):
    """Read up to a seq of the public stream."""

    rid: Rid
    ticket: Id
    seq: Seq


class AskTechnical(Struct, tag="ask_technical", frozen=True):
    """The contact asks for second level."""

    rid: Rid
    ticket: Id
    note: str = ""


class AnswerOffer(Struct, tag="answer_offer", frozen=True):
    """Yes or no to an offer."""

    rid: Rid
    ticket: Id
    offer: Id
    yes: bool
    reason: str = ""


class AskSeverity(Struct, tag="ask_severity", frozen=True):
    """The contact says how bad it is."""

    rid: Rid
    ticket: Id
    severity: Severity
    reason: str = ""


class Leave(Struct, tag="leave", frozen=True):
    """A contact stops waiting or ends the chat; an agent leaves the chat."""

    rid: Rid
    ticket: Id


class Rate(Struct, tag="rate", frozen=True):
    """How it was, 1 to 5."""

    rid: Rid
    ticket: Id
    score: Annotated[int, Meta(ge=1, le=5)]
    text: str = ""


class Link(Struct, tag="link", frozen=True):
    """A link to a file of a ticket, that expires."""

    rid: Rid
    ticket: Id
    file: Id
    preview: bool = False


class Presence(Struct, tag="presence", frozen=True):
    """The status an agent chooses."""

    rid: Rid
    status: Literal["available", "away", "offline"]
    auto_answer: bool | None = None


class Accept(Struct, tag="accept", frozen=True):
    """Picks up a ring."""

    rid: Rid
    ring: Id


class Decline(Struct, tag="decline", frozen=True):
    """Passes a ring on."""

    rid: Rid
    ring: Id
    reason: str = ""


class AgentSay(Struct, tag="say", frozen=True):
    """An agent's public reply or internal note. `base_seq`: the last seq of the public stream the writer had seen.
    `cc`: which contacts of the ticket, by id, get a copy of a reply by mail; None: all of them.
    """

    rid: Rid
    ticket: Id
    body: str
    files: Files = []
    visibility: Literal["public", "internal"] = "public"
    base_seq: Seq | None = None
    anyway: bool = False
    next: Literal["customer", "desk", "solved"] | None = None
    cc: Annotated[list[Id], Meta(max_length=50)] | None = None


class TakeBack(Struct, tag="take_back", frozen=True):
    """A reply by mail that has not left yet."""

    rid: Rid
    ticket: Id
    mail: Id


class SendAgain(Struct, tag="send_again", frozen=True):
    """A mail of which nobody knows whether it arrived, or that never left, goes once more."""

    rid: Rid
    ticket: Id
    mail: Id


class MarkArrived(Struct, tag="mark_arrived", frozen=True):
    """A mail of which no server said so did arrive."""

    rid: Rid
    ticket: Id
    mail: Id


class AddPerson(Struct, tag="add_person", frozen=True):
    """Somebody with this address takes part in the ticket from now on."""

    rid: Rid
    ticket: Id
    address: Annotated[str, Meta(max_length=254)]
    name: Annotated[str, Meta(max_length=120)] = ""


class RemovePerson(Struct, tag="remove_person", frozen=True):
    """A contact takes part in the ticket no more; not whoever opened it."""

    rid: Rid
    ticket: Id
    contact: Id


class View(Struct, tag="view", frozen=True):
    """Looks at a ticket, or away."""

    rid: Rid
    ticket: Id
    on: bool


class Escalate(Struct, tag="escalate", frozen=True):
    """Asks second level to join."""

    rid: Rid
    ticket: Id
    note: str = ""


class Transfer(Struct, tag="transfer", frozen=True):
    """Hands over to an agent (an id) or to a team, warm; `owner`: the accountability too."""

    rid: Rid
    ticket: Id
    to: Id
    note: str = ""
    owner: bool = False


class SetSeverity(Struct, tag="set_severity", frozen=True):
    """Another severity: the situation changed, or it was wrong from the start."""

    rid: Rid
    ticket: Id
    severity: Severity
    mode: Literal["situation", "correction"]
    reason: str


class SetStatus(Struct, tag="set_status", frozen=True):
    """Open, waiting, solved; closed by a lead."""

    rid: Rid
    ticket: Id
    status: Literal["open", "waiting", "solved", "closed"]
    reason: str = ""


ContactRequest = Press | ContactSay | Read | AskTechnical | AnswerOffer | AskSeverity | Leave | Rate | Link
AgentRequest = (
    Presence
    | Accept
    | Decline
    | AgentSay
    | TakeBack
    | SendAgain
    | MarkArrived
    | AddPerson
    | RemovePerson
    | Read
    | View
    | Escalate
    | Transfer
    | AnswerOffer
    | SetSeverity
    | SetStatus
    | Leave
    | Link
)
Request = ContactRequest | AgentRequest


def name_of(request: Request) -> str:
    """The verb's name on the wire."""
    tag = msgspec.inspect.type_info(type(request)).tag  # type: ignore[attr-defined]  # every request is a tagged struct
    return str(tag)
