"""Who an agent is: password and second step, links that set a password, sessions."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pyotp

from desk.actors import Signed
from desk.admission import MOST_DEVICE, TOUCH_AFTER, Admission, NotSignedIn, digest_of
from desk.desk import Desk
from desk.passwords import Passwords
from desk.sealing import Sealer
from live.base import Published
from routing.errors import DeskError
from store import agents, audit, people, second_steps, sessions
from store.engine import Connection
from store.times import micros

AGENT_LASTS = timedelta(days=14)
"""From the last use."""
LINK_LASTS = timedelta(days=3)
LOGIN_TRIES = 5
"""Wrong tries for one account from one address of the network, or from one browser that it was signed in with before,
within LOGIN_PAUSE_S."""
ACCOUNT_TRIES = 50
"""Wrong tries for one account from anywhere else: its owner's own browser is not kept out by them."""
LOGIN_MOST = 300
"""Tries from one address of the network within LOGIN_PAUSE_S, right ones too."""
PASSWORD_TRIES = 10


def plain_code(code: str) -> str:
    """A recovery code without what people put between its parts."""
    return "".join(sign for sign in code.lower() if sign.isalnum())


@dataclass(frozen=True)
class AgentSignedIn:
    """`cookie` and `csrf` go to the browser once; `known` stays with it, a sign that this account used it before."""

    cookie: str
    csrf: str
    signed: Signed
    known: str = ""


