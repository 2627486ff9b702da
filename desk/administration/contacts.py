"""Contacts that the admin enters: people of a customer whom the desk knows before they write."""

from __future__ import annotations

from dataclasses import dataclass, replace

from desk import retiring
from desk.actors import Signed
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check
from desk.administration.customers import the as the_customer
from routing.errors import BadRequest, NotFound
from store import contacts, erasing
from store.blobs import Blobs
from store.contacts import Person
from store.ids import new_id
from store.ledger import Ledger


@dataclass(frozen=True)
class ContactDraft:
    """As entered. `coordinator`: sees all tickets of their company; `subject`: what their site's tokens call them."""

    name: str
    email: str
    title: str = ""
    coordinator: bool = False
    subject: str = ""


class Contacts:
    """Changes them."""

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    async def add(self, signed: Signed | None, customer: str, draft: ContactDraft) -> str:
        """Somebody of a customer; their id. They are known once they prove address or subject."""

        def verb(change: Change) -> str:
            check = Check()
            kept = the_customer(change, customer)
            empty = Person(
                new_id(), kept.id, "", None, None, verified=True, coordinator=False, language=kept.language,
                zone=kept.zone,
            )  # fmt: skip
            new = _checked(change, check, draft, empty)
            check.done()
            contacts.add(change.connection, new, change.at)
            change.audit("contact_added", new.id, {"customer": kept.id, "coordinator": new.coordinator})
            return new.id

        return await self._changing.change(signed, "add_contact", verb)

    async def change(self, signed: Signed | None, id: str, draft: ContactDraft) -> None:
        """Writes it; who sees other tickets from now on opens their lines anew."""

        def verb(change: Change) -> None:
            check = Check()
            kept = the(change, id)
            changed = _checked(change, check, draft, kept)
            check.done()
            if changed != kept:
                contacts.change(change.connection, changed)
                different = [
                    name for name in ContactDraft.__dataclass_fields__ if getattr(kept, name) != getattr(changed, name)
                ]
                change.audit("contact_changed", id, {"fields": different, "coordinator": changed.coordinator})
            if changed.coordinator != kept.coordinator:
                change.job("revoked", f"revoked:{id}", payload={"contact": id})

        await self._changing.change(signed, "change_contact", verb)

    async def erase(self, signed: Signed | None, id: str, ledger: Ledger, blobs: Blobs) -> int:
        """Forgets who they were, what they said and sent, and ends their lines; how many files went. The ledger knows
        of it first, so that no restore brings them back. Raises NotFound, BadRequest while they chat, OSError."""

        def verb(change: Change) -> str:
            if contacts.find(change.connection, id) is None:
                raise NotFound("There is no such contact.")
            ids = erasing.same(change.connection, id)
            if erasing.in_a_chat(change.connection, ids):
                raise BadRequest("They are in a chat. Erase them when it has ended.", field="contact")
            keys = erasing.mail_keys(change.connection, ids)
            ledger.add([*ids, *keys])  # nothing refuses any more: a restore must not erase whom the desk kept
            found = erasing.erase(change.connection, ids)
            key = f"{retiring.KIND}:{new_id()}"
            change.job(retiring.KIND, key, payload=retiring.payload(found))
            for each in ids:
                change.job("revoked", f"revoked:{each}", payload={"contact": each})
            change.audit("contact_erased", id, {"contacts": len(ids)})
            return key

        return await self._changing.retire(await self._changing.change(signed, "erase_contact", verb), blobs)


def the(change: Change, id: str) -> Person:
    """A known contact. Raises NotFound, also for a passing visitor."""
    found = contacts.find(change.connection, id)
    if found is None or not (found.verified or found.email):
        raise NotFound("There is no such contact.")
    return found


def _checked(change: Change, check: Check, draft: ContactDraft, kept: Person) -> Person:
    name = check.line("name", draft.name)
    if not name:
        check.refuse("name", "Enter their name.")
    changed = replace(
        kept,
        name=name,
        email=check.email("email", draft.email),
        title=check.line("title", draft.title, 60) or None,
        coordinator=draft.coordinator,
        subject=check.line("subject", draft.subject, 200) or None,
    )
    for other in contacts.of_customer(change.connection, kept.customer_id):
        if other.id == kept.id:
            continue
        if changed.email and (other.email or "").lower() == changed.email:
            check.refuse("email", "{name} has this address already.", name=other.name)
        if changed.subject and other.subject == changed.subject:
            check.refuse("subject", "{name} is called so by their site already.", name=other.name)
    return changed
