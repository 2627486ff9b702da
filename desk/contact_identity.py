"""Who a contact is: a token of this device, the signed word of their site, a code mailed to them, or nobody yet."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from desk import posting
from desk.actors import Signed
from desk.addresses import EMAIL
from desk.admission import MOST_DEVICE, TOUCH_AFTER, Admission, NotSignedIn, digest_of
from desk.site_tokens import TOKEN_USES, judged
from desk.texts import say
from live.base import Published
from routing.allow import Actor
from routing.errors import BadRequest, Forbidden, NotFound, SlowDown
from store import audit, buttons, candidates, contacts, customers, people, sessions
from store.buttons import Button
from store.contacts import Person
from store.engine import Connection
from store.ids import new_id
from store.times import instant, micros

CONTACT_LASTS = timedelta(days=30)
"""From the last use."""
CODE_LASTS = timedelta(minutes=10)
CODE_TRIES = 5
NEW_VISITS = 30
"""Visitors nobody knows from one network within five minutes: each may press, and rings somebody. Who comes back, or is
vouched for, is not counted."""
WRONG_CODES = 60
"""For all people of a customer within an hour, from everywhere: of a million codes it takes years to hit one."""
CODES_OF_ADDRESS = 10
"""Mailed to one address within a day, whoever asks."""
CODES_OF_BUTTON = 200
"""Mailed by one button within an hour."""
HOUR_S, DAY_S = 3600, 86400
THIS_MACHINE = ("127.", "::1")


@dataclass(frozen=True)
class ContactSignedIn:
    """`token` goes to the chat page once."""

    token: str
    id: str
    name: str
    verified: bool


class ContactIdentity(Admission):
    """Sessions of contacts, and the ways to be known."""

    async def contact(self, token: str) -> Signed | None:
        """The contact of a token."""
        now = self._desk.clock.real()
        hashed, after = digest_of(token), micros(now - CONTACT_LASTS)

        def query(connection: Connection) -> tuple[Signed, int] | None:
            session = sessions.contact_session_of(connection, hashed, after)
            person = None if session is None else people.find_contact(connection, session.contact_id)
            if session is None or person is None:
                return None
            actor = Actor(
                person.id,
                "contact",
                customer=person.customer_id,
                coordinator=person.coordinator,
                verified=person.verified,
            )
            return Signed(actor, person.name, session.button_id, person.language, person.zone), session.used_at

        found = await self._desk.record.read(query)
        if found is None:
            return None
        if found[1] < micros(now - TOUCH_AFTER):
            await self._desk.record.write(lambda c: sessions.use_contact(c, hashed, micros(now)), name="use_token")
        return found[0]

    async def open_session(
        self, key: str, body: dict[str, Any], source: str, device: str = ""
    ) -> ContactSignedIn | None:
        """`POST /b/<button>/session`, PROTOCOL §1. None: a code is on its way. `device`: what the browser calls itself.

        Raises NotFound (button), NotSignedIn (token), Forbidden (jwt, code), BadRequest, SlowDown.
        """
        await self._slow_down(f"visit:{source}", 600, 60)
        fields = {name: _text(body, name) for name in ("token", "jwt", "email", "code")}
        now = self._desk.clock.now()
        id = await self._desk.record.read(lambda connection: candidates.button_of_key(connection, key, now))
        button = None if id is None else await self._desk.record.read(lambda c: buttons.find(c, id))
        if button is None:
            raise NotFound("There is no such button.")
        if fields["jwt"]:
            return await self._known(button, await self._by_jwt(button, fields["jwt"]), fields["token"], device)
        elif fields["email"] and fields["code"]:
            person = await self._by_code(button, fields["email"], fields["code"], source)
            return await self._known(button, person, fields["token"], device)
        elif fields["email"]:
            await self._mail_code(button, fields["email"], source)
            return None
        elif fields["token"]:
            return await self._come_back(button, fields["token"])
        else:
            if not source.startswith(THIS_MACHINE):
                await self._slow_down(f"new-visit:{source}", NEW_VISITS)
            return await self._visit(button, device)

    async def _visit(self, button: Button, device: str) -> ContactSignedIn:
        visitor = Person(new_id(), button.customer_id, "Visitor", None, None, verified=False, coordinator=False)
        token, at = secrets.token_urlsafe(32), micros(self._desk.clock.real())
        hashed, made = digest_of(token), micros(self._desk.clock.now())

        def verb(connection: Connection) -> None:
            contacts.add(connection, visitor, made)
            sessions.begin_contact(connection, hashed, visitor.id, button.id, at, device[:MOST_DEVICE])

        await self._desk.record.write(verb, name="visit")
        return ContactSignedIn(token, visitor.id, visitor.name, verified=False)

    async def _come_back(self, button: Button, token: str) -> ContactSignedIn:
        signed = await self.contact(token)
        if signed is None or signed.button_id != button.id:
            raise NotSignedIn("This visit has ended. Begin a new one.")
        return ContactSignedIn(token, signed.actor.id, signed.name, signed.actor.verified)

    async def _known(self, button: Button, person: Person, former: str | None, device: str) -> ContactSignedIn:
        """A token for a verified person; a visitor who came along becomes that person and keeps the chat."""
        visitor = None if former is None else await self.contact(former)
        token, at = secrets.token_urlsafe(32), micros(self._desk.clock.real())
        hashed = digest_of(token)
        await self._desk.record.write(
            lambda c: sessions.begin_contact(c, hashed, person.id, button.id, at, device[:MOST_DEVICE]),
            name="contact_session",
        )
        if visitor is not None and visitor.button_id == button.id:
            if not visitor.actor.verified and visitor.actor.id != person.id:
                await self._desk.verified(visitor.actor.id, person.id)
            await self._end(former or "", visitor)
        return ContactSignedIn(token, person.id, person.name, verified=True)

    async def _end(self, token: str, signed: Signed) -> None:
        at = micros(self._desk.clock.real())
        await self._desk.record.write(lambda c: sessions.end_contact(c, digest_of(token), at), name="end_token")
        if not signed.actor.verified:
            self._desk.live.publish([Published((signed.topic,), b"4410", kind="revoked")])

    async def _by_jwt(self, button: Button, token: str) -> Person:
        """The person a customer's site vouches for. Raises Forbidden for a token that does not hold."""
        claims = await self.claims(button, token)
        now, uses_until = self._desk.clock.now(), int(claims["exp"]) * 1_000_000

        def verb(connection: Connection) -> Person | None:
            uses = contacts.use_token(connection, button.id, claims["sub"], claims["jti"], uses_until)
            if uses > TOKEN_USES:
                return None
            return _vouched(connection, button, claims, micros(now))

        person = await self._desk.record.write(verb, name="vouch")
        if person is None:
            raise Forbidden("This sign-in of your site was used too often. Reload the page.", field="jwt")
        return person

    async def claims(self, button: Button, token: str) -> dict[str, Any]:
        """What a customer's site vouches for. Raises TokenRefused for a token that does not hold."""
        kept = await self._desk.record.read(lambda connection: buttons.secrets_of(connection, button.id))
        return judged(token, kept, self._sealer.unseal, self._names(button))

    async def uses(self, button: Button, claims: dict[str, Any]) -> int:
        """How often this token came already; none are counted up."""
        sub, jti = claims["sub"], claims["jti"]
        return await self._desk.record.read(lambda connection: contacts.uses(connection, button.id, sub, jti))

    def _names(self, button: Button) -> list[str]:
        """What a site may call the button: its key, and for as long as it works the one before."""
        if button.former_key is not None and (button.former_until or 0) > micros(self._desk.clock.now()):
            return [button.key, button.former_key]
        else:
            return [button.key]

    async def _mail_code(self, button: Button, email: str, source: str) -> None:
        """Mails six digits to an address of the customer's domains. Raises BadRequest, Forbidden, SlowDown."""
        email = email.strip().lower()
        match = EMAIL.fullmatch(email)
        if match is None or len(email) > 254:
            raise BadRequest("This is no mail address.", field="email")
        await self._slow_down(f"code-from:{source}", 30)
        customer = await self._desk.record.read(lambda connection: customers.find(connection, button.customer_id))
        if customer is None or match[1] not in customer.domains:
            raise Forbidden("A code can be mailed only to an address of your company.", field="email")
        await self._slow_down_codes(button, email)
        code = f"{secrets.randbelow(1_000_000):06}"
        now, real = self._desk.clock.now(), self._desk.clock.real()

        def verb(connection: Connection) -> None:
            contacts.put_code(connection, button.id, email, _code_hash(button, email, code), micros(real + CODE_LASTS))
            works = say(
                button.language, "Your code for the support desk is {code}. It works for ten minutes.", code=code
            )
            posting.queue(
                connection, now, kind="code", to=email, language=button.language,
                subject=say(button.language, "{code} is your code", code=code),
                body=works + "\n\n" + say(button.language, "If you did not ask for it, nothing needs to be done."),
            )  # fmt: skip

        await self._desk.record.write(verb, name="mail_code")
        self._desk.live.bell()

    async def _slow_down_codes(self, button: Button, email: str) -> None:
        """The button first: strangers choose addresses, so the names of buckets are as few as its mails. An address of
        the customer's domains is treated the same whether anybody has it. Raises SlowDown."""
        await self._slow_down(f"codes:{button.id}", CODES_OF_BUTTON, HOUR_S)
        try:
            await self._slow_down(f"code:{button.id}:{email}", 3)
            await self._slow_down(f"codes-to:{email}", CODES_OF_ADDRESS, DAY_S)
        except SlowDown:
            await self._desk.live.give_back(f"codes:{button.id}")
            raise

    async def _by_code(self, button: Button, email: str, code: str, source: str) -> Person:
        """The person of a mailed code. Raises Forbidden, SlowDown."""
        email = email.strip().lower()
        await self._slow_down(f"code-try:{source}", 60)
        wrong = f"code-wrong:{button.customer_id}"
        await self._slow_down(wrong, WRONG_CODES, HOUR_S)  # before it is looked at: or many at once would all be
        now, real = self._desk.clock.now(), micros(self._desk.clock.real())

        def verb(connection: Connection) -> Person | None:
            kept = contacts.try_code(connection, button.id, email, CODE_TRIES, real)
            if kept is None or not hmac.compare_digest(kept, _code_hash(button, email, code.strip())):
                return None
            contacts.drop_code(connection, button.id, email)
            return _of_address(connection, button, email, micros(now))

        person = await self._desk.record.write(verb, name="use_code")
        if person is None:
            raise Forbidden("This code does not fit, or is too old. Ask for a new one.", field="code")
        await self._desk.live.give_back(wrong)
        return person


