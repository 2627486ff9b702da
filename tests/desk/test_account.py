"""What agents set of themselves: password, second step and recovery codes, language, sessions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pyotp
import pytest

from desk import replying
from desk.account import Account, Offer
from desk.administration import Administration, Wrong
from desk.administration.sessions import used_after
from desk.admission import NotSignedIn, digest_of
from desk.identity import AgentSignedIn, Identity
from desk.work import Work
from routing.errors import Conflict, SlowDown
from store import audit_log
from tests.support.world import SEALER, World

ANNA, PASSWORD = "anna@larkfield.example", "demo-anna"


class Mine:
    """Anna before her account."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.identity = Identity(world.desk, SEALER)
        self.account = Account(world.desk, SEALER, self.identity)
        self.admin = Administration(world.desk, SEALER, self.identity)

    async def sign_in(self, password: str = PASSWORD, totp: str = "", device: str = "") -> AgentSignedIn:
        return await self.identity.sign_in(ANNA, password, totp, "192.0.2.1", None, device)

    async def holds(self, signed: AgentSignedIn) -> bool:
        return await self.identity.session(signed.cookie) is not None

    def closed(self) -> list[bytes]:
        """What Anna's lines are told about her sessions from now on."""
        heard: list[bytes] = []
        self.world.live.follow("agent:anna", lambda item: heard.append(item.frame))
        return heard

    def code(self, offer: Offer, *, later: timedelta = timedelta()) -> str:
        return pyotp.TOTP(offer.secret).at(self.world.clock.real() + later)

    async def set_up(self, kept: str = "") -> tuple[Offer, list[str]]:
        offer = self.account.offer("anna", ANNA, "Larkfield")
        return offer, await self.account.begin_second_step("anna", PASSWORD, offer.sealed, self.code(offer), kept)


@pytest.fixture
def mine(world: World) -> Mine:
    return Mine(world)


async def test_a_new_password_needs_the_old_one_and_signs_out_everywhere_else(mine: Mine) -> None:
    here, there = await mine.sign_in(), await mine.sign_in()
    closed = mine.closed()
    for old, new, again, field in (
        ("wrong", "a new sentence", "a new sentence", "old"),
        (PASSWORD, "a new sentence", "another", "again"),
        (PASSWORD, "short", "short", "new"),
        (PASSWORD, PASSWORD, PASSWORD, "new"),
        (PASSWORD, "x" * 257, "x" * 257, "new"),
    ):
        with pytest.raises(Wrong) as refused:
            await mine.account.change_password("anna", old, new, again, digest_of(here.cookie))
        assert list(refused.value.fields) == [field]
    assert closed == [] and await mine.holds(there)
    link = await mine.identity.new_link("anna")
    await mine.account.change_password("anna", PASSWORD, "a new sentence", "a new sentence", digest_of(here.cookie))
    assert (await mine.holds(here), await mine.holds(there), closed) == (True, False, [b"4401"])
    assert not await mine.identity.link_holds(link)
    with pytest.raises(NotSignedIn):
        await mine.sign_in()
    assert await mine.sign_in("a new sentence")


async def test_whoever_sits_at_an_open_console_cannot_try_passwords_for_ever(mine: Mine) -> None:
    with pytest.raises(SlowDown):
        for _ in range(20):
            with pytest.raises(Wrong):
                await mine.account.new_codes("anna", "guess")


async def test_a_second_step_holds_only_when_a_code_proved_it(mine: Mine) -> None:
    offer = mine.account.offer("anna", ANNA, "Larkfield")
    assert "<svg" in offer.picture and "style" not in offer.picture
    wrong = ((offer.sealed, "000000"), (offer.sealed, ""), ("forged", mine.code(offer)))
    others = mine.account.offer("ben", "ben@larkfield.example", "Larkfield")
    for sealed, code in (*wrong, (others.sealed, mine.code(others))):
        with pytest.raises(Wrong) as refused:
            await mine.account.begin_second_step("anna", PASSWORD, sealed, code, "")
        assert list(refused.value.fields) == ["code"]
    with pytest.raises(Wrong, match="not your present password"):
        await mine.account.begin_second_step("anna", "wrong", offer.sealed, mine.code(offer), "")
    assert await mine.sign_in()
    again = mine.account.offered_again("anna", offer.sealed, ANNA, "Larkfield")
    assert again is not None and again.secret == offer.secret, "what was scanned stays right"
    await mine.account.begin_second_step("anna", PASSWORD, offer.sealed, mine.code(offer), "")
    for totp in ("", "123456", mine.code(offer)):  # the code that proved it is used up
        with pytest.raises(NotSignedIn):
            await mine.sign_in(totp=totp)
    mine.world.clock.move(timedelta(seconds=301))
    assert await mine.sign_in(totp=mine.code(offer))


