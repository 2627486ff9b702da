"""Contacts come in by their site's word, a mailed code, or unknown."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from desk.identity import NotSignedIn
from desk.requests import Accept, Press
from routing.errors import BadRequest, Forbidden, NotFound, SlowDown
from server.demo.cast import KID
from store import buttons, contacts, outgoing
from store.schema import mailed_code
from store.times import micros
from tests.desk.conftest import NewWorld
from tests.desk.doors import KEY, OTHER_KEY, PRIYA, Doors, by_hand, good
from tests.support.world import BUTTON, SEALER


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
        {"exp": now - 60}, {"exp": now + 660}, {"exp": 10**30}, {"iat": now + 120}, {"nbf": now + 120},
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


async def test_wrong_codes_sent_at_once_are_as_many_as_one_after_another(doors: Doors) -> None:
    await doors.identity.open_session(KEY, {"email": PRIYA}, "192.0.2.2")
    code = await doors.code()
    wrong = [doors.visit(email=PRIYA, code=f"x{number}") for number in range(20)]
    assert {type(each) for each in await asyncio.gather(*wrong, return_exceptions=True)} == {Forbidden}
    kept = select(mailed_code.c.attempts)
    assert await doors.world.record.read(lambda connection: connection.scalar(kept)) == 5
    with pytest.raises(Forbidden):
        await doors.visit(email=PRIYA, code=code)


async def test_somebody_new_who_comes_in_several_windows_at_once_is_one_person(doors: Doors) -> None:
    tokens = [await doors.token(sub="new", email="new@brightwater.example", jti=f"n{each}") for each in range(8)]
    begun = await asyncio.gather(*(doors.visit(jwt=token) for token in tokens))
    assert len({each.id for each in begun}) == 1


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
