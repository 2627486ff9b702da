"""Who answers is named by typing, with two hundred agents, without a script: what is unknown or ambiguous is said
beside its field and kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.making import Admin, Plain, Real, made, save, signed_in
from tests.support.axe import faults_of
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser
AGENTS = 200
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A desk of two hundred agents, two of whom have one name, and a customer; the customer's address."""
    desk = RunningDesk(tmp_path_factory.mktemp("many") / "data")
    link = made(desk)
    with desk:
        admin = Admin(desk, link)
        csrf = admin.page.text.split('name="csrf" value="')[1].split('"')[0]
        names = [
            *(f"Agent {number:03}" for number in range(AGENTS - 4)),
            "Eva Marín",
            "Jan Novák",
            "Jan Novák",
            "Zora Vlk",
        ]
        for number, name in enumerate(names):
            form = {"csrf": csrf, "name": name, "email": f"a{number}@larkfield.example", "teams": "dedicated",
                    "roles": "agent", "languages": "en", "zone": "UTC", "capacity": "3", "reserved": "0",
                    "ring_seconds": "25"}  # fmt: skip
            done = admin.http.post("/admin/agents/new", data=form, follow_redirects=False)
            assert done.status_code == 303, done.text
        admin.post(f"{done.headers['location'].partition('?')[0]}/absences", since="2020-01-01", until="2999-12-30")
        admin.post("/admin/customers/new", name="Brightwater", zone="UTC", language="en")
        yield desk, str(admin.page.url).partition("?")[0]
        admin.close()


@pytest.fixture
def page(many: Real, plain: Plain) -> Page:
    """The customer's page, without a script."""
    desk, customer = many
    page = signed_in(plain(), desk, f"{desk.origin}/login")
    page.goto(customer)
    page.fill("#since", "2020-01-01")
    return page


def refused(page: Page, field: str) -> str:
    """What is said beside it."""
    page.click(".a-save .btn.main")
    expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
    assert page.get_attribute("[role=alert] li a", "href") == f"#{field}"
    return page.inner_text(f"#{field}-e")


def test_everybody_is_offered_once_for_all_fields_of_a_page(page: Page) -> None:
    assert page.locator("datalist#crew").count() == 1
    assert page.locator("#crew option").count() == AGENTS
    assert all(page.locator(f"#{each}[list=crew]").count() for each in ("named", "stand_in_1", "stand_in_2"))
    assert page.locator("#crew option[value^='Jan Novák <']").count() == 2, "by name alone they could not be told apart"
    assert page.get_attribute("#crew option[value='Zora Vlk']", "label") == "Zora Vlk, absent until 2999-12-30"


def test_who_is_named_by_keyboard_is_found_without_accents_or_capitals(page: Page) -> None:
    page.focus("#named")
    page.keyboard.type("eva marin")
    page.keyboard.press("Tab")
    page.keyboard.type("agent 007")
    page.keyboard.press("Tab")
    page.keyboard.type("A199@Larkfield.example")
    page.keyboard.press("Enter")
    page.wait_for_selector(".banner.good")
    assert [page.input_value(f"#{each}") for each in ("named", "stand_in_1", "stand_in_2", "stand_in_3")] == [
        "Eva Marín", "Agent 007", "Zora Vlk", "",
    ]  # fmt: skip
    assert "absent until 2999-12-30" in page.inner_text("#stand_in_2-h")
    page.fill("#named", "")
    save(page)
    assert page.input_value("#named") == ""


