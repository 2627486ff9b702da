"""Who answers a customer: the named agent, and who stands in, in their order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from desk.administration.changing import Change
from desk.administration.checking import Check
from store import agents, customers

MOST = 20


@dataclass(frozen=True)
class Answering:
    """Ids of agents; `stand_ins`: the first first."""

    named: str | None = None
    stand_ins: tuple[str, ...] = ()


def checked(change: Change, check: Check, answers: Answering) -> Answering:
    """Everybody works here and answers chats, and everybody is listed once."""
    active = [each for each in agents.every(change.connection) if each.active]
    working = {each.id: each.name for each in active}
    silent = {each.id for each in active if not each.teams}
    named = answers.named or None
    if named is not None and named not in working:
        check.refuse("named", "This agent does not work here any more. Choose somebody else.")
    elif named in silent:
        check.refuse("named", "{name} is in no team and answers no chats. Choose somebody else.", name=working[named])
    seen: set[str] = set()
    for id in answers.stand_ins:
        if id not in working:
            check.refuse("stand_ins", "One of the stand-ins does not work here any more. Take them off the list.")
        elif id in silent:
            check.refuse(
                "stand_ins", "{name} is in no team and answers no chats. Choose somebody else.", name=working[id]
            )
        elif id == named:
            check.refuse(
                "stand_ins", "{name} is the named agent already and cannot stand in for themselves.", name=working[id]
            )
        elif id in seen:
            check.refuse("stand_ins", "{name} is listed twice. Take one of the two off the list.", name=working[id])
        seen.add(id)
    if len(answers.stand_ins) > MOST:
        check.refuse("stand_ins", "At most {most} stand-ins fit one customer.", most=MOST)
    return Answering(named, tuple(answers.stand_ins))


def write(change: Change, customer_id: str, answers: Answering) -> None:
    """Writes it when it is another one."""
    kept = customers.find(change.connection, customer_id)
    assert kept is not None, "looked up before"
    was = Answering(kept.named_id, tuple(customers.stand_ins(change.connection, customer_id)))
    if answers != was:
        customers.change(change.connection, replace(kept, named_id=answers.named))
        customers.set_stand_ins(change.connection, customer_id, answers.stand_ins)
        detail = {"named": answers.named, "stand_ins": list(answers.stand_ins), "was_named": was.named}
        change.audit("answering", customer_id, detail | {"were_stand_ins": list(was.stand_ins)})
