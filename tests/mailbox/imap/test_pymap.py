"""The whole wire against a real server that runs everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from mailbox.errors import LoginRefused
from mailbox.imap.connection import Connection, Facts
from mailbox.imap.endpoint import Password
from mailbox.imap.errors import Refused
from tests.mailbox.imap.conftest import Into, at
from tests.support.imap_certificates import Authority
from tests.support.imap_pymap import SECRET, USER, pymap_server

LONG = 30.0
RAW = b"Message-ID: <one@example>\r\nSubject: hello\r\n\r\nwords\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with pymap_server() as server:
        yield server.port


@pytest.fixture
async def anna(port: int, into: Into) -> Connection:
    """In the INBOX, which is empty."""
    connection = await into(port, user=USER, auth=Password(SECRET))
    await connection.select("INBOX")
    return connection


async def other(port: int, into: Into) -> Connection:
    """A second client of the same mailbox."""
    return await into(port, user=USER, auth=Password(SECRET))


async def test_a_mail_is_found_fetched_marked_and_moved(anna: Connection) -> None:
    received = datetime(2026, 3, 4, 8, 59, 50, tzinfo=UTC)
    await anna.append(RAW, "INBOX", received=received)
    [uid] = await anna.uids()
    assert await anna.facts([uid]) == {uid: Facts(len(RAW), received)}
    [mail] = await anna.fetch([uid])
    assert (mail.uid, mail.internaldate, mail.raw) == (uid, received, RAW)
    await anna.mark_seen([uid])
    done = await anna.path("Vipdesk", "Done")
    await anna.move([uid], done)
    assert await anna.uids() == []
    assert (await anna.select(done)).exists == 1
    assert await anna.search_header("Message-ID", "<one@example>") != []
    assert await anna.search_header("Message-ID", "<two@example>") == []


async def test_a_mail_that_arrives_wakes_the_one_who_waits(anna: Connection, port: int, into: Into) -> None:
    waiting = asyncio.create_task(anna.idle_until(LONG))
    await (await other(port, into)).append(RAW, "INBOX")
    assert await waiting
    assert len(await anna.uids()) == 1


async def test_a_mail_that_arrived_before_the_waiting_began_ends_it(anna: Connection, port: int, into: Into) -> None:
    assert await anna.uids() == []
    await (await other(port, into)).append(RAW, "INBOX")
    async with asyncio.timeout(LONG):  # at its end such a server tells of it
        assert await anna.idle_until(10 * LONG), "a server that tells in IDLE only of what comes then was asked before"


async def test_mails_after_a_number_are_those_after_it(anna: Connection) -> None:
    for _ in range(3):
        await anna.append(RAW, "INBOX")
    uids = await anna.uids()
    assert await anna.uids(after=uids[0]) == uids[1:]
    assert await anna.uids(after=uids[-1]) == []


@pytest.mark.parametrize("name", ["Späte Post", 'a "quoted" name', "back\\slash", "R&D", "台北 😀", "a%b*c"])
async def test_a_folder_may_have_any_name(name: str, anna: Connection) -> None:
    await anna.create(name)
    await anna.create(name)
    await anna.append(RAW, name)
    assert (await anna.select(name)).exists == 1


async def test_a_folder_that_is_not_there_is_refused(anna: Connection) -> None:
    with pytest.raises(Refused) as caught:
        await anna.select("Nowhere")
    assert caught.value.step == "select"
    await anna.select("INBOX")


async def test_headers_alone_are_fetched(anna: Connection) -> None:
    await anna.append(RAW, "INBOX")
    [uid] = await anna.uids()
    mail = await anna.fetch_headers(uid)
    assert mail is not None
    assert mail.raw == RAW.partition(b"words")[0]
    assert await anna.fetch_headers(uid + 1) is None


async def test_a_wrong_password_is_refused(port: int) -> None:
    with pytest.raises(LoginRefused) as caught:
        await Connection.open(at(port, user=USER, auth=Password("wrong")))
    assert caught.value.after_s == 300


async def test_starttls_is_taken(authority: Authority, into: Into) -> None:
    async with pymap_server(authority.context("127.0.0.1")) as server:
        auth = Password(SECRET)
        connection = await into(server.port, security="starttls", user=USER, auth=auth, ca_file=authority.ca_file)
        await connection.select("INBOX")
        assert connection._protocol.transport.get_extra_info("cipher") is not None
