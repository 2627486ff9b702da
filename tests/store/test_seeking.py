"""Long lists: found without capitals and accents, in one order and in pages, the same in each database."""

from __future__ import annotations

import pytest

from store import agents, contacts, customers
from store.agents import Profile
from store.contacts import Person
from store.customers import Customer
from store.engine import Connection, Record
from store.seeking import PAGE, folded, like


def customer(number: int, name: str, *domains: str) -> Customer:
    return Customer(f"c{number}", name, domains, "UTC", "en", "", None)


def test_what_is_searched_has_no_capitals_accents_or_wide_letters() -> None:
    assert folded("Łukasz  Kovács", None, "ŠTÚR@Ørsted.example") == "lukasz kovacs stur@orsted.example"
    assert folded("Straße") == "strasse"
    assert like("50%_off!") == "%50!%!_off!!%"


async def test_thousands_of_customers_are_cut_into_pages_without_one_lost_or_twice(record: Record) -> None:
    def fill(connection: Connection) -> None:
        for number in range(2 * PAGE + 7):
            customers.add(connection, customer(number, f"Hotel {number:04}", f"h{number}.example"), 1)

    await record.write(fill)
    pages = [await record.read(lambda c, n=n: customers.page(c, "", n)) for n in (1, 2, 3)]  # type: ignore[misc]
    names = [row.name for page in pages for row in page.rows]
    assert names == sorted(names) and len(set(names)) == 2 * PAGE + 7
    assert [(page.first, page.last, page.found, page.pages) for page in pages] == [
        (1, PAGE, 2 * PAGE + 7, 3), (PAGE + 1, 2 * PAGE, 2 * PAGE + 7, 3), (2 * PAGE + 1, 2 * PAGE + 7, 2 * PAGE + 7, 3)
    ]  # fmt: skip
    last = await record.read(lambda c: customers.page(c, "", 999))
    assert last.number == 3, "beyond the last page is the last"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("zilina", ["Žilina Spa"]), ("ŽILINA", ["Žilina Spa"]), ("spa", ["Žilina Spa"]),
        ("zilina.example", ["Žilina Spa"]),
        ("100%", ["100% Linen"]), ("_", []), ("nobody", []), ("", ["100% Linen", "alpha", "Beta", "Žilina Spa"]),
    ],
)  # fmt: skip
async def test_a_customer_is_found_by_any_part_of_name_or_domain(record: Record, text: str, found: list[str]) -> None:
    def fill(connection: Connection) -> None:
        for number, name in enumerate(("Žilina Spa", "Beta", "alpha", "100% Linen")):
            customers.add(connection, customer(number, name, f"{folded(name).split()[0].strip('%')}.example"), 1)

    await record.write(fill)
    page = await record.read(lambda connection: customers.page(connection, text, 1))
    assert [row.name for row in page.rows] == found


async def test_who_was_renamed_is_found_by_the_new_name_alone(record: Record) -> None:
    def fill(connection: Connection) -> None:
        customers.add(connection, customer(1, "Lumen"), 1)
        person = Person("p", "c1", "Mei", "mei@lumen.example", None, verified=True, coordinator=False)
        contacts.add(connection, person, 1)
        contacts.change(
            connection, Person("p", "c1", "Máté", "m@lumen.example", None, verified=True, coordinator=False)
        )
        anna = Profile("a", "Anna", "anna@x.example", "", (), (), (), "UTC", 1, 0, 25)
        agents.add(connection, anna, None, 1)
        agents.change(connection, Profile("a", "Zora", "zora@x.example", "", (), (), (), "UTC", 1, 0, 25))

    await record.write(fill)

    def look(connection: Connection) -> list[int]:
        return [
            *(contacts.page(connection, "c1", text, 1).found for text in ("mate", "mei")),
            *(agents.page(connection, text, 1).found for text in ("zora", "anna")),
        ]

    assert await record.read(look) == [1, 0, 1, 0]
