"""A desk of its own for every story, in office hours on a Wednesday, and a check of its record at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.office import signed_in
from tests.browser.people import Agent, Contact, Person, record_of
from tests.support.checker import check
from tests.support.running import RunningDesk

IN_HOURS = "2026-03-04T09:00:00Z"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RunningDesk]:
    """A running demo; whatever was done to it, its record keeps every promise at the end."""
    running = RunningDesk(tmp_path / "desk", {"VIPDESK_CLOCK": IN_HOURS, "VIPDESK_LOG_LEVEL": "warning"})
    with running:
        yield running
    assert check(record_of(running), [], settled=False) == []
    assert "Traceback" not in running.log.read_text()


@pytest.fixture
def people(chromium: Browser, desk: RunningDesk) -> Iterator[Callable[..., Any]]:
    """`people(Contact, …)`, `people(Agent, "ben")`: opens a browser for them; no page of theirs may complain."""
    here: list[Person] = []

    def open_browser(kind: type[Contact] | type[Agent], *arguments: Any, **options: Any) -> Any:
        person = kind(chromium, desk, *arguments, **options)
        here.append(person)
        return person

    yield open_browser
    complaints = [complaint for person in here for complaint in person.complaints]
    for person in here:
        person.leave()
    assert complaints == []


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A demo desk on a Wednesday morning, the same for the module."""
    folder = tmp_path_factory.mktemp("office") / "desk"
    with RunningDesk(folder, {"VIPDESK_CLOCK": IN_HOURS, "VIPDESK_LOG_LEVEL": "warning"}) as desk:
        yield desk
    assert "Traceback" not in desk.log.read_text()


@pytest.fixture
def here(office: RunningDesk) -> Iterator[ExitStack]:
    """Everybody who comes in a test leaves at its end."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def anna(office: RunningDesk, chromium: Browser, here: ExitStack) -> Page:
    return signed_in(office, chromium, here, "anna")