def test_who_cannot_be_told_is_asked_for_beside_the_field_and_what_was_typed_stays(page: Page) -> None:
    page.fill("#playbook", "Call first.")
    page.fill("#named", "jan novak")
    said = refused(page, "named")
    assert said.startswith("2 people are called “jan novak”. Enter the mail address: ") and said.count("@") == 2
    assert (page.input_value("#named"), page.input_value("#playbook")) == ("jan novak", "Call first.")
    page.fill("#named", said.split(", ")[1])
    save(page)
    assert page.input_value("#named") == f"Jan Novák <{said.split(', ')[1]}>"
    save(page)
    page.fill("#named", "Zora Wlk")
    assert refused(page, "named") == "Nobody here is called “Zora Wlk”. Did you mean Zora Vlk?"
    page.fill("#named", "marin")
    assert refused(page, "named") == "Nobody here is called “marin”. Did you mean Eva Marín?"
    page.fill("#named", "Somebody Else Entirely")
    assert "Enter a name or mail address" in refused(page, "named")
    page.fill("#named", "Jonas")
    assert refused(page, "named") == "Jonas is in no team and answers no chats. Choose somebody else."
    page.fill("#named", "Eva Marín")
    page.fill("#stand_in_1", "Agent 001")
    page.fill("#stand_in_2", "eva marin")
    assert "cannot stand in for themselves" in refused(page, "stand_in_2")


def test_a_stand_in_is_moved_up_and_saved_only_when_told(page: Page) -> None:
    page.fill("#named", "")
    for place, name in enumerate(("Agent 001", "Agent 002"), start=1):
        page.fill(f"#stand_in_{place}", name)
    save(page)
    page.fill("#playbook", "Not saved yet.")
    page.click("[name=up][value='2']")
    assert page.inner_text(".banner.care") == "The order is another one. Nothing is saved yet."
    assert (page.input_value("#stand_in_1"), page.input_value("#playbook")) == ("Agent 002", "Not saved yet.")
    page.goto(page.url.partition("#")[0])
    assert page.input_value("#stand_in_1") == "Agent 001"
    page.click("[name=up][value='2']")
    save(page)
    assert [page.input_value(f"#stand_in_{place}") for place in (1, 2)] == ["Agent 002", "Agent 001"]


def test_who_takes_over_is_typed_too_and_never_who_leaves(page: Page, many: Real) -> None:
    page.fill("#named", "Agent 100")
    save(page)
    page.goto(f"{many[0].origin}/admin/agents?q=agent 100")
    page.click("tbody a")
    page.goto(f"{page.url}/leave")
    assert page.locator("#crew option[value='Agent 100']").count() == 0
    page.fill("#successor", "agent 100")
    assert refused(page, "successor") == "Agent 100 is who leaves. Choose somebody else."
    page.fill("#successor", "agent 1")
    assert "Did you mean Agent 100, Agent 101, Agent 102?" in refused(page, "successor")
    assert page.input_value("#successor") == "agent 1"
    page.fill("#successor", "agent 101")
    page.click(".a-save .btn.main")
    page.goto(many[1])
    assert page.input_value("#named") == "Agent 101"
    page.fill("#named", "Agent 100")
    assert refused(page, "named") == "Agent 100 does not work here any more. Choose somebody else."


def test_the_members_of_a_team_are_listed_page_by_page(page: Page, many: Real) -> None:
    page.goto(f"{many[0].origin}/admin/agents")
    page.select_option("#team", label="Pool")
    page.click("[role=search] .btn")
    assert "Nobody is in this team yet." in page.inner_text(".a-empty")
    page.select_option("#team", label="Dedicated")
    page.fill("#q", "agent")
    page.press("#q", "Enter")
    assert "1–50 of " in page.inner_text(".a-pages")
    page.click("[rel=next]")
    expect(page.locator("tbody tr")).to_have_count(50)
    assert "Jonas" not in page.inner_text("tbody")
    assert (page.input_value("#team"), page.input_value("#q")) == ("dedicated", "agent")


@pytest.mark.parametrize("width", [320, 1280])
def test_the_fields_are_accessible_and_fit(many: Real, page: Page, chromium: Browser, width: int) -> None:
    page.fill("#stand_in_1", "Zora Vlk")
    page.fill("#stand_in_2", "Agent 003")
    save(page)
    state = page.context.storage_state()
    with chromium.new_context(storage_state=state, viewport={"width": width, "height": 800}) as context:
        seen = context.new_page()
        seen.goto(many[1])
        seen.fill("#named", "nobody")
        seen.click(".a-save .btn.main")
        seen.wait_for_selector("[role=alert]")
        assert (faults_of(seen), seen.evaluate(WIDER)) == ([], 0)
