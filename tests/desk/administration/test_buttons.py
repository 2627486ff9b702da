"""Keys by which sites sign, of every kind that is taken; origins exactly; a key that was rotated away."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.administration import Administration, Wrong, origins
from desk.administration.buttons import ButtonDraft
from desk.administration.checking import Check
from desk.identity import Identity
from routing.errors import Conflict, Forbidden
from server import trying
from store import buttons, candidates
from store.buttons import Button
from tests.support.world import BUTTON, SEALER, World

RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


@pytest.fixture
def identity(world: World) -> Identity:
    return Identity(world.desk, SEALER)


@pytest.fixture
def admin(world: World, identity: Identity) -> Administration:
    return Administration(world.desk, SEALER, identity)


def pem(private: Any) -> str:
    return str(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


async def the_button(world: World) -> Button:
    found = await world.record.read(lambda connection: buttons.find(connection, BUTTON))
    assert found is not None
    return found


def claims(key: str, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"aud": key, "sub": "priya-7", "name": "Priya Raman", "jti": "1", "iat": now, "exp": now + 300} | more


@pytest.mark.parametrize(
    ("private", "algorithm"), [(RSA, "RS256"), (P256, "ES256"), (ED, "EdDSA")], ids=["RS256", "ES256", "EdDSA"]
)
async def test_a_site_signs_with_its_private_key_and_the_desk_knows_the_public_one(
    world: World, admin: Administration, identity: Identity, private: Any, algorithm: str
) -> None:
    kid = await admin.buttons.add_public_key(None, BUTTON, "site", pem(private))
    kept = await the_button(world)
    token = jwt.encode(claims(kept.key), private, algorithm=algorithm, headers={"kid": kid})
    begun = await identity.open_session(kept.key, {"jwt": token}, "source")
    assert begun is not None and begun.verified and begun.name == "Priya Raman"
    forged = jwt.encode(claims(kept.key), "x" * 64, algorithm="HS256", headers={"kid": kid})
    with pytest.raises(Forbidden):
        await identity.open_session(kept.key, {"jwt": forged}, "source")
    await admin.buttons.revoke_secret(None, BUTTON, "site")
    with pytest.raises(Forbidden, match="does not know"):
        await identity.open_session(kept.key, {"jwt": token}, "source")


async def test_two_keys_hold_while_a_site_changes_from_one_to_the_other(
    world: World, admin: Administration, identity: Identity
) -> None:
    kept = await the_button(world)
    old, secret = await admin.buttons.add_secret(None, BUTTON, "old")
    new = await admin.buttons.add_public_key(None, BUTTON, "new", pem(ED))
    for kid, key, algorithm in ((old, secret, "HS256"), (new, ED, "EdDSA")):
        token = jwt.encode(claims(kept.key, jti=kid), key, algorithm=algorithm, headers={"kid": kid})
        assert (await identity.claims(kept, token))["jti"] == kid


def private_pem() -> str:
    return ED.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


WRONG_KEYS: dict[str, tuple[Callable[[], str], str]] = {
    "private": (private_pem, "This is a private key"),
    "empty": (lambda: "", "no public key in PEM"),
    "cut": (lambda: pem(RSA)[:-80], "no public key in PEM"),
    "no ascii": (lambda: "schlüssel", "no public key in PEM"),
    "long": (lambda: pem(RSA) * 30, "no public key in PEM"),
    "short": (lambda: pem(rsa.generate_private_key(65537, 1024)), "has 1024 bits"),
    "curve": (lambda: pem(ec.generate_private_key(ec.SECP384R1())), "not taken"),
    "kind": (lambda: pem(ed448.Ed448PrivateKey.generate()), "not taken"),
}


@pytest.mark.parametrize("kind", WRONG_KEYS)
async def test_what_is_no_public_key_is_refused_beside_its_field(
    world: World, admin: Administration, kind: str
) -> None:
    text, said = WRONG_KEYS[kind]
    with pytest.raises(Wrong) as caught:
        await admin.buttons.add_public_key(None, BUTTON, "site", text())
    assert list(caught.value.fields) == ["pem"] and said in str(caught.value.fields["pem"])


async def test_a_public_key_that_was_rotated_away_works_for_fourteen_days(world: World, admin: Administration) -> None:
    former = (await the_button(world)).key
    await admin.buttons.rotate(None, BUTTON)

    async def opens() -> bool:
        now = world.clock.now()
        return bool(await world.record.read(lambda connection: candidates.button_of_key(connection, former, now)))

    world.clock.move(timedelta(days=14) - timedelta(seconds=1))
    assert await opens()
    world.clock.move(timedelta(seconds=1))
    assert not await opens()


async def test_a_press_on_new_key_that_comes_twice_ends_no_key_that_pages_carry(
    world: World, admin: Administration
) -> None:
    shown = (await the_button(world)).key
    new = await admin.buttons.rotate(None, BUTTON, shown)
    with pytest.raises(Conflict, match="There is a new key already"):
        await admin.buttons.rotate(None, BUTTON, shown)
    kept = await the_button(world)
    assert (kept.key, kept.former_key) == (new, shown)


# Origins --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://portal.example.com", "https://portal.example.com"),
        ("HTTPS://Portal.Example.COM:443", "https://portal.example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[0:0::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(text: str, origin: str) -> None:
    assert origins.origin_of(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "portal.example.com", "https://portal.example.com/", "https://portal.example.com/a", "https://a.example?x",
        "https://a.example#", "https://a.example?", "https://u@a.example", "https://u:p@a.example", "https://@a.example",
        "https://", "https://a.example:", "https://a.example:0", "https://a.example:99999", "https://a.example:x",
        "https://*.example.com", "ftp://a.example", "null", "file:///x", "javascript:alert(1)", "https://a..example",
        "https://-a.example", "https://a.example.", "https://a_b.example", "https://a b.example", "https://1.2.3",
        "https://999.1.1.1", "https://[::1", "https://[g::1]", "https://a.example, https://b.example",
        f"https://{'a' * 64}.example", "https://a.example\\", "https://a.example;x",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused_with_what_was_probably_meant(text: str) -> None:
    check = Check()
    assert origins.read(check, "origins", f"https://good.example\n{text}") == ("https://good.example",)
    said = str(check.wrong["origins"])
    assert said.startswith("Line 2 ") and ("*" in text or origins.origin_of(said.rpartition(" ")[2]) is not None)


@given(st.text(max_size=40) | st.from_regex(r"https?://[a-zA-Z0-9.:\-\[\]/?#@%]{0,40}", fullmatch=True))
@settings(max_examples=300, deadline=None)
def test_whatever_is_taken_for_an_origin_is_one_and_fits_a_policy(text: str) -> None:
    found = origins.origin_of(text)
    if found is not None:
        assert origins.origin_of(found) == found and found.isascii()
        assert not set(found) & set(" ;,'\"*/?#@\\\n") - {"/"} and found.count("/") == 2


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", " ", "Enter where the button stands"),
        ("calendar", "nowhere", "Choose the office hours"),
        ("origins", "", "at least one page"),
        ("origins", "\n".join(f"https://p{number}.example" for number in range(51)), "At most 50"),
        ("policy", "everybody", "not among"),
        ("language", "English", "two letters"),
    ],
)
async def test_what_is_wrong_is_said_of_its_field(admin: Administration, field: str, value: str, said: str) -> None:
    fields = {"name": "Portal", "calendar": "office", "origins": "https://a.example"} | {field: value}
    with pytest.raises(Wrong) as caught:
        await admin.buttons.add(None, "brightwater", ButtonDraft(**fields))  # type: ignore[arg-type]
    assert list(caught.value.fields) == [field] and said in str(caught.value.fields[field])


# Trying ---------------------------------------------------------------------------------------------------------------


async def test_a_token_is_tried_as_often_as_one_likes_and_stays_unused(
    world: World, admin: Administration, identity: Identity
) -> None:
    kid, secret = await admin.buttons.add_secret(None, BUTTON, "site")
    kept = await the_button(world)
    token = jwt.encode(claims(kept.key), secret, headers={"kid": kid})
    for _ in range(10):
        tried = await trying.token(identity, kept, token)
        assert tried.fine and "priya-7" in tried.detail
    assert await identity.open_session(kept.key, {"jwt": token}, "source") is not None
    for wrong, said in (
        (jwt.encode(claims("b_other"), secret, headers={"kid": kid}), f"it must be the button's key, {kept.key}."),
        (
            jwt.encode(claims(kept.key, exp=int(time.time()) + 900), secret, headers={"kid": kid}),
            "at most 600 are taken",
        ),
        (jwt.encode(claims(kept.key), secret, headers={"kid": "gone"}), "no key “gone”. It has: site, portal."),
        (jwt.encode(claims(kept.key), secret), "kid is missing"),
        (
            jwt.encode(claims(kept.key), "x" * 64, "HS512", headers={"kid": kid}),
            "signed with HS512; the key “site” is for",
        ),
        (jwt.encode(claims(kept.key), "x" * 40, headers={"kid": kid}), "signature does not fit the key “site”"),
        (jwt.encode(claims(kept.key, iat=1, exp=2), secret, headers={"kid": kid}), "exp is 1970-01-01 00:00:02 UTC"),
        (
            jwt.encode(claims(kept.key, iat=int(time.time()) + 200), secret, headers={"kid": kid}),
            "iat is in the future",
        ),
        (jwt.encode(claims(kept.key, sub=""), secret, headers={"kid": kid}), "sub is empty"),
        (jwt.encode(claims(kept.key, name=7), secret, headers={"kid": kid}), "name must be a text."),
        ("no token", "This is no JWT"),
    ):
        tried = await trying.token(identity, kept, wrong)
        assert not tried.fine and said in tried.said
        with pytest.raises(Forbidden, match="our site sign"):
            await identity.open_session(kept.key, {"jwt": wrong}, "source")
    without = claims(kept.key)
    del without["jti"]
    tried = await trying.token(identity, kept, jwt.encode(without, secret, headers={"kid": kid}))
    assert tried.said == "The claim jti is missing."
    for _ in range(4):
        await identity.open_session(kept.key, {"jwt": token}, "source")
    assert (await trying.token(identity, kept, token)).said.startswith("It was used 5 times already")
    await admin.buttons.revoke_secret(None, BUTTON, kid)
    assert (await trying.token(identity, kept, token)).said == "The key “site” was revoked."


async def test_a_page_is_tried_by_its_address(world: World) -> None:
    kept = replace(await the_button(world), origins=("https://portal.example:8443",))
    for address, fine in (
        (f"{kept.origins[0]}/orders?all#1", True), ("https://evil.example/", False), ("portal", False),
        (kept.origins[0].upper() + "/x", True),
    ):  # fmt: skip
        assert trying.page(kept, address).fine is fine, address
