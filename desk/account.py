"""What agents change of themselves: password, second step with its recovery codes, language, signature, sessions."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp
import segno

from desk.administration.checking import Check
from desk.admission import digest_of
from desk.agent_identity import AgentIdentity, plain_code
from desk.desk import Desk
from desk.sealing import Sealer
from live.base import Published
from routing.errors import BadRequest
from store import agents, audit, people, second_steps, sessions
from store.agents import Profile
from store.engine import Connection
from store.sessions import OpenSession
from store.times import micros

CODES, CODE_LETTERS = 10, "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters that look like others."""


MOST_SIGNATURE = 1000
"""Characters."""


@dataclass(frozen=True)
class Standing:
    """How somebody signs in now."""

    profile: Profile
    second_step: bool
    codes_left: int
    sessions: list[OpenSession]
    signature: str


@dataclass(frozen=True)
class Offer:
    """A second step to be set up: the secret for who types it, the picture for who scans it, both again in `sealed`."""

    secret: str
    picture: str
    sealed: str


class Account:
    """Each verb takes the agent's id; wrong input is Wrong, with a sentence per field."""

    def __init__(self, desk: Desk, sealer: Sealer, identity: AgentIdentity) -> None:
        self._desk = desk
        self._sealer = sealer
        self._identity = identity

    async def standing(self, agent: str, used_after: int) -> Standing:
        """As of now."""

        def query(connection: Connection) -> Standing:
            profile = agents.find(connection, agent)
            assert profile is not None, "signed in"
            signature = people.some(connection, {agent})[agent].signature
            return Standing(
                profile, second_steps.is_on(connection, agent), second_steps.codes_left(connection, agent),
                sessions.open_of_agent(connection, agent, used_after), signature,
            )  # fmt: skip

        return await self._desk.record.read(query)

    async def change_password(self, agent: str, old: str, new: str, again: str, kept: str) -> None:
        """From now on; sessions but for `kept` end. Raises Wrong, SlowDown."""
        check = Check()
        await self._expect_password(check, "old", agent, old)
        if new != again:
            check.refuse("again", "This is not the same as above. Enter the new password twice.")
        if new == old and new:
            check.refuse("new", "This is the password you have. Choose another.")
        try:
            hashed = await self._identity.hash(new)
        except BadRequest as error:
            check.refuse("new", error.msgid)
        check.done()

        def verb(connection: Connection) -> None:
            agents.set_password(connection, agent, hashed)
            sessions.end_others_of_agent(connection, agent, kept, self._real())
            sessions.void_links(connection, agent, self._real())
            self._note(connection, agent, "password", {"by": "themselves"})

        await self._write(agent, "password", verb)

    def offer(self, agent: str, email: str, desk_name: str) -> Offer:
        """A new secret; nothing changes until a code proves that it was taken over."""
        return self._offer(agent, pyotp.random_base32(), email, desk_name)

    def offered_again(self, agent: str, sealed: str, email: str, desk_name: str) -> Offer | None:
        """The one that was offered before; None when this is none of theirs."""
        secret = self._unsealed(agent, sealed)
        return None if secret is None else self._offer(agent, secret, email, desk_name)

    async def begin_second_step(self, agent: str, password: str, sealed: str, code: str, kept: str) -> list[str]:
        """From the next sign-in on; sessions but for `kept` end. The recovery codes, told only now. Raises Wrong,
        SlowDown."""
        check = Check()
        await self._expect_password(check, "password", agent, password)
        secret, step = self._unsealed(agent, sealed), None
        if secret is None:
            check.refuse("code", "This was offered too long ago. Load the page again and scan the new picture.")
        else:
            step = self._step(secret, code)
            if step is None:
                check.refuse("code", "This code does not fit. Enter the six digits that your app shows now.")
        check.done()
        assert secret is not None and step is not None, "checked"
        codes = [_new_code() for _ in range(CODES)]
        again = self._sealer.seal(secret.encode()).decode()

        def verb(connection: Connection) -> None:
            second_steps.begin(connection, agent, again, step)
            second_steps.put_codes(connection, agent, [digest_of(plain_code(each)) for each in codes])
            sessions.end_others_of_agent(connection, agent, kept, self._real())
            self._note(connection, agent, "second_step", {"on": True})

        await self._write(agent, "second_step", verb)
        return codes

    async def new_codes(self, agent: str, password: str) -> list[str]:
        """Recovery codes anew; those before are void. Raises Wrong, SlowDown."""
        check = Check()
        await self._expect_password(check, "password", agent, password)
        check.done()
        codes = [_new_code() for _ in range(CODES)]

        def verb(connection: Connection) -> None:
            second_steps.put_codes(connection, agent, [digest_of(plain_code(each)) for each in codes])
            self._note(connection, agent, "recovery_codes", {})

        await self._write(agent, "recovery_codes", verb)
        return codes

    async def end_second_step(self, agent: str, password: str, kept: str) -> None:
        """The password alone is enough again; sessions but for `kept` end. Raises Wrong, SlowDown."""
        check = Check()
        await self._expect_password(check, "password", agent, password)
        check.done()

        def verb(connection: Connection) -> None:
            second_steps.end(connection, agent)
            sessions.end_others_of_agent(connection, agent, kept, self._real())
            self._note(connection, agent, "second_step", {"on": False})

        await self._write(agent, "second_step", verb)

    async def choose_language(self, agent: str, language: str) -> None:
        """Of their console and pages; empty: as their browser wishes. Raises Wrong."""
        check = Check()
        chosen = check.language("language", language) if language.strip() else ""
        check.done()
        await self._write(agent, "language", lambda connection: people.choose_language(connection, agent, chosen))

    async def sign_as(self, agent: str, signature: str) -> None:
        """What stands under their mails; empty: their name and title. Raises Wrong."""
        check = Check()
        text = check.text("signature", signature, MOST_SIGNATURE)
        if "\x00" in text:
            check.refuse("signature", "The text contains a character that is no text.")
        check.done()
        await self._desk.record.write(lambda connection: people.sign_as(connection, agent, text), name="signature")

    async def end_session(self, agent: str, id: str) -> None:
        """One of their own; another's, or one that ended, is left as it is."""

        def verb(connection: Connection) -> None:
            if sessions.owner_of(connection, id) == agent:
                sessions.end_agent(connection, id, self._real())
                self._note(connection, agent, "session_ended", {"session": id[:12]})

        await self._write(agent, "end_session", verb)

    async def end_others(self, agent: str, kept: str) -> None:
        """All of their sessions but this one."""

        def verb(connection: Connection) -> None:
            ended = sessions.end_others_of_agent(connection, agent, kept, self._real())
            self._note(connection, agent, "sessions_ended", {"count": ended})

        await self._write(agent, "end_sessions", verb)

    async def _write(self, agent: str, name: str, verb: Callable[[Connection], None]) -> None:
        await self._desk.record.write(verb, name=name)
        self._desk.live.publish([Published((f"agent:{agent}",), b"4401", kind="revoked")])

    async def _expect_password(self, check: Check, field: str, agent: str, password: str) -> None:
        if not await self._identity.knows_password(agent, password):
            check.refuse(field, "This is not your present password.")

    def _note(self, connection: Connection, agent: str, action: str, detail: dict[str, Any]) -> None:
        audit.append(connection, agent, action, agent, detail, self._desk.clock.now())

    def _real(self) -> int:
        return micros(self._desk.clock.real())

    def _offer(self, agent: str, secret: str, email: str, desk_name: str) -> Offer:
        address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=desk_name)
        picture = segno.make(address, error="m", micro=False).svg_inline(
            scale=5, border=3, dark="#000", light="#fff", omitsize=True
        )
        sealed = self._sealer.seal(f"{agent}\n{secret}".encode()).decode()
        return Offer(secret, picture, sealed)

    def _unsealed(self, agent: str, sealed: str) -> str | None:
        try:
            owner, _line, secret = self._sealer.unseal(sealed.encode()).decode().partition("\n")
        except ValueError:
            return None
        return secret if owner == agent and secret else None

    def _step(self, secret: str, code: str) -> int | None:
        """The time step of a code that fits now, or did a moment ago."""
        given = code.replace(" ", "").encode()
        now = int(self._desk.clock.real().timestamp()) // 30
        for step in (now, now - 1, now + 1):
            if hmac.compare_digest(pyotp.TOTP(secret).at(step * 30).encode(), given):
                return step
        return None


def _new_code() -> str:
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"
