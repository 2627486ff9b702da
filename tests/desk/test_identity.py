"""Who comes in: agents by password, second step and link; contacts by their site's word, a mailed code, or unknown."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import argon2
import jwt
import pyotp
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import bindparam, update

from desk.identity import AgentSignedIn, ContactSignedIn, Identity, NotSignedIn
from desk.requests import Accept, Press
from live.base import Published
from routing.errors import BadRequest, Forbidden, NotFound, SlowDown
from server.demo.cast import CUSTOMERS, KID
from store import agents, audit_log, buttons, contacts, outgoing
from store.engine import Connection
from store.schema import agent as agent_table
from store.schema import agent_session, contact_session, mailed_code, sign_in_link
from store.times import micros
from tests.desk.conftest import NewWorld
from tests.support.world import BUTTON, SEALER, World

KEY, OTHER_KEY = CUSTOMERS[0].key, CUSTOMERS[1].key
ANNA, PASSWORD = "anna@larkfield.example", "demo-anna"
PRIYA = "priya.raman@brightwater.example"


class Doors:
    """A world and its identity."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.identity = Identity(world.desk, SEALER)

    async def sign_in(self, password: str = PASSWORD, totp: str | None = None, email: str = ANNA) -> AgentSignedIn:
        return await self.identity.sign_in(email, password, totp, "192.0.2.1")

    async def visit(self, key: str = KEY, **body: Any) -> ContactSignedIn:
        begun = await self.identity.open_session(key, body, "192.0.2.2")
        assert begun is not None
        return begun

    async def secret(self, button: str = BUTTON) -> str:
        [kept] = await self.world.record.read(lambda connection: buttons.secrets_of(connection, button))
        return SEALER.unseal(kept.sealed).decode()

    async def token(self, *, key: str = "", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """Signed as the customer's site does, but for what is given."""
        return jwt.encode(
            good() | claims, key or await self.secret(), algorithm="HS256", headers=headers or {"kid": KID}
        )

    async def code(self) -> str:
        """The one that was mailed last."""
        [*_, mail] = sorted(await self.world.record.read(outgoing.latest), key=lambda mail: mail.created_at)
        return mail.subject.split()[0]

    async def change_button(self, **fields: Any) -> None:
        def verb(connection: Connection) -> None:
            kept = buttons.find(connection, BUTTON)
            assert kept is not None
            buttons.change(connection, replace(kept, **fields))

        await self.world.record.write(verb, name="button")

    def closed(self, topic: str) -> list[bytes]:
        """Close codes that lines of this person are told from now on."""
        codes: list[bytes] = []

        def receive(item: Published) -> None:
            if item.kind == "revoked":
                codes.append(item.frame)

        self.world.live.follow(topic, receive)
        return codes

    async def kept(self) -> str:
        """Everything that is kept of sessions, links, codes and agents."""

        def query(connection: Connection) -> str:
            tables = (agent_session, contact_session, sign_in_link, mailed_code, agent_table)
            return repr([connection.all(table.select()) for table in tables])

        return await self.world.record.read(query)


def good() -> dict[str, Any]:
    now = int(time.time())
    return {
        "sub": "u-1",
        "aud": KEY,
        "iat": now,
        "exp": now + 300,
        "jti": "j-1",
        "name": "Ada",
        "email": "ada@x.example",
    }


def by_hand(secret: str, header: bytes, payload: bytes) -> str:
    """A token whose parts no library would make."""
    body = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload))
    mark = base64.urlsafe_b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).rstrip(b"=")
    return (body + b"." + mark).decode()


@pytest.fixture
async def doors(new_world: NewWorld) -> AsyncIterator[Doors]:
    yield Doors(await new_world(here=()))


# Agents ---------------------------------------------------------------------------------------------------------------


async def test_a_session_holds_with_its_own_csrf_and_ends_with_the_sign_out(doors: Doors) -> None:
    codes = doors.closed("agent:anna")
    begun = await doors.sign_in()
    signed = await doors.identity.agent(begun.cookie, begun.csrf)
    assert signed is not None and signed.actor.id == "anna"
    for csrf in ("", "guess", "ü", begun.csrf[:-1]):
        assert await doors.identity.agent(begun.cookie, csrf) is None
    await doors.identity.sign_out(begun.cookie)
    assert await doors.identity.session(begun.cookie) is None
    assert codes == [b"4401"]


