"""Who answers a customer: the named agent, and who stands in, in their order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from desk.administration.changing import Change
from desk.administration.checking import Check
from desk.administration.picking import Crew
from store import agents, customers

MOST = 20


@dataclass(frozen=True)
class Answering:
    """Agents, the first stand-in first: as entered by name, address or id; ids once they are checked."""

    named: str | None = None
    stand_ins: tuple[str, ...] = ()


def checked(change: Change, check: Check, answers: Answering) -> Answering:
    """Everybody works here and answers chats, and everybody is listed once. Places are refused as `stand_in_1`, …"""
    crew = Crew(agents.every(change.connection))
    named = crew.read(check, "named", answers.named or "")
    listed: list[str] = []
    for place, text in enumerate(answers.stand_ins, start=1):
        field = f"stand_in_{place}"
        id = crew.read(check, field, text)
        if id is None:
            continue
        elif id == named:
            check.refuse(
                field, "{name} is the named agent already and cannot stand in for themselves.", name=crew.name(id)
            )
        elif id in listed:
            check.refuse(field, "{name} is listed twice. Take one of the two off the list.", name=crew.name(id))
        else:
            listed.append(id)
    if len(answers.stand_ins) > MOST:
        check.refuse("stand_in_1", "At most {most} stand-ins fit one customer.", most=MOST)
    return Answering(named, tuple(listed))


def write(change: Change, customer_id: str, answers: Answering) -> None:
    """Writes it when it is another one."""
    kept = customers.find(change.connection, customer_id)
    assert kept is not None, "looked up before"
    was = Answering(kept.named_id, tuple(customers.stand_ins(change.connection, customer_id)))
    if answers != was:
        customers.change(change.connection, replace(kept, named_id=answers.named))
        customers.set_stand_ins(change.connection, customer_id, answers.stand_ins)
        for dropped in sorted(_listed(was) - _listed(answers)):
            change.job("revoked", f"revoked:{dropped}", payload={"agent": dropped})
        detail = {"named": answers.named, "stand_ins": list(answers.stand_ins), "was_named": was.named}
        change.audit("answering", customer_id, detail | {"were_stand_ins": list(was.stand_ins)})


def _listed(answers: Answering) -> set[str]:
    return {each for each in (answers.named, *answers.stand_ins) if each is not None}