def _vouched(connection: Connection, button: Button, claims: dict[str, Any], at: int) -> Person:
    name, email = claims.get("name", "")[:120].strip(), claims.get("email", "")[:254].strip().lower() or None
    found = _of_subject(connection, button, claims["sub"], email)
    if found is None:
        contacts.one_at_a_time(connection, button.customer_id)
        found = _of_subject(connection, button, claims["sub"], email)
    if found is None:
        new = Person(new_id(), button.customer_id, name or email or "Contact", email, claims["sub"], True, False)
        contacts.add(connection, new, at)
        audit.append(connection, new.id, "contact", new.id, {"by": "site"}, instant(at))
        return new
    changed = replace(found, name=name or found.name, email=email or found.email, subject=claims["sub"], verified=True)
    if changed != found:
        contacts.change(connection, changed)
    return changed


def _of_subject(connection: Connection, button: Button, subject: str, email: str | None) -> Person | None:
    found = contacts.by_subject(connection, button.customer_id, subject)
    if found is not None or email is None:
        return found
    entered = contacts.by_email(connection, button.customer_id, email)
    return entered if entered is not None and entered.subject is None else None


def _of_address(connection: Connection, button: Button, email: str, at: int) -> Person:
    contacts.one_at_a_time(connection, button.customer_id)
    found = contacts.by_email(connection, button.customer_id, email)
    if found is not None:
        return found
    name = " ".join(part.capitalize() for part in re.split(r"[._-]+", email.split("@")[0]) if part) or email
    new = Person(new_id(), button.customer_id, name, email, None, True, False)
    contacts.add(connection, new, at)
    audit.append(connection, new.id, "contact", new.id, {"by": "code"}, instant(at))
    return new


def _code_hash(button: Button, email: str, code: str) -> str:
    return hashlib.sha256(f"{button.id}\n{email}\n{code}".encode()).hexdigest()


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 8192:
        raise BadRequest("This is no text of a sensible length.", field=name)
    return value
