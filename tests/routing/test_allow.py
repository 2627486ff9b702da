"""Who may do what: every person x every object x every verb against a table written by hand, not the code's own."""

from dataclasses import replace

import pytest

from routing import allow as rules
from routing.allow import Actor, Facts, Kind, allow


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The verbs, grouped as the expectations below need them ---------------------------------------------------------------

CONTACT_TALKS = words("see say read typing link ask_technical ask_severity")
CONTACT_OWN = words("answer_offer leave rate")
AGENT_WORKS = words(
    "see see_internal view say take_back send_again mark_arrived"
    " add_person remove_person read typing link escalate transfer answer_offer"
    " set_severity set_status leave"
)
RINGS = words("accept decline")
LEADS = words("correct_severity close waive pull push reorder reassign")
ADMINS = words("configure see_audit see_health")
PRESENCE = words("presence")
PRESS = words("press")
SEE = words("see")
NOTHING = words("")
EVERY_VERB = CONTACT_TALKS | CONTACT_OWN | AGENT_WORKS | RINGS | LEADS | ADMINS | PRESENCE | PRESS

# The objects ----------------------------------------------------------------------------------------------------------

TICKET = Facts(
    "ticket",
    customer="acme",
    owner="owner",
    serving="serving",
    members=frozenset({"member"}),
    rung=frozenset({"rung", "rung_admin", "rung_lead"}),
    participants=frozenset({"participant", "unverified"}),
    named="named",
    stand_ins=frozenset({"stand_in"}),
    status="open",
)
FOR_POOL = replace(TICKET, waiting_for_pool=True)
FOR_TECHNICAL = replace(TICKET, wants_technical=True)
CUSTOMER = Facts("customer", customer="acme", named="named", stand_ins=frozenset({"stand_in"}))
OTHER = Facts("customer", customer="other")
QUEUE = Facts("queue")
CONFIGURATION = Facts("configuration")
AUDIT = Facts("audit")

# The people -----------------------------------------------------------------------------------------------------------


def contact(id: str, customer: str | None = "acme", *, coordinator: bool = False, verified: bool = True) -> Actor:
    return Actor(id, "contact", customer=customer, coordinator=coordinator, verified=verified)


def agent(id: str, roles: str = "agent", teams: str = "dedicated") -> Actor:
    return Actor(id, "agent", words(roles), words(teams))


CONTACTS = [
    contact("participant"),
    contact("unverified", verified=False),
    contact("colleague"),
    contact("coordinator", coordinator=True),
    contact("would_be_coordinator", coordinator=True, verified=False),
    contact("foreign_coordinator", "other", coordinator=True),
    contact("of_nobody", None, coordinator=True),
]
AGENTS = [
    agent("stranger"),
    agent("owner"),
    agent("serving"),
    agent("member"),
    agent("rung"),
    agent("named"),
    agent("stand_in"),
    agent("pool", teams="pool"),
    agent("technical", teams="technical"),
    agent("lead", "lead"),
    agent("rung_lead", "agent lead"),
    agent("admin", "admin", "pool technical"),
    agent("rung_admin", "admin"),
    agent("admin_agent", "agent admin"),
    agent("admin_lead", "admin lead"),
]
SYSTEM = Actor("system", "system")

# What is expected -----------------------------------------------------------------------------------------------------

Expected = dict[str, frozenset[str]]