async def test_only_hashes_of_what_lets_people_in_are_kept(doors: Doors) -> None:
    begun, visitor = await doors.sign_in(), await doors.visit()
    link = await doors.identity.new_link("ben")
    await doors.identity.open_session(KEY, {"email": PRIYA}, "192.0.2.2")
    kept = await doors.kept()
    for secret in (begun.cookie, visitor.token, link, await doors.code(), PASSWORD):
        assert secret not in kept


async def test_a_session_is_new_at_each_sign_in_and_the_one_that_came_along_ends(doors: Doors) -> None:
    first = await doors.sign_in()
    codes = doors.closed("agent:anna")
    second = await doors.identity.sign_in(ANNA, PASSWORD, None, "192.0.2.1", first.cookie)
    assert second.cookie != first.cookie
    assert await doors.identity.session(first.cookie) is None
    assert await doors.identity.session(second.cookie) is not None
    assert codes == [b"4401"]


async def test_a_session_ends_fourteen_days_after_its_last_use(doors: Doors) -> None:
    begun = await doors.sign_in()
    for _ in range(3):
        doors.world.clock.move(timedelta(days=13))
        assert await doors.identity.session(begun.cookie) is not None
    doors.world.clock.move(timedelta(days=14, seconds=1))
    assert await doors.identity.session(begun.cookie) is None


@pytest.mark.parametrize("email", [ANNA, "nobody@larkfield.example", "", "anna", "x" * 5000])
async def test_a_refusal_is_the_same_whether_the_address_is_known_or_not(doors: Doors, email: str) -> None:
    with pytest.raises(NotSignedIn, match=r"^Address and password do not match\.$"):
        await doors.sign_in("wrong", email=email)


async def test_after_five_wrong_tries_an_address_rests_for_five_minutes_and_no_longer(doors: Doors) -> None:
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            await doors.sign_in("wrong")
    for password in ("wrong", PASSWORD):
        with pytest.raises(SlowDown):
            await doors.sign_in(password)
    assert (await doors.sign_in("demo-ben", email="ben@larkfield.example")).signed.actor.id == "ben"
    doors.world.clock.move(timedelta(seconds=301))
    assert (await doors.sign_in()).signed.actor.id == "anna"


async def test_wrong_tries_from_elsewhere_do_not_keep_the_owner_out(doors: Doors) -> None:
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            await doors.sign_in("wrong")
    with pytest.raises(SlowDown):
        await doors.sign_in("wrong")
    assert (await doors.identity.sign_in(ANNA, PASSWORD, None, "192.0.2.9")).signed.actor.id == "anna"


async def test_wrong_tries_from_many_places_rest_an_account_for_half_a_minute(doors: Doors) -> None:
    for number in range(50):
        with pytest.raises(NotSignedIn):
            await doors.identity.sign_in(ANNA, "wrong", None, f"198.51.100.{number // 5}")
    for password in ("wrong", PASSWORD):
        with pytest.raises(SlowDown):
            await doors.identity.sign_in(ANNA, password, None, "192.0.2.9")
    doors.world.clock.move(timedelta(seconds=31))
    assert (await doors.identity.sign_in(ANNA, PASSWORD, None, "192.0.2.9")).signed.actor.id == "anna"


async def test_one_place_that_tries_many_addresses_is_slowed_down(doors: Doors) -> None:
    doors.identity._hasher = argon2.PasswordHasher(1, 8, 1)
    doors.identity._nobody = doors.identity._hasher.hash("x")
    with pytest.raises(SlowDown):
        for number in range(301):
            with pytest.raises(NotSignedIn):
                await doors.sign_in("wrong", email=f"a{number}@larkfield.example")
    await doors.identity.sign_in(ANNA, PASSWORD, None, "192.0.2.9")


async def test_a_second_step_is_asked_for_and_each_code_works_once(doors: Doors) -> None:
    secret = pyotp.random_base32()
    sealed = SEALER.seal(secret.encode()).decode()
    change = update(agent_table).where(agent_table.c.id == bindparam("b_id")).values(totp_secret=bindparam("sealed"))
    await doors.world.record.write(lambda connection: connection.run(change, b_id="anna", sealed=sealed), name="totp")
    code = pyotp.TOTP(secret).at(doors.world.clock.real())
    for wrong in (None, "", "000000" if code != "000000" else "000001", "１２３４５６", "ü"):
        with pytest.raises(NotSignedIn, match="do not match"):
            await doors.sign_in(totp=wrong)
        doors.world.clock.move(timedelta(seconds=301))
    code = pyotp.TOTP(secret).at(doors.world.clock.real())
    assert await doors.sign_in(totp=f"{code[:3]} {code[3:]}")
    with pytest.raises(NotSignedIn):
        await doors.sign_in(totp=code)
    with pytest.raises(NotSignedIn):  # an older one that was never used
        await doors.sign_in(totp=pyotp.TOTP(secret).at(doors.world.clock.real() - timedelta(seconds=30)))