class AgentIdentity(Admission):
    """Sign-in and sessions of agents."""

    def __init__(self, desk: Desk, sealer: Sealer) -> None:
        super().__init__(desk, sealer)
        self._passwords = Passwords()

    async def hash(self, password: str) -> str:
        """How a password is kept. Raises BadRequest, SlowDown."""
        return await self._passwords.hash(password)

    async def sign_in(
        self, email: str, password: str, totp: str | None, source: str, replaces: str | None = None, device: str = "",
        known: str = "",
    ) -> AgentSignedIn:  # fmt: skip
        """A new session; the one that came along (`replaces`) ends. Raises NotSignedIn, SlowDown."""
        email = email.strip().lower()[:254]
        await self._slow_down(f"login-from:{source}", LOGIN_MOST)
        mark = self._mark_of(email, known)
        tries = {f"login:{email} {mark or source}": LOGIN_TRIES} | ({} if mark else {f"login:{email}": ACCOUNT_TRIES})
        for bucket, most in tries.items():  # before it is looked at: or many at once would all be
            await self._slow_down(bucket, most)
        try:
            agent_id = await self._known_as(email, password, totp)
        except DeskError:
            await self._give_back(tries)
            raise
        await self._give_back(tries)
        begun = await self._begin(agent_id, replaces, device)
        return replace(begun, known=known if mark else self._new_mark(email))

    async def sign_in_as(self, agent_id: str, replaces: str | None = None, device: str = "") -> AgentSignedIn:
        """A demo's own way in, without a password. Raises NotSignedIn for somebody who does not work here."""
        return await self._begin(agent_id, replaces, device)

    async def new_link(self, agent_id: str) -> str:
        """The secret part of a link that signs an agent in once."""
        token = secrets.token_urlsafe(32)
        expires_at = micros(self._desk.clock.real() + LINK_LASTS)
        await self._desk.record.write(
            lambda connection: sessions.add_link(connection, digest_of(token), agent_id, expires_at),
            name="sign_in_link",
        )
        return token

    async def link_holds(self, token: str) -> bool:
        """Whether this link still signs somebody in; asking does not use it up."""
        now = micros(self._desk.clock.real())
        return await self._desk.record.read(lambda c: sessions.link_of(c, digest_of(token), now)) is not None

    async def use_link(self, token: str, password: str, device: str = "") -> AgentSignedIn:
        """Signs in by a link and sets the password. Raises NotSignedIn when it was used or is too old, BadRequest."""
        if not await self.link_holds(token):  # asked before the work that a guess is not worth
            raise _used_up()
        hashed = await self.hash(password)
        now = micros(self._desk.clock.real())

        def verb(connection: Connection) -> str | None:
            agent_id = sessions.use_link(connection, digest_of(token), now)
            if agent_id is not None:
                agents.set_password(connection, agent_id, hashed)
                sessions.end_all_of_agent(connection, agent_id, now)
                sessions.void_links(connection, agent_id, now)
                audit.append(connection, agent_id, "password", agent_id, {"by": "link"}, self._desk.clock.now())
            return agent_id

        agent_id = await self._desk.record.write(verb, name="use_link")
        if agent_id is None:
            raise _used_up()
        self._close_lines(agent_id)
        return await self._begin(agent_id, None, device)

    async def agent(self, cookie: str, csrf: str) -> Signed | None:
        """The agent of a session, if the token against forged requests belongs to it."""
        found = await self.session(cookie)
        if found is None or not hmac.compare_digest(found[1].encode(), csrf.encode()):
            return None
        return found[0]

    async def session(self, cookie: str) -> tuple[Signed, str] | None:
        """The agent and the csrf token of a session."""
        if not cookie:
            return None
        now = self._desk.clock.real()
        hashed, after = digest_of(cookie), micros(now - AGENT_LASTS)

        def query(connection: Connection) -> tuple[Signed, str, int] | None:
            session = sessions.agent_session_of(connection, hashed, after)
            agent = None if session is None else people.find_agent(connection, session.agent_id)
            if session is None or agent is None:
                return None
            return Signed(agent.actor, agent.name, reads=agent.language), session.csrf, session.used_at

        found = await self._desk.record.read(query)
        if found is None:
            return None
        if found[2] < micros(now - TOUCH_AFTER):
            await self._desk.record.write(lambda c: sessions.use_agent(c, hashed, micros(now)), name="use_session")
        return found[0], found[1]

    async def sign_out(self, cookie: str) -> None:
        """Ends the session and its lines."""
        found = await self.session(cookie)
        now = micros(self._desk.clock.real())
        ended = await self._desk.record.write(
            lambda connection: sessions.end_agent(connection, digest_of(cookie), now), name="sign_out"
        )
        if ended and found is not None:
            self._close_lines(found[0].actor.id)

    def _close_lines(self, agent_id: str) -> None:
        """Lines whose session ended are closed at once, in every process."""
        self._desk.live.publish([Published((f"agent:{agent_id}",), b"4401", kind="revoked")])

    async def _second_step(self, login: agents.Login, totp: str | None) -> bool:
        if login.totp_secret is None:
            return True
        secret = self._sealer.unseal(login.totp_secret.encode()).decode()
        now = self._desk.clock.real()
        code = (totp or "").replace(" ", "")
        for step in (int(now.timestamp()) // 30 + drift for drift in (0, -1, 1)):
            if hmac.compare_digest(pyotp.TOTP(secret).at(step * 30).encode(), code.encode()):
                return await self._desk.record.write(partial(agents.use_totp_step, id=login.id, step=step), name="totp")
        return await self._recovered(login.id, code)

    async def _recovered(self, agent_id: str, code: str) -> bool:
        """Whether this is one of the codes for the day the authenticator is lost; it is used up by it."""
        hashed, at = digest_of(plain_code(code)), micros(self._desk.clock.real())

        def verb(connection: Connection) -> bool:
            used = second_steps.use_code(connection, agent_id, hashed, at)
            if used:
                audit.append(connection, agent_id, "recovery_code", agent_id, {}, self._desk.clock.now())
            return used

        return await self._desk.record.write(verb, name="recovery_code")

    async def _known_as(self, email: str, password: str, totp: str | None) -> str:
        """The agent of these. Raises NotSignedIn, which is written down."""
        login = await self._desk.record.read(lambda connection: agents.login(connection, email))
        right = await self._passwords.matches(None if login is None else login.password_hash, password)
        if login is not None and right and await self._second_step(login, totp):
            return login.id
        await self._audit(None, "sign_in_refused", "agent" if login is None else login.id, {})
        raise NotSignedIn("Address and password do not match.")

    async def _give_back(self, buckets: Iterable[str]) -> None:
        for bucket in buckets:
            await self._desk.live.give_back(bucket)

    def _new_mark(self, email: str) -> str:
        mark = secrets.token_urlsafe(12)
        return f"{mark}.{self._sealer.sign(_marked(email, mark))}"

    def _mark_of(self, email: str, known: str) -> str:
        """What tells this browser from others that the account was signed in with; empty: it never was."""
        mark, _dot, signature = known.partition(".")
        return mark if self._sealer.signed(_marked(email, mark), signature) else ""

    async def knows_password(self, agent_id: str, password: str) -> bool:
        """Whether it is theirs, asked again before something grave. Raises SlowDown."""
        await self._slow_down(f"password:{agent_id}", PASSWORD_TRIES)
        kept = await self._desk.record.read(lambda connection: agents.password_of(connection, agent_id))
        return await self._passwords.matches(kept, password)

    async def _begin(self, agent_id: str, replaces: str | None, device: str) -> AgentSignedIn:
        cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
        at = micros(self._desk.clock.real())

        def verb(connection: Connection) -> tuple[Signed, sessions.AgentSession | None] | None:
            agent = people.find_agent(connection, agent_id)
            if agent is None or not agent.active:
                return None
            former = sessions.agent_session_of(connection, digest_of(replaces), 0) if replaces else None
            if replaces:
                sessions.end_agent(connection, digest_of(replaces), at)
            sessions.begin_agent(connection, digest_of(cookie), agent_id, csrf, at, device[:MOST_DEVICE])
            audit.append(connection, agent_id, "sign_in", agent_id, {}, self._desk.clock.now())
            return Signed(agent.actor, agent.name), former

        begun = await self._desk.record.write(verb, name="sign_in")
        if begun is None:
            raise NotSignedIn("Nobody works here under this name.")
        signed, former = begun
        if former is not None:
            self._close_lines(former.agent_id)
        return AgentSignedIn(cookie, csrf, signed)


def _marked(email: str, mark: str) -> str:
    return f"signed in here before\n{email}\n{mark}"


def _used_up() -> NotSignedIn:
    return NotSignedIn("This link was used already, or is too old.")
