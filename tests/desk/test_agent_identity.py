"""Agents come in by password, second step and link."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import argon2
import pyotp
import pytest
from sqlalchemy import bindparam, update

from desk.identity import NotSignedIn
from desk.passwords import Passwords
from routing.errors import BadRequest, SlowDown
from store import agents, audit_log
from store.schema import agent as agent_table
from tests.desk.doors import ANNA, KEY, PASSWORD, PRIYA, Doors
from tests.support.world import SEALER


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


async def test_a_password_costs_the_same_work_whether_the_address_is_known_or_not(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    verify = argon2.PasswordHasher.verify

    def counted(hasher: argon2.PasswordHasher, kept: str, password: str) -> bool:
        worked.append(kept.rpartition("$")[0].rpartition("$")[0])  # which work: algorithm and its parameters
        return bool(verify(hasher, kept, password))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    await doors.identity.use_link(await doors.identity.new_link("anna"), "a password of her own")
    for email in ("anna@larkfield.example", "nobody@larkfield.example"):
        with pytest.raises(NotSignedIn):
            await doors.sign_in("wrong", email=email)
    assert len(worked) == 2 and worked[0] == worked[1]


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


async def test_many_wrong_tries_at_once_are_as_many_as_one_after_another(doors: Doors) -> None:
    passwords = [*(f"guess {number}" for number in range(20)), PASSWORD]
    ended = await asyncio.gather(*map(doors.sign_in, passwords), return_exceptions=True)
    assert [type(each).__name__ for each in ended] == ["NotSignedIn"] * 5 + ["SlowDown"] * 16


async def test_right_tries_are_not_counted(doors: Doors) -> None:
    for _ in range(12):
        await doors.sign_in()


async def test_where_the_owner_signed_in_before_no_strangers_tries_keep_them_out(doors: Doors) -> None:
    known = (await doors.sign_in()).known
    for number in range(51):
        with pytest.raises((NotSignedIn, SlowDown)):
            await doors.identity.sign_in(ANNA, "wrong", None, f"198.51.100.{number // 5}")
    for mark in ("", "guess", "guess.guess", known + "0", known.split(".")[0]):
        with pytest.raises(SlowDown):
            await doors.identity.sign_in(ANNA, PASSWORD, None, "192.0.2.9", known=mark)
    assert (await doors.identity.sign_in(ANNA, PASSWORD, None, "192.0.2.9", known=known)).known == known
    for error in [NotSignedIn] * 5 + [SlowDown]:
        with pytest.raises(error):
            await doors.identity.sign_in(ANNA, "wrong", None, "192.0.2.9", known=known)
    with pytest.raises(NotSignedIn):  # for another account it says nothing
        await doors.identity.sign_in("ben@larkfield.example", "wrong", None, "192.0.2.9", known=known)


async def test_of_many_who_sign_in_at_once_some_are_told_to_wait() -> None:
    passwords = Passwords()
    passwords._hasher = argon2.PasswordHasher(1, 8, 1)
    passwords._nobody = passwords._hasher.hash("x")
    ended = await asyncio.gather(*(passwords.matches(None, "wrong") for _ in range(150)), return_exceptions=True)
    assert [each for each in ended if isinstance(each, SlowDown)] == ended[100:] and ended.count(False) == 100
    assert not await passwords.matches(None, "wrong")


async def test_a_guessed_link_costs_no_work(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(doors.identity._passwords, "hash", asked.append)
    with pytest.raises(NotSignedIn):
        await doors.identity.use_link("guess", "a new password")
    assert asked == []


async def test_wrong_tries_from_many_places_rest_an_account_for_five_minutes(doors: Doors) -> None:
    for number in range(50):
        with pytest.raises(NotSignedIn):
            await doors.identity.sign_in(ANNA, "wrong", None, f"198.51.100.{number // 5}")
    for password in ("wrong", PASSWORD):
        with pytest.raises(SlowDown):
            await doors.identity.sign_in(ANNA, password, None, "192.0.2.9")
    doors.world.clock.move(timedelta(seconds=301))
    assert (await doors.identity.sign_in(ANNA, PASSWORD, None, "192.0.2.9")).signed.actor.id == "anna"


async def test_one_place_that_tries_many_addresses_is_slowed_down(doors: Doors) -> None:
    doors.identity._passwords._hasher = argon2.PasswordHasher(1, 8, 1)
    doors.identity._passwords._nobody = doors.identity._passwords._hasher.hash("x")
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


async def test_a_link_that_was_used_ends_all_others_of_the_agent(doors: Doors) -> None:
    first, second, of_anna = [await doors.identity.new_link(each) for each in ("ben", "ben", "anna")]
    await doors.identity.use_link(second, "a new password")
    assert not await doors.identity.link_holds(first)
    assert await doors.identity.link_holds(of_anna)
    with pytest.raises(NotSignedIn):
        await doors.identity.use_link(first, "another one")


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
