"""Every field of customers, sales, contacts and agents, with what people enter wrongly, and with anything at all."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from desk.administration import Administration, Wrong
from desk.administration.agents import AgentDraft
from desk.administration.answering import Answering
from desk.administration.contacts import ContactDraft
from desk.administration.customers import CustomerDraft
from desk.administration.plans import Plan, plans
from desk.administration.selling import SaleDraft, present_sale
from desk.identity import Identity
from routing.errors import DeskError
from store import agents, customers
from store.times import micros
from tests.support.world import SEALER, World

Run = Callable[[Awaitable[Any]], Any]
CUSTOMER = CustomerDraft("Northwind", "northwind.example", "Europe/London", "en", "")
SALE = SaleDraft("All-inclusive", "2026-01-01", "2026-12-31", "1000")
CONTACT = ContactDraft("Owen Hughes", "owen@brightwater.example")
AGENT = AgentDraft("Eva Marin", "eva@larkfield.example", teams=("dedicated",))
LONG = "x" * 5000

WRONG: list[tuple[Any, dict[str, Any], str, str]] = [
    (CUSTOMER, {"name": "  "}, "name", "Enter the customer's name."),
    (CUSTOMER, {"name": "\u200b\u2060"}, "name", "Enter the customer's name."),
    (CUSTOMER, {"name": LONG}, "name", "At most 120 characters"),
    (CUSTOMER, {"name": "BRIGHTWATER  hotels"}, "name", "There is a customer Brightwater Hotels already"),
    (CUSTOMER, {"domains": "not a domain!"}, "domains", "is not a domain"),
    (CUSTOMER, {"domains": "brightwater.example"}, "domains", "belongs to Brightwater Hotels already"),
    (CUSTOMER, {"domains": "brightwater.eu, gmail.com"}, "domains", "Anybody may have an address at gmail.com"),
    (CUSTOMER, {"domains": "yahoo.co.uk"}, "domains", "at yahoo.co.uk"),
    (CUSTOMER, {"domains": "Centrum.SK"}, "domains", "at centrum.sk"),
    (CUSTOMER, {"language": "xyz"}, "language", "There is no language “xyz”"),
    (AGENT, {"languages": "en, xx"}, "languages", "There is no language “xx”"),
    (AGENT, {"language": "xx-DE"}, "language", "There is no language “xx-DE”"),
    (CUSTOMER, {"domains": "1000.001"}, "domains", "is not a domain"),
    (CUSTOMER, {"zone": "localtime"}, "zone", "There is no zone"),
    (CUSTOMER, {"zone": "berlin"}, "zone", "Did you mean Europe/Berlin?"),
    (CUSTOMER, {"zone": "../etc/passwd"}, "zone", "There is no zone"),
    (CUSTOMER, {"language": "english"}, "language", "two letters"),
    (CUSTOMER, {"playbook": LONG}, "playbook", "At most 4000 characters"),
    (SALE, {"plan": "Basic"}, "plan", "The add-on is sold on All-inclusive only, not on “Basic”."),
    (SALE, {"plan": "Basic", "since": "", "until": ""}, "plan", "not on “Basic”"),
    (SALE, {"since": "1.1.2026"}, "since", "is not a day"),
    (SALE, {"since": ""}, "since", "Enter the first day too"),
    (SALE, {"until": "2025-12-31"}, "until", "Ends before it starts. Did you mean 2026-12-31?"),
    (SALE, {"until": "2026-02-30"}, "until", "is not a day"),
    (SALE, {"since": "0001-01-01T00:00+14:00"}, "since", "is not a day"),
    (SALE, {"until": "9999-12-31"}, "until", "is not a day"),
    (SALE, {"fee": "a lot"}, "fee", "“a lot” is not an amount"),
    (SALE, {"fee": "-5"}, "fee", "is not an amount"),
    (SALE, {"fee": "99999999999"}, "fee", "At most 1000000 EUR"),
    (CONTACT, {"name": ""}, "name", "Enter their name."),
    (CONTACT, {"email": "owen"}, "email", "Enter a mail address"),
    (CONTACT, {"email": "Priya.Raman@brightwater.example"}, "email", "has this address already"),
    (CONTACT, {"title": LONG}, "title", "At most 60 characters"),
    (CONTACT, {"subject": LONG}, "subject", "At most 200 characters"),
    (AGENT, {"name": ""}, "name", "Enter their name"),
    (AGENT, {"email": "eva@"}, "email", "Enter a mail address"),
    (AGENT, {"email": "anna@larkfield.example"}, "email", "Anna Kovács signs in with this address already."),
    (AGENT, {"title": LONG}, "title", "At most 60 characters"),
    (AGENT, {"teams": ("night",)}, "teams", "“night” is not among"),
    (AGENT, {"roles": ()}, "roles", "Choose at least one role"),
    (AGENT, {"roles": ("admin",)}, "teams", "Only agents and leads answer chats"),
    (AGENT, {"languages": ""}, "languages", "two letters each"),
    (AGENT, {"language": "deutsch"}, "language", "two letters"),
    (AGENT, {"zone": "Mars"}, "zone", "There is no zone"),
    (AGENT, {"capacity": "many"}, "capacity", "Enter a whole number from 0 to 20."),
    (AGENT, {"capacity": "21"}, "capacity", "21 does not fit"),
    (AGENT, {"capacity": "2", "reserved": "3"}, "reserved", "3 does not fit"),
    (AGENT, {"ring_seconds": "1"}, "ring_seconds", "from 5 to 120"),
    (AGENT, {"hours": ("9 to 5", *[""] * 6)}, "mon", "is not a span of hours"),
    (AGENT, {"hours": ("", "17-9", *[""] * 5)}, "tue", "must close after it opens"),
]


def adding(admin: Administration, draft: Any) -> Awaitable[Any]:
    if isinstance(draft, CustomerDraft):
        return admin.customers.add(None, draft)
    elif isinstance(draft, SaleDraft):
        return admin.customers.add(None, CUSTOMER, draft)
    elif isinstance(draft, ContactDraft):
        return admin.contacts.add(None, "brightwater", draft)
    else:
        return admin.agents.add(None, draft)


@pytest.mark.parametrize(("draft", "change", "field", "sentence"), WRONG)
def test_what_is_wrong_is_said_beside_its_field_and_of_no_other(
    one_world: Administration, run: Run, draft: Any, change: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Wrong) as refused:
        run(adding(one_world, replace(draft, **change)))
    assert list(refused.value.fields) == [field]
    assert sentence in str(refused.value.fields[field])


@pytest.mark.parametrize(
    ("draft", "wrong"),
    [
        (CUSTOMER, {"name": "", "domains": "none", "zone": "Mars", "language": "x", "playbook": LONG}),
        (CONTACT, {"name": "", "email": "owen", "title": LONG, "subject": LONG}),
        (AGENT, {"name": "", "email": "eva", "title": LONG, "languages": "", "language": "x", "teams": ("night",),
                 "roles": ("none",), "capacity": "many", "reserved": "21", "ring_seconds": "1", "zone": "Mars"}),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
async def test_all_that_is_wrong_is_told_in_the_order_of_the_form(
    admin: Administration, draft: Any, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Wrong) as refused:
        await adding(admin, replace(draft, **wrong))
    assert list(refused.value.fields) == list(wrong)
    if "reserved" in wrong:  # where nobody knows of how many, the bound is the one of all
        assert str(refused.value.fields["reserved"]) == "21 does not fit; enter a number from 0 to 20."


def test_each_field_that_may_be_wrong_has_a_wrong_value() -> None:
    tried = {(type(draft), name) for draft, change, _field, _sentence in WRONG for name in change}
    free = {(ContactDraft, "coordinator"), (SaleDraft, "sure")}
    for kind in (CustomerDraft, SaleDraft, ContactDraft, AgentDraft):
        assert {(kind, each.name) for each in fields(kind)} - free <= tried


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:

        async def awaited(what: Awaitable[Any]) -> Any:
            return await what

        yield lambda what: runner.run(awaited(what))


@pytest.fixture(scope="module")
def one_world(run: Run) -> Administration:
    world = run(World.make())
    return Administration(world.desk, SEALER, Identity(world.desk, SEALER))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("draft", [CUSTOMER, SALE, CONTACT, AGENT], ids=lambda draft: type(draft).__name__)
def test_anything_at_all_in_a_field_is_taken_or_refused_in_one_sentence(
    one_world: Administration, run: Run, draft: Any, data: st.DataObject
) -> None:
    anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
    name = data.draw(st.sampled_from([each.name for each in fields(draft)]))
    if name in ("teams", "roles"):
        value: Any = tuple(data.draw(st.lists(anything, max_size=3)))
    elif name == "hours":
        value = tuple(data.draw(st.lists(anything, min_size=7, max_size=7)))
    elif name == "coordinator":
        value = data.draw(st.booleans())
    else:
        value = data.draw(anything)
    try:
        run(adding(one_world, replace(draft, **{name: value})))
    except DeskError as error:
        assert isinstance(error, Wrong), error
        assert all("{" not in each.msgid or str(each) for each in error.fields.values())


async def test_a_customer_is_added_with_everything_or_not_at_all(world: World, admin: Administration) -> None:
    with pytest.raises(Wrong) as refused:
        await admin.customers.add(None, CUSTOMER, replace(SALE, fee="x"), Answering("nobody", ("ben", "ben")))
    assert list(refused.value.fields) == ["fee", "named", "stand_in_2"]
    every = await world.record.read(customers.every)
    assert "Northwind" not in [each.name for each in every]
    id = await admin.customers.add(None, CUSTOMER, replace(SALE, fee="1,250.50"), Answering("anna", ("ben",)))
    now = micros(world.clock.now())
    kept, sale, standing = await world.record.read(
        lambda c: (customers.find(c, id), present_sale(c, id, now), customers.stand_ins(c, id))
    )
    assert kept is not None and kept.named_id == "anna" and standing == ["ben"]
    assert sale is not None and (sale.plan, sale.fee_cents, sale.currency) == ("All-inclusive", 125_050, "EUR")


async def test_who_answers_no_chats_is_nobodys_named_agent(world: World, admin: Administration) -> None:
    with pytest.raises(Wrong) as refused:
        await admin.customers.add(None, CUSTOMER, SALE, Answering("adam", ("adam",)))
    assert [str(each) for each in refused.value.fields.values()] == [
        "Adam Novak is in no team and answers no chats. Choose somebody else."
    ] * 2


async def test_the_admin_lists_the_plans_and_what_is_sold_stays(world: World, admin: Administration) -> None:
    id = await admin.customers.add(None, CUSTOMER, SALE)
    await admin.plans.set(None, "Premium: 2000\nAll-in = 1,500.00 EUR\n")
    assert await world.record.read(plans) == (Plan("Premium", 200_000), Plan("All-in", 150_000))
    await admin.customers.sell(None, id, replace(SALE, until="2027-06-30"))
    with pytest.raises(Wrong, match="sold on Premium, All-in only, not on “Basic”"):
        await admin.customers.sell(None, id, replace(SALE, plan="Basic"))
    await admin.customers.sell(None, id, replace(SALE, plan="Premium", fee="1800"))
    sale = await world.record.read(lambda connection: present_sale(connection, id, micros(world.clock.now())))
    assert sale is not None and (sale.plan, sale.fee_cents) == ("Premium", 180_000)
    with pytest.raises(Wrong, match="Line 2 is no plan"):
        await admin.plans.set(None, "Premium: 2000\nfree")
    for text, said in (("", "at least one"), ("A: 1\na: 2", "listed twice"), ("A: x", "is not an amount")):
        with pytest.raises(Wrong, match=said):
            await admin.plans.set(None, text)


async def test_the_next_period_leaves_the_one_that_holds_as_it_is(world: World, admin: Administration) -> None:
    id = await admin.customers.add(None, CUSTOMER, SALE)
    for days in (("2026-06-01", ""), ("2025-06-01", "2026-02-01")):
        with pytest.raises(Wrong) as refused:
            await admin.customers.sell_another(None, id, SaleDraft("All-inclusive", *days))
        assert str(refused.value.fields["since"]) == (
            "There is an add-on on All-inclusive from 2026-01-01 to 2026-12-31 already."
            " Begin after it, or change or end that one."
        )
    with pytest.raises(Wrong, match="Enter the first day"):
        await admin.customers.sell_another(None, id, SaleDraft("All-inclusive"))
    before = await world.record.read(lambda connection: customers.sales(connection, id))
    await admin.customers.sell_another(None, id, SaleDraft("All-inclusive", "2027-01-01", "2027-12-31", "900"))
    [later, now] = await world.record.read(lambda connection: customers.sales(connection, id))
    assert [now] == before and later.fee_cents == 90_000
    await admin.customers.end_add_on(None, id, "2027-01-01")
    assert await world.record.read(lambda connection: customers.sales(connection, id)) == before
    await admin.customers.sell(None, id, replace(SALE, until=""))
    with pytest.raises(Wrong, match="since 2026-01-01, without an end"):
        await admin.customers.sell_another(None, id, SaleDraft("All-inclusive", "2029-01-01"))


@pytest.mark.parametrize("days", [("2031-01-01", ""), ("2025-01-01", "2025-12-31")])
async def test_days_by_which_the_add_on_holds_no_more_want_to_be_confirmed(
    world: World, admin: Administration, days: tuple[str, str]
) -> None:
    id = await admin.customers.add(None, CUSTOMER, SALE)
    before = await world.record.read(lambda connection: customers.sales(connection, id))
    other = SaleDraft("All-inclusive", *days)
    with pytest.raises(Wrong) as refused:
        await admin.customers.sell(None, id, other)
    assert list(refused.value.fields) == ["sure"]
    assert await world.record.read(lambda connection: customers.sales(connection, id)) == before
    await admin.customers.sell(None, id, replace(other, sure=True))
    [changed] = await world.record.read(lambda connection: customers.sales(connection, id))
    assert changed.id == before[0].id and changed.since != before[0].since


async def test_a_photo_is_drawn_anew_as_a_small_square_and_no_picture_is_refused(
    world: World, admin: Administration
) -> None:
    kept: list[bytes] = []

    async def keep(data: bytes) -> str:
        kept.append(data)
        return "hash"

    await admin.agents.show_photo(None, "anna", photograph(400, 300), keep)
    [drawn] = kept
    with Image.open(io.BytesIO(drawn)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif()), picture.info) == ("PNG", (320, 320), {}, {})
    found = await world.record.read(lambda connection: agents.find(connection, "anna"))
    assert found is not None and found.photo == "hash"
    for data in (b"", b"GIF89a", b"<svg onload=alert(1)/>", bomb()):
        with pytest.raises(Wrong, match="no picture that can be shown"):
            await admin.agents.show_photo(None, "anna", data, keep)
    await admin.agents.drop_photo(None, "anna")
    assert len(kept) == 1


def photograph(width: int, height: int) -> bytes:
    """With the place where it was taken, as cameras write it."""
    picture = Image.new("RGB", (width, height), "#336677")
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"secret")
    return out.getvalue()


def bomb() -> bytes:
    """Few bytes, more pixels than anybody draws."""
    out = io.BytesIO()
    Image.new("1", (8000, 7000)).save(out, "PNG")
    return out.getvalue()