ALWAYS: Expected = {
    **{one.id: NOTHING for one in CONTACTS},
    **{one.id: PRESENCE for one in AGENTS},
    "lead": PRESENCE | LEADS,
    "rung_lead": PRESENCE | LEADS,
    "admin": ADMINS,
    "rung_admin": ADMINS,
    "admin_agent": PRESENCE | ADMINS,
    "admin_lead": PRESENCE | LEADS | ADMINS,
    "system": EVERY_VERB,
}
ON_TICKET: Expected = {
    "participant": CONTACT_TALKS | CONTACT_OWN,
    "unverified": CONTACT_TALKS | CONTACT_OWN,
    "coordinator": CONTACT_TALKS,
    "owner": AGENT_WORKS,
    "serving": AGENT_WORKS,
    "member": AGENT_WORKS,
    "rung": AGENT_WORKS | RINGS,
    "named": AGENT_WORKS,
    "stand_in": AGENT_WORKS,
    "lead": AGENT_WORKS,
    "rung_lead": AGENT_WORKS | RINGS,
    "admin_lead": AGENT_WORKS,
}
EXPECTED: list[tuple[str, Facts, Expected]] = [
    ("a ticket", TICKET, ON_TICKET),
    ("a ticket that waits for the pool", FOR_POOL, {**ON_TICKET, "pool": AGENT_WORKS}),
    ("a ticket that asks for second level", FOR_TECHNICAL, {**ON_TICKET, "technical": AGENT_WORKS}),
    (
        "their customer",
        CUSTOMER,
        {
            **{one.id: PRESS for one in CONTACTS if one.customer == "acme"},
            "named": SEE,
            "stand_in": SEE,
            "lead": SEE,
            "rung_lead": SEE,
            "admin_lead": SEE,
        },
    ),
    ("another customer", OTHER, {"foreign_coordinator": PRESS, "lead": SEE, "rung_lead": SEE, "admin_lead": SEE}),
    ("the queue", QUEUE, {"lead": SEE, "rung_lead": SEE, "admin_lead": SEE}),
    ("the configuration", CONFIGURATION, {"admin": SEE, "rung_admin": SEE, "admin_agent": SEE, "admin_lead": SEE}),
    ("the audit", AUDIT, {"admin": SEE, "rung_admin": SEE, "admin_agent": SEE, "admin_lead": SEE}),
]


@pytest.mark.parametrize("actor", [*CONTACTS, *AGENTS, SYSTEM], ids=lambda actor: str(actor.id))
@pytest.mark.parametrize(("name", "facts", "expected"), EXPECTED, ids=[name for name, _, _ in EXPECTED])
def test_each_person_may_do_exactly_what_the_table_gives_them(
    name: str, facts: Facts, expected: Expected, actor: Actor
) -> None:
    may = {verb for verb in EVERY_VERB if allow(actor, verb, facts).allowed}
    assert may == ALWAYS[actor.id] | expected.get(actor.id, NOTHING)


def test_the_table_speaks_of_every_verb_there_is() -> None:
    assert rules.VERBS == EVERY_VERB


@pytest.mark.parametrize("actor", [CONTACTS[0], AGENTS[1]], ids=lambda actor: str(actor.id))
def test_an_unknown_verb_is_refused(actor: Actor) -> None:
    verdict = allow(actor, "erase", TICKET)
    assert (verdict.allowed, verdict.reason) == (False, f"no {actor.kind} may erase")


def test_a_contact_never_sees_what_is_internal() -> None:
    assert not any(allow(one, "see_internal", TICKET).allowed for one in CONTACTS)


@pytest.mark.parametrize("kind", ["ticket", "customer", "queue", "configuration", "audit"])
def test_an_admin_who_is_no_lead_sees_no_conversation_even_as_its_owner(kind: Kind) -> None:
    admin = agent("owner", "admin", "pool technical")
    seen = allow(admin, "see", replace(FOR_POOL, kind=kind, wants_technical=True)).allowed
    assert seen is (kind in ("configuration", "audit"))


@pytest.mark.parametrize("actor", [*CONTACTS, *AGENTS], ids=lambda actor: str(actor.id))
def test_every_verdict_gives_its_reason(actor: Actor) -> None:
    assert all(allow(actor, verb, facts).reason for verb in EVERY_VERB for _, facts, _ in EXPECTED)


def test_no_facts_match_a_person_by_being_empty() -> None:
    nobody = Facts("ticket")
    assert not any(
        allow(one, verb, nobody).allowed
        for one in [*CONTACTS, *AGENTS]
        if "lead" not in one.roles
        for verb in EVERY_VERB - PRESENCE - ADMINS
    )