async def test_a_link_works_once_even_for_two_at_once_and_for_three_days(doors: Doors) -> None:
    link = await doors.identity.new_link("ben")
    assert await doors.identity.link_holds(link)
    both = await asyncio.gather(
        *(doors.identity.use_link(link, f"a new password {number}") for number in range(2)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in both) == ["AgentSignedIn", "NotSignedIn"]
    assert not await doors.identity.link_holds(link)
    late = await doors.identity.new_link("ben")
    doors.world.clock.move(timedelta(days=3, seconds=1))
    with pytest.raises(NotSignedIn):
        await doors.identity.use_link(late, "a new password")


async def test_a_new_password_ends_every_other_session_and_its_lines(doors: Doors) -> None:
    old = await doors.sign_in()
    codes = doors.closed("agent:anna")
    with pytest.raises(BadRequest):
        await doors.identity.use_link(link := await doors.identity.new_link("anna"), "short")
    new = await doors.identity.use_link(link, "a new password")
    assert await doors.identity.session(old.cookie) is None
    assert await doors.identity.session(new.cookie) is not None
    assert codes == [b"4401"]
    with pytest.raises(NotSignedIn):
        await doors.sign_in()


async def test_who_left_has_no_session_no_link_and_no_way_in(doors: Doors) -> None:
    begun, link = await doors.sign_in(), await doors.identity.new_link("anna")
    await doors.world.record.write(lambda connection: agents.retire(connection, "anna", None), name="retire")
    assert await doors.identity.session(begun.cookie) is None
    with pytest.raises(NotSignedIn):
        await doors.sign_in()
    with pytest.raises(NotSignedIn):
        await doors.identity.use_link(link, "a new password")


async def test_access_is_written_into_the_audit(doors: Doors) -> None:
    await doors.sign_in()
    with pytest.raises(NotSignedIn):
        await doors.sign_in("wrong")
    actions = [
        each.action for each in await doors.world.record.read(lambda connection: audit_log.page(connection, 2**60, 10))
    ]
    assert "sign_in" in actions and "sign_in_refused" in actions


# Contacts -------------------------------------------------------------------------------------------------------------


async def test_what_a_site_signed_names_the_person_and_the_same_token_five_times(doors: Doors) -> None:
    token = await doors.token()
    begun = [await doors.visit(jwt=token) for _ in range(5)]
    assert {each.id for each in begun} == {begun[0].id}
    assert len({each.token for each in begun}) == 5
    assert (begun[0].name, begun[0].verified) == ("Ada", True)
    with pytest.raises(Forbidden):
        await doors.visit(jwt=token)
    assert (await doors.visit(jwt=await doors.token(jti="j-2"))).id == begun[0].id


async def test_another_spelling_of_a_used_up_token_is_the_same_token(doors: Doors) -> None:
    token = await doors.token()
    for _ in range(5):
        await doors.visit(jwt=token)
    for other in (token + "=", token + "==", token[:-1] + chr(ord(token[-1]) ^ 1)):
        with pytest.raises(Forbidden):
            await doors.visit(jwt=other)


async def test_a_token_that_anything_is_wrong_with_is_refused(doors: Doors) -> None:
    now, secret = int(time.time()), await doors.secret()
    wrong: list[dict[str, Any]] = [
        {"exp": now - 60}, {"exp": now + 601}, {"exp": 10**30}, {"iat": now + 120}, {"nbf": now + 120},
        {"aud": OTHER_KEY}, {"aud": None}, {"aud": ""}, {"aud": []}, {"aud": {"a": KEY}}, {"exp": None}, {"iat": None},
        {"exp": str(now + 60)}, {"iat": str(now)}, {"exp": float("nan")}, {"exp": float("inf")}, {"iat": float("-inf")},
        {"jti": None}, {"jti": 5}, {"jti": "x" * 201}, {"sub": None}, {"sub": 5}, {"sub": ""}, {"sub": "x" * 201},
        {"sub": "a\0"}, {"jti": "a\0"}, {"name": "a\0"}, {"name": 5}, {"email": ["a"]}, {"email": "a\0@b.example"},
        {"sub": "\ud800"}, {"name": "\udfff"},
    ]  # fmt: skip
    tokens = [await doors.token(**claims) for claims in wrong]
    for name in ("sub", "aud", "iat", "exp", "jti"):
        claims = {each: value for each, value in good().items() if each != name}
        tokens.append(jwt.encode(claims, secret, algorithm="HS256", headers={"kid": KID}))
    for refused in tokens:
        with pytest.raises(Forbidden):
            await doors.visit(jwt=refused)


async def test_no_header_of_a_token_talks_us_into_another_key_or_algorithm(doors: Doors) -> None:
    secret, payload = await doors.secret(), json.dumps(good()).encode()
    other = json.dumps({"kty": "oct", "k": base64.urlsafe_b64encode(b"k" * 32).decode()})
    headers = [
        b'{"alg":"none","kid":"portal"}', b'{"alg":"None","kid":"portal"}', b'{"alg":"HS512","kid":"portal"}',
        b'{"alg":"RS256","kid":"portal"}', b'{"alg":5,"kid":"portal"}', b'{"kid":"portal"}', b'{"alg":"HS256"}',
        b'{"alg":"HS256","kid":""}', b'{"alg":"HS256","kid":["portal"]}', b'{"alg":"HS256","kid":"../../portal"}',
        b'{"alg":"HS256","kid":"portal\' OR 1=1 --"}', b'{"alg":"HS256","kid":"https://evil.example/key"}',
        b'{"alg":"HS256","kid":"portal\\u0000"}', b'{"alg":"HS256","kid":"portal","crit":["x"],"x":1}',
        b'{"alg":"HS256","kid":"other","jwk":' + other.encode() + b"}",
        b'{"alg":"HS256","kid":"other","jku":"https://evil.example/"}',
        b'{"alg":"HS256","kid":"other","x5u":"https://evil.example/"}', b"[]", b"null", b"{", b"", b"[" * 3000,
    ]  # fmt: skip
    for header in headers:
        for key in (secret, "k" * 32, ""):
            with pytest.raises(Forbidden):
                await doors.visit(jwt=by_hand(key, header, payload))
    for odd in (
        "x",
        "a.b",
        "a.b.c",
        "ü.ü.ü",
        "..",
        "a" * 8192,
        by_hand(secret, b'{"alg":"HS256","kid":"portal"}', b"[" * 2000),
    ):
        with pytest.raises(Forbidden):
            await doors.visit(jwt=odd)


async def test_a_public_key_is_no_secret_of_its_own(doors: Doors) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    at = micros(doors.world.clock.now())
    await doors.world.record.write(
        lambda c: buttons.add_secret(c, BUTTON, "ec", "ES256", SEALER.seal(public), at), name="secret"
    )
    token = jwt.encode(good(), private, algorithm="ES256", headers={"kid": "ec"})
    assert (await doors.visit(jwt=token)).verified
    for forged in (
        by_hand(public.decode(), b'{"alg":"HS256","kid":"ec"}', json.dumps(good()).encode()),
        by_hand(public.decode(), b'{"alg":"ES256","kid":"ec"}', json.dumps(good()).encode()),
    ):
        with pytest.raises(Forbidden):
            await doors.visit(jwt=forged)


async def test_a_revoked_key_signs_nobody_in_any_more(doors: Doors) -> None:
    at = micros(doors.world.clock.now())
    await doors.world.record.write(lambda c: buttons.revoke_secret(c, BUTTON, KID, at), name="revoke")
    with pytest.raises(Forbidden):
        await doors.visit(jwt=await doors.token())


async def test_a_token_of_one_customer_opens_no_door_of_another(doors: Doors) -> None:
    for audience in (KEY, OTHER_KEY):
        with pytest.raises(Forbidden):
            await doors.visit(OTHER_KEY, jwt=await doors.token(aud=audience))
    visitor = await doors.visit()
    with pytest.raises(NotSignedIn):
        await doors.visit(OTHER_KEY, token=visitor.token)
    assert (await doors.visit(token=visitor.token)).id == visitor.id


async def test_a_visitor_who_is_vouched_for_becomes_that_contact_and_the_former_token_ends(doors: Doors) -> None:
    visitor = await doors.visit()
    known = await doors.visit(token=visitor.token, jwt=await doors.token())
    assert known.id != visitor.id and known.verified
    assert await doors.identity.contact(visitor.token) is None
    became = await doors.world.record.read(lambda connection: contacts.find(connection, visitor.id))
    assert became is not None and became.became_id == known.id


async def test_a_token_lives_thirty_days_from_its_last_use(doors: Doors) -> None:
    visitor = await doors.visit()
    for _ in range(2):
        doors.world.clock.move(timedelta(days=29))
        assert await doors.identity.contact(visitor.token) is not None
    doors.world.clock.move(timedelta(days=30, seconds=1))
    assert await doors.identity.contact(visitor.token) is None


async def test_a_rotated_key_works_for_its_site_until_its_time_is_over(doors: Doors) -> None:
    until = doors.world.clock.now() + timedelta(days=14)
    await doors.change_button(key="bw_new", former_key=KEY, former_until=micros(until))
    for number, (page, audience) in enumerate([(KEY, KEY), (KEY, "bw_new"), ("bw_new", KEY), ("bw_new", "bw_new")]):
        assert (await doors.visit(page, jwt=await doors.token(aud=audience, jti=f"r-{number}"))).verified
    doors.world.clock.move(timedelta(days=14, seconds=1))
    with pytest.raises(NotFound):
        await doors.visit(KEY)
    with pytest.raises(Forbidden):
        await doors.visit("bw_new", jwt=await doors.token(aud=KEY, jti="r-9"))
    assert (await doors.visit("bw_new", jwt=await doors.token(aud="bw_new", jti="r-10"))).verified


async def test_a_button_that_is_switched_off_lets_nobody_in_and_ends_its_visits(doors: Doors) -> None:
    visitor = await doors.visit()
    await doors.change_button(active=False)
    assert await doors.identity.contact(visitor.token) is None
    with pytest.raises(NotFound):
        await doors.visit()


async def test_a_mailed_code_works_once_for_the_address_it_went_to(doors: Doors) -> None:
    assert await doors.identity.open_session(KEY, {"email": PRIYA}, "192.0.2.2") is None
    code = await doors.code()
    with pytest.raises(Forbidden):
        await doors.visit(email="owen.hughes@brightwater.example", code=code)
    known = await doors.visit(email=f" {PRIYA.upper()} ", code=code)
    assert (known.id, known.verified) == ("priya", True)
    with pytest.raises(Forbidden):
        await doors.visit(email=PRIYA, code=code)


async def test_a_code_is_good_for_five_tries_and_ten_minutes(doors: Doors) -> None:
    for tries, wait in ((5, timedelta()), (0, timedelta(minutes=10, seconds=1))):
        await doors.identity.open_session(KEY, {"email": PRIYA}, "192.0.2.2")
        code = await doors.code()
        for _ in range(tries):
            with pytest.raises(Forbidden):
                await doors.visit(email=PRIYA, code="x" + code)
        doors.world.clock.move(wait)
        with pytest.raises(Forbidden):
            await doors.visit(email=PRIYA, code=code)


@pytest.mark.parametrize(
    "email",
    ["priya@evil.example", "a@sub.brightwater.example", "a@evil.example@brightwater.example", "@",
     "a b@brightwater.example", "a@brightwater.example\r\nBcc: x@evil.example", "a@brightwater.example.",
     "a@brightwater.example,b@evil.example", "a\0@brightwater.example"],
)  # fmt: skip
async def test_codes_go_to_addresses_of_the_customer_and_nowhere_else(doors: Doors, email: str) -> None:
    with pytest.raises((Forbidden, BadRequest)):
        await doors.identity.open_session(KEY, {"email": email}, "192.0.2.2")
    assert await doors.world.record.read(outgoing.latest) == []


async def test_codes_are_not_mailed_without_end(doors: Doors) -> None:
    with pytest.raises(SlowDown):
        for _ in range(4):
            await doors.identity.open_session(KEY, {"email": PRIYA}, "192.0.2.2")


async def test_on_a_button_for_verified_people_somebody_unknown_gets_the_pool(new_world: NewWorld) -> None:
    doors = Doors(await new_world(here=("anna", "petra")))
    await doors.change_button(policy="verified")
    for who, rung in ((await doors.visit(), "petra"), (await doors.visit(jwt=await doors.token()), "anna")):
        await doors.world.comes("contact", who.id)
        await doors.world.ask(who.id, Press)
        assert await doors.world.rung() == {rung: 1}
        await doors.world.ask(rung, Accept, ring=await doors.world.ring_of(rung))
