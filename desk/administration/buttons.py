"""Buttons: which pages may show one, who must be known, its hours; its public key, and keys by which sites sign."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from desk.actors import Signed
from desk.administration import origins, public_keys
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check
from desk.administration.customers import the as the_customer
from desk.sealing import Sealer
from routing.errors import Conflict, NotFound
from store import buttons, calendars
from store.buttons import Button
from store.ids import new_id
from store.times import micros

POLICIES = ("open", "verified")
FORMER_WORKS = timedelta(days=14)
"""So long a key that was rotated away still opens the button."""
ALGORITHM = "HS256"
MOST_KEYS = 5


@dataclass(frozen=True)
class ButtonDraft:
    """As entered. `origins`: one per line; `policy`: `verified` keeps the dedicated service for known people."""

    name: str
    calendar: str
    origins: str = ""
    policy: str = "open"
    language: str = "en"
    active: bool = True


class Buttons:
    """Changes them."""

    def __init__(self, changing: Changing, sealer: Sealer) -> None:
        self._changing = changing
        self._sealer = sealer

    async def add(self, signed: Signed | None, customer: str, draft: ButtonDraft) -> str:
        """A new button of a customer, with a public key; its id."""

        def verb(change: Change) -> str:
            check = Check()
            owner = the_customer(change, customer)
            new = _checked(change, check, draft, Button(new_id(), _new_key(), owner.id, "", "", (), "", ""))
            check.done()
            buttons.add(change.connection, new, change.at)
            change.audit("button_added", new.id, {"customer": owner.id, "key": new.key, "origins": list(new.origins)})
            return new.id

        return await self._changing.change(signed, "add_button", verb)

    async def change(self, signed: Signed | None, id: str, draft: ButtonDraft) -> None:
        """Writes it; the lines of one that is switched off are closed."""

        def verb(change: Change) -> None:
            check = Check()
            kept = the(change, id)
            changed = _checked(change, check, draft, kept)
            check.done()
            if changed != kept:
                buttons.change(change.connection, changed)
                change.audit("button_changed", id, {
                    "origins": list(changed.origins), "policy": changed.policy, "calendar": changed.calendar_id,
                    "active": changed.active,
                })  # fmt: skip
            if kept.active and not changed.active:
                change.job("revoked", f"revoked:{id}", payload={"button": id})

        await self._changing.change(signed, "change_button", verb)

    async def rotate(self, signed: Signed | None, id: str, seen: str | None = None) -> str:
        """A new public key; the one before works for FORMER_WORKS.

        `seen`: the key that was shown. Raises Conflict when there is another by now: a press that came twice would else
        end the key that customers' pages carry.
        """

        def verb(change: Change) -> str:
            kept = the(change, id)
            if seen not in (None, kept.key):
                raise Conflict(
                    "There is a new key already: {key}. The one before still works.", values={"key": kept.key}
                )
            until = micros(change.now + FORMER_WORKS)
            changed = replace(kept, key=_new_key(), former_key=kept.key, former_until=until)
            buttons.change(change.connection, changed)
            change.audit("button_key", id, {"key": changed.key, "former": kept.key})
            return changed.key

        return await self._changing.change(signed, "rotate_key", verb)

    async def add_secret(self, signed: Signed | None, id: str, kid: str = "") -> tuple[str, str]:
        """A key by which the customer's site signs who somebody is: its `kid` and the secret, told only now."""
        secret = secrets.token_urlsafe(32)
        return await self._add_key(signed, id, kid, lambda check: (ALGORITHM, secret)), secret

    async def add_public_key(self, signed: Signed | None, id: str, kid: str, pem: str) -> str:
        """A public key of the customer's site, which keeps the private one: RS256, ES256 or EdDSA; its `kid`."""
        return await self._add_key(signed, id, kid, lambda check: public_keys.read(check, "pem", pem))

    async def _add_key(self, signed: Signed | None, id: str, kid: str, read: Callable[[Check], tuple[str, str]]) -> str:
        def verb(change: Change) -> str:
            check = Check()
            algorithm, key = read(check)
            named = check.line("kid", kid, 40) or new_kid()
            known = buttons.secrets_of(change.connection, the(change, id).id)
            if named in {each.kid for each in known}:
                check.refuse(
                    "kid", "There is a signing key {kid} already, and its secret is told only once.", kid=named
                )
            if sum(not each.revoked for each in known) >= MOST_KEYS:
                check.refuse("kid", "At most {most} signing keys hold at once. Revoke one first.", most=MOST_KEYS)
            check.done()
            sealed = self._sealer.seal(key.encode())
            buttons.add_secret(change.connection, id, named, algorithm, sealed, micros(change.real))
            change.audit("signing_key_added", id, {"kid": named, "algorithm": algorithm})
            return named

        return await self._changing.change(signed, "add_secret", verb)

    async def revoke_secret(self, signed: Signed | None, id: str, kid: str) -> None:
        """What is signed by it is refused from now on. Raises Conflict when there is no such key."""

        def verb(change: Change) -> None:
            the(change, id)
            if kid not in {each.kid for each in buttons.secrets_of(change.connection, id) if not each.revoked}:
                raise Conflict("There is no signing key {kid} that holds.", values={"kid": kid})
            buttons.revoke_secret(change.connection, id, kid, micros(change.real))
            change.audit("signing_key_revoked", id, {"kid": kid})

        await self._changing.change(signed, "revoke_secret", verb)


def embed_code(base_url: str, key: str) -> str:
    """The line that shows the button in a customer's pages; the key says which customer, never who."""
    return f'<script async src="{base_url}/w/{key}.js"></script>'


def plain_link(base_url: str, key: str) -> str:
    """The chat as a page of its own, for mails and portals."""
    return f"{base_url}/b/{key}"


def drafted(kept: Button) -> ButtonDraft:
    """A button as it is entered."""
    lines = "\n".join(kept.origins)
    return ButtonDraft(kept.name, kept.calendar_id, lines, kept.policy, kept.language, kept.active)


def new_kid() -> str:
    """A name for a signing key."""
    return f"key-{secrets.token_hex(4)}"


def the(change: Change, id: str) -> Button:
    """The button. Raises NotFound."""
    found = buttons.find(change.connection, id)
    if found is None:
        raise NotFound("There is no such button.")
    return found


def _checked(change: Change, check: Check, draft: ButtonDraft, kept: Button) -> Button:
    name = check.line("name", draft.name)
    if not name:
        check.refuse("name", "Enter where the button stands, such as Customer portal.")
    changed = replace(
        kept,
        name=name,
        calendar_id=draft.calendar,
        origins=origins.read(check, "origins", draft.origins),
        policy=draft.policy,
        language=check.language("language", draft.language),
        active=draft.active,
    )
    if changed.policy not in POLICIES:
        check.refuse("policy", "“{text}” is not among {allowed}.", text=changed.policy, allowed=", ".join(POLICIES))
    if calendars.find(change.connection, draft.calendar) is None:
        check.refuse("calendar", "Choose the office hours that hold for this button.")
    if changed.active and not changed.origins and not check.wrong.get("origins"):
        check.refuse("origins", "Enter at least one page's origin, such as https://portal.example.com.")
    return changed


def _new_key() -> str:
    return f"b_{secrets.token_hex(8)}"