async def test_each_recovery_code_signs_in_once_however_it_is_written(mine: Mine) -> None:
    _offer, codes = await mine.set_up()
    assert len(set(codes)) == 10
    assert await mine.sign_in(totp=f" {codes[0].upper().replace('-', ' ')} ")
    with pytest.raises(NotSignedIn):
        await mine.sign_in(totp=codes[0])
    standing = await mine.account.standing("anna", 0)
    assert (standing.second_step, standing.codes_left) == (True, 9)
    new = await mine.account.new_codes("anna", PASSWORD)
    with pytest.raises(NotSignedIn):
        await mine.sign_in(totp=codes[1])
    assert await mine.sign_in(totp=new[0])


async def test_the_second_step_is_switched_off_by_the_password_or_by_an_admin(mine: Mine) -> None:
    await mine.set_up()
    with pytest.raises(Wrong):
        await mine.account.end_second_step("anna", "wrong", "")
    await mine.account.end_second_step("anna", PASSWORD, "")
    assert await mine.sign_in()
    await mine.set_up()
    await mine.admin.agents.end_second_step(None, "anna")
    assert await mine.sign_in()
    with pytest.raises(Conflict):
        await mine.admin.agents.end_second_step(None, "anna")
    rows = await mine.world.record.read(lambda connection: audit_log.page(connection, 10_000, 100))
    assert [row.action for row in rows].count("second_step") == 4


async def test_a_second_step_that_begins_or_ends_signs_out_everywhere_else(mine: Mine) -> None:
    async def ends(change: Callable[[str], Awaitable[object]], *, keeps: bool) -> None:
        here, there = await mine.sign_in(totp=totp), await mine.sign_in(totp=others)
        closed = mine.closed()
        await change(digest_of(here.cookie))
        await mine.world.due()
        assert (await mine.holds(here), await mine.holds(there), closed[:1]) == (keeps, False, [b"4401"])

    totp = others = ""
    await ends(mine.set_up, keeps=True)
    totp, others, *_ = await mine.account.new_codes("anna", PASSWORD)
    await ends(lambda kept: mine.account.end_second_step("anna", PASSWORD, kept), keeps=True)
    totp, others, *_ = (await mine.set_up())[1]
    await ends(lambda _kept: mine.admin.agents.end_second_step(None, "anna"), keeps=False)


async def test_the_language_an_agent_chose_comes_with_the_session(mine: Mine) -> None:
    signed = await mine.sign_in()
    await mine.account.choose_language("anna", "de")
    found = await mine.identity.session(signed.cookie)
    assert found is not None and found[0].reads == "de"
    with pytest.raises(Wrong):
        await mine.account.choose_language("anna", "deutsch!")
    await mine.account.choose_language("anna", "")
    found = await mine.identity.session(signed.cookie)
    assert found is not None and found[0].reads == ""


async def test_an_agent_signs_mails_with_their_own_words_or_with_name_and_title(mine: Mine) -> None:
    def signature(work: Work) -> None:
        found.append(replying.signature(work, "anna"))

    found: list[str] = []
    await mine.world.desk.run("look", signature)
    await mine.account.sign_as("anna", "Anna\r\nLarkfield support \n")
    await mine.world.desk.run("look", signature)
    assert found == ["Anna Kovács\nYour named agent", "Anna\nLarkfield support"]
    for wrong in ("x" * 1001, "a\x00b"):
        with pytest.raises(Wrong):
            await mine.account.sign_as("anna", wrong)


async def test_agents_see_their_own_sessions_and_end_only_those(mine: Mine) -> None:
    here, there = await mine.sign_in(device="Firefox"), await mine.sign_in(device="x" * 999)
    ben = await mine.identity.sign_in("ben@larkfield.example", "demo-ben", None, "192.0.2.1")
    standing = await mine.account.standing("anna", used_after(mine.world.clock.real()))
    assert sorted(each.device for each in standing.sessions) == ["Firefox", "x" * 300]
    closed = mine.closed()
    for cookie in (ben.cookie, there.cookie):
        await mine.account.end_session("anna", digest_of(cookie))
    assert [await mine.holds(each) for each in (here, there, ben)] == [True, False, True]
    assert closed == [b"4401"] * 2
    await mine.sign_in()
    await mine.account.end_others("anna", digest_of(here.cookie))
    assert len((await mine.account.standing("anna", 0)).sessions) == 1


async def test_an_admin_ends_one_session_all_of_somebody_or_everybodys(mine: Mine) -> None:
    one, two, three = await mine.sign_in(), await mine.sign_in(), await mine.sign_in()
    adam = await mine.identity.sign_in("adam@larkfield.example", "demo-adam", None, "192.0.2.1")
    ben = await mine.identity.sign_in("ben@larkfield.example", "demo-ben", None, "192.0.2.1")
    await mine.admin.sessions.end(adam.signed, digest_of(one.cookie))
    assert [await mine.holds(each) for each in (one, two)] == [False, True]
    with pytest.raises(Conflict, match="ended already"):
        await mine.admin.sessions.end(adam.signed, digest_of(one.cookie))
    assert await mine.admin.sessions.end_of_agent(adam.signed, "anna") == 2
    assert [await mine.holds(each) for each in (two, three, ben)] == [False, False, True]
    assert await mine.admin.sessions.end_all(adam.signed, digest_of(adam.cookie)) == 1
    assert [await mine.holds(each) for each in (ben, adam)] == [False, True]
