"""Customers: who they are, what they bought, who answers them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from desk.actors import Signed
from desk.administration import answering, selling
from desk.administration.answering import Answering
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check
from desk.administration.selling import SaleDraft
from routing.errors import NotFound
from store import customers
from store.customers import Customer
from store.ids import new_id

NOTHING_SOLD = SaleDraft()
NOBODY_ANSWERS = Answering()


@dataclass(frozen=True)
class CustomerDraft:
    """As entered. `domains`: separated by commas or lines."""

    name: str
    domains: str = ""
    zone: str = "Europe/Bratislava"
    language: str = "en"
    playbook: str = ""


class Customers:
    """Changes them."""

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    async def add(
        self,
        signed: Signed | None,
        draft: CustomerDraft,
        sale: SaleDraft = NOTHING_SOLD,
        answers: Answering = NOBODY_ANSWERS,
    ) -> str:
        """A new customer with what it buys and who answers it, or nothing and every field that is wrong; its id."""

        def verb(change: Change) -> str:
            check = Check()
            new = _checked(change, check, draft, Customer(new_id(), "", (), "", "", "", None))
            sold = selling.checked(change, check, new, sale)
            named = answering.checked(change, check, answers)
            check.done()
            customers.add(change.connection, new, change.at)
            change.audit("customer_added", new.id, {"zone": new.zone, "language": new.language})
            selling.write(change, new.id, sold)
            answering.write(change, new.id, named)
            return new.id

        return await self._changing.change(signed, "add_customer", verb)

    async def change(
        self, signed: Signed | None, id: str, draft: CustomerDraft, answers: Answering | None = None
    ) -> None:
        """Who they are, and, where told, who answers."""

        def verb(change: Change) -> None:
            check = Check()
            kept = the(change, id)
            changed = _checked(change, check, draft, kept)
            named = None if answers is None else answering.checked(change, check, answers)
            check.done()
            _write(change, kept, changed)
            if named is not None:
                answering.write(change, id, named)

        await self._changing.change(signed, "change_customer", verb)

    async def save(
        self, signed: Signed | None, id: str, draft: CustomerDraft, sale: SaleDraft, answers: Answering
    ) -> None:
        """Everything of a customer's page at once: all of it, or nothing and every field that is wrong."""

        def verb(change: Change) -> None:
            check = Check()
            kept = the(change, id)
            changed = _checked(change, check, draft, kept)
            sold = selling.checked(change, check, kept, sale)
            named = answering.checked(change, check, answers)
            check.done()
            _write(change, kept, changed)
            selling.write(change, id, sold)
            answering.write(change, id, named)

        await self._changing.change(signed, "save_customer", verb)

    async def sell(self, signed: Signed | None, id: str, draft: SaleDraft) -> None:
        """Changes the days of the add-on that is sold; sells it where none is."""

        def verb(change: Change) -> None:
            check = Check()
            sold = selling.checked(change, check, the(change, id), draft)
            check.done()
            selling.write(change, id, sold)

        await self._changing.change(signed, "sell", verb)

    async def sell_another(self, signed: Signed | None, id: str, draft: SaleDraft) -> None:
        """Sells one more period; what was sold before stays as it is. Raises Wrong where they overlap."""

        def verb(change: Change) -> None:
            check = Check()
            sold = selling.another(change, check, the(change, id), draft)
            check.done()
            selling.write(change, id, sold)

        await self._changing.change(signed, "sell_another", verb)

    async def end_add_on(self, signed: Signed | None, id: str, since: str = "") -> None:
        """Ends it now; one that has not begun is called off. A live chat goes on. `since`: the first day of the one
        that is meant. Raises Conflict without one."""
        await self._changing.change(signed, "end_add_on", lambda change: selling.end(change, the(change, id), since))

    async def name(self, signed: Signed | None, id: str, answers: Answering) -> None:
        """Who answers."""

        def verb(change: Change) -> None:
            check = Check()
            the(change, id)
            named = answering.checked(change, check, answers)
            check.done()
            answering.write(change, id, named)

        await self._changing.change(signed, "name", verb)


def the(change: Change, id: str) -> Customer:
    """The customer. Raises NotFound."""
    found = customers.find(change.connection, id)
    if found is None:
        raise NotFound("There is no such customer.")
    return found


def _checked(change: Change, check: Check, draft: CustomerDraft, kept: Customer) -> Customer:
    name = check.line("name", draft.name)
    if not name:
        check.refuse("name", "Enter the customer's name.")
    changed = replace(
        kept,
        name=name,
        domains=check.domains("domains", draft.domains),
        zone=check.zone("zone", draft.zone),
        language=check.language("language", draft.language),
        playbook=check.text("playbook", draft.playbook),
    )
    for other in customers.like_these(change.connection, (changed.name, *changed.domains)):
        if other.id == kept.id:
            continue
        if other.name.casefold() == changed.name.casefold():
            check.refuse(
                "name",
                "There is a customer {name} already. Open that one, or add a place to the name.",
                name=other.name,
            )
        shared = sorted(set(other.domains) & set(changed.domains))
        if shared:
            check.refuse(
                "domains", "{domain} belongs to {name} already; a domain says which customer it is.",
                domain=shared[0], name=other.name,
            )  # fmt: skip
    return changed


def _write(change: Change, kept: Customer, changed: Customer) -> None:
    if changed != kept:
        customers.change(change.connection, changed)
        fields = ("name", "domains", "zone", "language", "playbook")
        different = [name for name in fields if getattr(kept, name) != getattr(changed, name)]
        change.audit("customer_changed", kept.id, {"fields": different})
