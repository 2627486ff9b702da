"""Who may do what: `allow(actor, verb, facts)` and the one table behind it; what a verb does is in desk/.

`see` and everything else are refused alike: whether that reads as not_found or as forbidden depends on `see` alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from routing.ticket import Status

Kind = Literal["ticket", "customer", "queue", "configuration", "audit"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `customer` and `coordinator` are a contact's; `roles` (agent, lead, admin) and `teams` an agent's."""

    id: str
    kind: Literal["contact", "agent", "system"]
    roles: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    customer: str | None = None
    coordinator: bool = False
    verified: bool = False


@dataclass(frozen=True)
class Facts:
    """How an object stands to people.

    Of a ticket: its customer, owner, serving agent, members and rung agents (any kind of ring), participants
    (contacts), the customer's named agent and stand-ins, whether it waits for or was handed to the pool, whether it
    asks for second level. Of a customer: `customer`, `named`, `stand_ins`, and what its tickets add.
    """

    kind: Kind
    customer: str | None = None
    owner: str | None = None
    serving: str | None = None
    members: frozenset[str] = frozenset()
    rung: frozenset[str] = frozenset()
    participants: frozenset[str] = frozenset()
    named: str | None = None
    stand_ins: frozenset[str] = frozenset()
    waiting_for_pool: bool = False
    wants_technical: bool = False
    status: Status | None = None


@dataclass(frozen=True)
class Verdict:
    """`reason` is a phrase for logs and for the console's "why": `owns it`, `takes no part in it`."""

    allowed: bool
    reason: str


def allow(actor: Actor, verb: str, facts: Facts) -> Verdict:
    """Whether `actor` may do `verb` to the object of these facts. An unknown verb is refused."""
    if actor.kind == "system":
        return Verdict(True, "is the desk itself")
    rule = (_CONTACT if actor.kind == "contact" else _AGENT).get(verb)
    if rule is None:
        return Verdict(False, f"no {actor.kind} may {verb}")
    else:
        return rule(actor, facts)


# Contacts ---------------------------------------------------------------------------------------------------------

_Rule = Callable[[Actor, Facts], Verdict]


def _takes_part(actor: Actor, facts: Facts) -> Verdict:
    if facts.kind == "ticket" and actor.id in facts.participants:
        return Verdict(True, "takes part in it")
    else:
        return Verdict(False, "takes no part in it")


def _takes_part_or_coordinates(actor: Actor, facts: Facts) -> Verdict:
    """A coordinator reads and writes in all tickets of the customer; the chat itself stays its contact's."""
    if facts.kind == "ticket" and _coordinates(actor, facts):
        return Verdict(True, "coordinates for the customer")
    else:
        return _takes_part(actor, facts)


def _coordinates(actor: Actor, facts: Facts) -> bool:
    return actor.coordinator and actor.verified and actor.customer is not None and actor.customer == facts.customer


def _presses(actor: Actor, facts: Facts) -> Verdict:
    """A press is a verb on the customer whose button it is."""
    if facts.kind == "customer" and actor.customer is not None and actor.customer == facts.customer:
        return Verdict(True, "is of this customer")
    else:
        return Verdict(False, "is not of this customer")


_CONTACT: Mapping[str, _Rule] = {
    "press": _presses,
    "see": _takes_part_or_coordinates,
    "say": _takes_part_or_coordinates,
    "read": _takes_part_or_coordinates,
    "typing": _takes_part_or_coordinates,
    "link": _takes_part_or_coordinates,
    "ask_technical": _takes_part_or_coordinates,
    "ask_severity": _takes_part_or_coordinates,
    "answer_offer": _takes_part,
    "leave": _takes_part,
    "rate": _takes_part,
}


# Agents -----------------------------------------------------------------------------------------------------------


def _works(actor: Actor, facts: Facts) -> Verdict:
    """Their own presence: whoever takes part in conversations at all."""
    if actor.roles & {"agent", "lead"}:
        return Verdict(True, "is an agent")
    else:
        return Verdict(False, "works in no conversation")


def _concerned(actor: Actor, facts: Facts) -> Verdict:
    """The table of who sees a conversation, or a customer: an admin only when also agent or lead."""
    reason = _relation(actor, facts)
    if "lead" in actor.roles:
        return Verdict(True, "is a lead")
    elif "agent" not in actor.roles:
        return Verdict(False, "works in no conversation")
    elif reason is not None:
        return Verdict(True, reason)
    else:
        return Verdict(False, "is not concerned with it")


def _relation(actor: Actor, facts: Facts) -> str | None:
    """How an agent stands to it, in words, or None."""
    if actor.id == facts.owner:
        return "owns it"
    elif actor.id == facts.serving:
        return "serves it"
    elif actor.id in facts.members:
        return "is a member of it"
    elif actor.id in facts.rung:
        return "is rung for it"
    elif actor.id == facts.named:
        return "is the customer's named agent"
    elif actor.id in facts.stand_ins:
        return "stands in for the customer"
    elif facts.waiting_for_pool and "pool" in actor.teams:
        return "is of the pool it waits for"
    elif facts.wants_technical and "technical" in actor.teams:
        return "is of the second level it asks for"
    else:
        return None


def _sees(actor: Actor, facts: Facts) -> Verdict:
    """Conversations and customers as concerned; the queue is the leads', configuration and audit the admins'."""
    if facts.kind == "queue":
        return _leads(actor, facts)
    elif facts.kind in ("configuration", "audit"):
        return _administers(actor, facts)
    else:
        return _concerned(actor, facts)


def _in_ticket(actor: Actor, facts: Facts) -> Verdict:
    return _concerned(actor, facts) if facts.kind == "ticket" else Verdict(False, "is no conversation")


def _is_rung(actor: Actor, facts: Facts) -> Verdict:
    """A ring is answered by the one who is rung, not even by a lead."""
    if actor.id in facts.rung and actor.roles & {"agent", "lead"}:
        return Verdict(True, "is rung for it")
    else:
        return Verdict(False, "is not rung for it")


def _leads(actor: Actor, facts: Facts) -> Verdict:
    if "lead" in actor.roles:
        return Verdict(True, "is a lead")
    else:
        return Verdict(False, "is no lead")


def _administers(actor: Actor, facts: Facts) -> Verdict:
    if "admin" in actor.roles:
        return Verdict(True, "is an admin")
    else:
        return Verdict(False, "is no admin")


_AGENT: Mapping[str, _Rule] = {
    "presence": _works,
    "see": _sees,
    "see_internal": _in_ticket,
    "view": _in_ticket,
    "say": _in_ticket,
    "take_back": _in_ticket,
    "send_again": _in_ticket,
    "mark_arrived": _in_ticket,
    "add_person": _in_ticket,
    "remove_person": _in_ticket,
    "read": _in_ticket,
    "typing": _in_ticket,
    "link": _in_ticket,
    "escalate": _in_ticket,
    "transfer": _in_ticket,
    "answer_offer": _in_ticket,
    "set_severity": _in_ticket,
    "set_status": _in_ticket,
    "leave": _in_ticket,
    "accept": _is_rung,
    "decline": _is_rung,
    "correct_severity": _leads,
    "close": _leads,
    "waive": _leads,
    "pull": _leads,
    "push": _leads,
    "reorder": _leads,
    "reassign": _leads,
    "configure": _administers,
    "see_audit": _administers,
    "see_health": _administers,
}

VERBS = frozenset(_CONTACT) | frozenset(_AGENT)
"""Every verb that somebody may do."""
