"""Two processes that compete for a mailbox are killed and frozen while mail arrives: none is lost, none said twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Endpoint, Password
from tests.support import dovecot as real
from tests.support.dovecot import DovecotServer
from tests.support.imap_pymap import SECRET, USER, pymap_server
from tests.support.mail_storm import Server, Storm

KILLS, FROZEN = 30, 10
"""On each of the two databases."""


@pytest.fixture
async def server(_dovecot: DovecotServer | None) -> AsyncIterator[Server]:
    """Dovecot; where it cannot be had, pymap."""
    if _dovecot is not None:
        user = _dovecot.mailbox()
        yield Server(_dovecot.imap_port, user, real.SECRET, lambda raw: asyncio.to_thread(_dovecot.deliver, user, raw))
    else:
        async with pymap_server() as pymap:

            async def append(raw: bytes) -> None:
                place = Endpoint("127.0.0.1", pymap.port, "plain", USER, Password(SECRET))
                async with await Connection.open(place) as connection:
                    await connection.append(raw, "INBOX")

            yield Server(pymap.port, USER, SECRET, append)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_pollers_that_are_killed_and_frozen_lose_no_mail_and_say_none_twice(
    database: str, server: Server, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'record.db'}" if database == "sqlite" else request.getfixturevalue("postgres_url")
    report = await Storm(url, tmp_path / "files", server, seed=1).run(KILLS, FROZEN)
    assert (report.lost, report.doubled, report.broken) == ([], [], [])
    assert (report.kills, report.frozen) == (KILLS, FROZEN)
    assert report.poison and report.second, "some of both were among them"
    assert report.holders > FROZEN, "it changed hands"


async def test_a_mail_that_kills_who_reads_it_takes_no_other_along(server: Server, tmp_path: Path) -> None:
    """Not even those that were counted and read together with it."""
    storm = Storm(f"sqlite:///{tmp_path / 'record.db'}", tmp_path / "files", server, seed=1)
    for number in range(12):
        await storm.comes(poison=float(number in (3, 7)))
    async with storm.standing():
        pass
    report = storm.report
    assert (report.aside, report.lost, report.doubled, report.broken, report.poison) == ([], [], [], [], 2)
