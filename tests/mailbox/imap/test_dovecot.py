"""The wire against a real Dovecot: pushes, huge mails, kills, freezes, swallowed packets, certificates, tokens."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import imaplib
import os
import signal
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mailbox.errors import LoginRefused, Lost, MailError, Untrusted
from mailbox.imap.batches import MIB, batches
from mailbox.imap.command import Limits
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Endpoint, Mechanism, OAuth, Password
from mailbox.imap.errors import Refused
from mailbox.oauth import RefreshToken, TokenSource
from tests.mailbox.imap.conftest import at
from tests.support.dovecot import SECRET, DovecotServer, dovecot_server
from tests.support.eventually import eventually
from tests.support.imap_certificates import Authority
from tests.support.imap_tokens import CLIENT, CLIENT_SECRET, REFRESH, TokenServer
from tests.support.proxy import FaultProxy

LONG = 30.0
RAW = b"Message-ID: <one@example>\r\nSubject: hello\r\n\r\nwords\r\n"


def box(server: DovecotServer, user: str, **others: Any) -> Endpoint:
    """A user's mailbox, over TLS."""
    fields: dict[str, Any] = {
        "port": server.imaps_port,
        "security": "tls",
        "user": user,
        "auth": Password(SECRET),
        "ca_file": server.ca_file,
    } | others
    return at(**fields)


async def inbox(server: DovecotServer, user: str, limits: Limits | None = None, **others: Any) -> Connection:
    connection = await Connection.open(box(server, user, **others), limits)
    await connection.select("INBOX")
    return connection


@pytest.fixture
def user(dovecot: DovecotServer) -> str:
    return dovecot.mailbox()


@contextlib.contextmanager
def stopped(pids: list[int]) -> Any:
    """Frozen, as a machine that swaps or a suspended guest is."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


class Watched:
    """A file that does something once so much was written to it."""

    def __init__(self, at_bytes: int, then: Callable[[], None]) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._at_bytes = at_bytes
        self._then = then

    def write(self, data: bytes) -> int:
        before, self.size = self.size, self.size + len(data)
        self.digest.update(data)
        if before < self._at_bytes <= self.size:
            self._then()
        return len(data)


# What it is for -------------------------------------------------------------------------------------------------------


async def test_a_delivered_mail_wakes_the_wait_and_has_its_arrival_time(dovecot: DovecotServer, user: str) -> None:
    async with await inbox(dovecot, user) as connection:
        before = datetime.now(UTC) - timedelta(seconds=2)
        waiting = asyncio.create_task(connection.idle_until(LONG))
        await asyncio.to_thread(dovecot.deliver, user, RAW)
        assert await waiting
        [mail] = await connection.fetch(await connection.uids())
    assert mail.raw.endswith(RAW)
    assert mail.internaldate is not None
    assert before <= mail.internaldate <= datetime.now(UTC) + timedelta(seconds=2)


async def test_a_mail_delivered_during_a_fetch_beside_another_client_is_not_missed(
    dovecot: DovecotServer, user: str
) -> None:
    """The server tells it once, in the answer to another command: five times of five it was lost by aioimaplib bare."""
    await asyncio.to_thread(dovecot.deliver, user, RAW)
    async with await inbox(dovecot, user) as connection, await inbox(dovecot, user) as other:
        seen = await connection.uids()
        for _ in range(5):
            await asyncio.to_thread(dovecot.deliver, user, RAW)
            await other.noop()
            await connection.fetch(seen[:1])
            assert await connection.idle_until(LONG)
            more = await connection.uids(after=seen[-1])
            assert len(more) == 1
            seen += more


async def test_a_wait_is_renewed_on_one_connection(dovecot: DovecotServer, user: str) -> None:
    async with await inbox(dovecot, user) as connection:
        for _ in range(10):
            assert not await connection.idle_until(0.01)
        await asyncio.to_thread(dovecot.deliver, user, RAW)
        assert await connection.idle_until(LONG)


@pytest.mark.parametrize(
    "name",
    ['a "quoted" name', "back\\slash", "Spät & früh", "台北 😀", "with (brackets) {5}", "a%b*c", "&AOQ-"],
)
async def test_a_folder_may_have_any_name(name: str, dovecot: DovecotServer, user: str) -> None:
    await asyncio.to_thread(dovecot.deliver, user, RAW)
    async with await inbox(dovecot, user) as connection:
        uids = await connection.uids()
        await connection.move(uids, name)
        assert await connection.uids() == []
        assert (await connection.select(name)).exists == 1
        await connection.create(name)
        await connection.append(RAW, name)
        assert len(await connection.uids()) == 2


async def test_a_folder_below_another_is_named_as_the_server_names_it(dovecot: DovecotServer, user: str) -> None:
    async with await inbox(dovecot, user) as connection:
        done = await connection.path("Vipdesk", "Done")
        await connection.create(done)
        assert (done, (await connection.select(done)).exists) == ("Vipdesk.Done", 0)


async def test_a_filed_mail_keeps_its_time_and_is_found_by_a_header(dovecot: DovecotServer, user: str) -> None:
    received = datetime(2026, 3, 4, 8, 59, 50, tzinfo=UTC)
    async with await inbox(dovecot, user) as connection:
        await connection.append(RAW, "Sent & gone", received=received, seen=True)
        await connection.select("Sent & gone")
        [uid] = await connection.search_header("Message-ID", "<one@example>")
        assert await connection.search_header("Message-ID", "<two@example>") == []
        assert await connection.search_header("Subject", "Grüße") == []
        [mail] = await connection.fetch([uid])
        assert (mail.internaldate, mail.raw) == (received, RAW)


async def test_mails_removed_between_search_and_fetch_are_just_not_there(dovecot: DovecotServer, user: str) -> None:
    for _ in range(3):
        await asyncio.to_thread(dovecot.deliver, user, RAW)
    async with await inbox(dovecot, user) as connection, await inbox(dovecot, user) as other:
        uids = await connection.uids()
        await other.move(uids[1:2], "Elsewhere")
        await connection.noop()
        assert [mail.uid for mail in await connection.fetch(uids)] == [uids[0], uids[2]]
        assert set(await connection.facts(uids)) == {uids[0], uids[2]}
        assert await connection.fetch_headers(uids[1]) is None


async def test_other_numbers_after_a_restore_are_told(dovecot: DovecotServer, user: str) -> None:
    await asyncio.to_thread(dovecot.deliver, user, RAW)
    async with await inbox(dovecot, user) as connection:
        before = await connection.select("INBOX")
    dovecot.forget_numbers(user)
    async with await Connection.open(box(dovecot, user)) as connection:
        after = await connection.select("INBOX")
    assert after.uidvalidity != before.uidvalidity
    assert (before.exists, after.exists) == (1, 1)


# Huge mails -----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def huge(dovecot: DovecotServer, user: str) -> bytes:
    """A mail of 25 MB in the INBOX."""
    raw = b"Subject: huge\r\n\r\n" + b"".join(
        (bytes([each]) * 60 + b"\r\n") * 20_000 for each in b"abcdefghijklmnopqrstu"
    )
    assert len(raw) > 25_000_000
    await asyncio.to_thread(dovecot.drop, user, raw)
    return raw


async def test_a_huge_mail_is_taken_in_parts_with_little_memory(
    dovecot: DovecotServer, user: str, huge: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "mail"
    async with await inbox(dovecot, user) as connection:
        facts = await connection.facts(await connection.uids())
        [batch] = batches({uid: told.size for uid, told in facts.items()})
        assert batch.how == "parts"
        tracemalloc.start()
        try:
            with path.open("wb") as file:
                mail = await connection.fetch_into(batch.uids[0], file)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert mail is not None and mail.internaldate is not None
    assert path.read_bytes() == huge
    assert peak < 8 * MIB


async def test_a_server_killed_in_mid_fetch_ends_it_and_the_next_one_is_whole(
    dovecot: DovecotServer, user: str, huge: bytes
) -> None:
    others = set(dovecot.engines())
    connection = await inbox(dovecot, user)
    [uid] = await connection.uids()

    def kill() -> None:
        for pid in set(dovecot.engines()) - others:
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(Lost):
        await connection.fetch_into(uid, Watched(3 * MIB, kill))  # type: ignore[arg-type]
    await connection.close()
    whole = Watched(0, lambda: None)
    async with await inbox(dovecot, user) as connection:
        assert await connection.fetch_into(uid, whole) is not None  # type: ignore[arg-type]
    assert whole.digest.digest() == hashlib.sha256(huge).digest()


async def test_what_is_removed_takes_nothing_along_that_others_marked(dovecot: DovecotServer, user: str) -> None:
    for _ in range(3):
        await asyncio.to_thread(dovecot.deliver, user, RAW)
    async with await inbox(dovecot, user) as anna:
        first, second, third = await anna.uids()
        await asyncio.to_thread(marked_as_deleted, dovecot, user, first)
        await anna.remove([third])
        await anna.remove([third])  # as after a crash
    async with await inbox(dovecot, user) as anna:
        assert await anna.uids() == [first, second]


def marked_as_deleted(server: DovecotServer, user: str, uid: int) -> None:
    """By another mail program, whose user has not decided yet."""
    with imaplib.IMAP4("127.0.0.1", server.imap_port) as program:
        program.login(user, SECRET)
        program.select()
        program.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")


# Faults on the way ----------------------------------------------------------------------------------------------------


async def test_a_link_cut_anywhere_ends_with_an_error_or_not_at_all(dovecot: DovecotServer, user: str) -> None:
    """From the greeting to the good-bye, at every so many bytes of what the server says."""
    for _ in range(3):
        await asyncio.to_thread(dovecot.deliver, user, RAW)

    async def session(port: int) -> None:
        limits = Limits(silence_s=5, idle_grace_s=5, connect_s=5)
        async with await inbox(dovecot, user, limits, port=port, security="plain") as connection:
            uids = await connection.uids()
            await connection.facts(uids)
            assert len(await connection.fetch(uids)) == 3
            await connection.mark_seen(uids)
            await connection.idle_until(0.001)

    async with FaultProxy(dovecot.imap_port) as proxy:
        cuts = 0
        for cut in range(0, 6000, 131):
            proxy.faults.down.cut_after_bytes = cut
            try:
                await session(proxy.port)
            except MailError:
                cuts += 1
            else:
                assert cut > 1500
                break
        assert cuts > 10


@pytest.mark.parametrize("way", ["down", "up", "both"])
async def test_a_connection_whose_packets_are_swallowed_is_found_at_the_renewal(
    way: str, dovecot: DovecotServer, user: str
) -> None:
    async with FaultProxy(dovecot.imaps_port) as proxy:
        connection = await inbox(dovecot, user, Limits(idle_grace_s=1.0), port=proxy.port)
        waiting = asyncio.create_task(connection.idle_until(0.2))
        await eventually(connection._protocol._idle_event.is_set)
        proxy.faults.down.swallow = way in ("down", "both")
        proxy.faults.up.swallow = way in ("up", "both")
        with pytest.raises(Lost):
            await waiting
        proxy.faults.down.swallow = proxy.faults.up.swallow = False
        await connection.close()
        async with await inbox(dovecot, user, port=proxy.port) as again:
            await again.noop()


async def test_a_fetch_whose_packets_are_swallowed_ends(dovecot: DovecotServer, user: str) -> None:
    await asyncio.to_thread(dovecot.deliver, user, RAW)
    async with FaultProxy(dovecot.imaps_port) as proxy:
        connection = await inbox(dovecot, user, Limits(silence_s=1.5), port=proxy.port)
        uids = await connection.uids()
        proxy.faults.down.swallow = True
        with pytest.raises(Lost, match="no answer"):
            await connection.fetch(uids)
        await connection.close()


async def test_a_frozen_server_is_found_at_the_renewal(dovecot: DovecotServer, user: str) -> None:
    others = set(dovecot.engines())
    connection = await inbox(dovecot, user, Limits(idle_grace_s=1.0), port=dovecot.imap_port, security="plain")
    waiting = asyncio.create_task(connection.idle_until(0.2))
    await eventually(connection._protocol._idle_event.is_set)
    with stopped(list(set(dovecot.engines()) - others)), pytest.raises(Lost):
        await waiting
    await connection.close()


@pytest.mark.usefixtures("dovecot")
async def test_a_killed_server_is_found_at_once_and_used_again_when_it_is_back() -> None:
    with dovecot_server() as server:  # one of its own
        user = server.mailbox()
        connection = await inbox(server, user)
        waiting = asyncio.create_task(connection.idle_until(LONG))
        await eventually(connection._protocol._idle_event.is_set)
        server.kill()
        with pytest.raises(Lost):
            await waiting
        await connection.close()
        with pytest.raises(MailError):
            await Connection.open(box(server, user))
        server.start()
        connection = await inbox(server, user)
        waiting = asyncio.create_task(connection.idle_until(LONG))
        await eventually(connection._protocol._idle_event.is_set)
        await asyncio.to_thread(server.stop)
        with pytest.raises(Lost) as caught:
            await waiting
        assert caught.value.words == "Server shutting down."
        await connection.close()


# Who we are -----------------------------------------------------------------------------------------------------------


async def test_starttls_and_tls_hold_what_they_promise(dovecot: DovecotServer, user: str, tmp_path: Path) -> None:
    stranger = Authority(tmp_path).ca_file
    for security, port in (("tls", dovecot.imaps_port), ("starttls", dovecot.imap_port)):
        async with await inbox(dovecot, user, security=security, port=port) as connection:
            await connection.noop()
        for wrong in ({"ca_file": stranger}, {"host": "localhost"}):
            with pytest.raises(Untrusted) as caught:
                await Connection.open(box(dovecot, user, security=security, port=port, **wrong))
            assert caught.value.step == "tls"


async def test_a_changed_password_is_refused_and_then_taken(dovecot: DovecotServer, user: str) -> None:
    dovecot.password(user, 'new "one" \\')
    with pytest.raises(LoginRefused) as caught:
        await inbox(dovecot, user)
    assert (caught.value.step, caught.value.after_s) == ("login", 300)
    assert "AUTHENTICATIONFAILED" in caught.value.words
    async with await inbox(dovecot, user, auth=Password('new "one" \\')) as connection:
        await connection.noop()


async def test_too_many_connections_are_not_a_wrong_password(whole_dovecot: DovecotServer, user: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        with pytest.raises(Refused) as caught:
            for _ in range(11):
                await stack.enter_async_context(await Connection.open(box(whole_dovecot, user)))
    assert (caught.value.code, caught.value.retry, caught.value.after_s) == ("LIMIT", True, None)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_a_token_from_a_token_server_opens_the_mailbox(
    mechanism: Mechanism, whole_dovecot: DovecotServer, user: str
) -> None:
    async with TokenServer(user, whole_dovecot.tokens_port) as server, httpx2.AsyncClient(trust_env=False) as http:
        source = TokenSource(server.url, RefreshToken(CLIENT, REFRESH, CLIENT_SECRET), http)
        auth = OAuth(mechanism, source)
        async with await inbox(whole_dovecot, user, auth=auth) as connection:
            await connection.noop()
        server.valid.clear()  # withdrawn before its time: a new one is asked for
        async with await inbox(whole_dovecot, user, auth=auth) as connection:
            await connection.noop()
        assert len(server.asked) == 2


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_a_token_of_somebody_else_is_refused_with_the_servers_reason(
    mechanism: Mechanism, whole_dovecot: DovecotServer, user: str
) -> None:
    async with TokenServer("somebody-else", whole_dovecot.tokens_port) as server, httpx2.AsyncClient() as http:
        source = TokenSource(server.url, RefreshToken(CLIENT, REFRESH, CLIENT_SECRET), http)
        with pytest.raises(LoginRefused) as caught:
            await inbox(whole_dovecot, user, auth=OAuth(mechanism, source))
    assert '"status":"' in caught.value.words.replace(" ", "")
    assert not any(token in str(caught.value) for token in server.valid)


async def test_an_address_with_an_extension_reaches_the_same_mailbox(whole_dovecot: DovecotServer, user: str) -> None:
    await asyncio.to_thread(whole_dovecot.deliver, user, RAW, plus="c.12-abc")
    async with await inbox(whole_dovecot, user) as connection:
        [mail] = await connection.fetch(await connection.uids())
    assert f"{user}+c.12-abc@example.org".encode() in mail.raw


# Where only the engine can run ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("dovecot")
async def test_the_engine_behind_its_front_is_the_same_server() -> None:
    with dovecot_server(whole=False) as server:
        user = server.mailbox()
        async with await inbox(server, user, security="starttls", port=server.imap_port) as connection:
            waiting = asyncio.create_task(connection.idle_until(LONG))
            await asyncio.to_thread(server.deliver, user, RAW)
            assert await waiting
            [mail] = await connection.fetch(await connection.uids())
            assert mail.raw == RAW
            await eventually(lambda: len(server.engines()) == 1)
        with pytest.raises(LoginRefused):
            await inbox(server, user, auth=Password("wrong"))


async def test_mails_since_a_day_and_what_they_are_called_are_found(dovecot: DovecotServer, user: str) -> None:
    async with await inbox(dovecot, user) as connection:
        await connection.append(
            b"Message-ID:\r\n <folded@example>\r\n\r\n", "INBOX", received=datetime(2026, 3, 4, tzinfo=UTC)
        )
        await connection.append(b"Subject: none\r\n\r\nx\r\n", "INBOX", received=datetime(2026, 3, 20, tzinfo=UTC))
        await connection.append(RAW, "INBOX", received=datetime(2026, 3, 21, tzinfo=UTC))
        old, bare, named = await connection.uids()
        assert await connection.uids_since(datetime(2026, 3, 10, tzinfo=UTC)) == [bare, named]
        assert await connection.uids_since(datetime(2026, 3, 1, tzinfo=UTC)) == [old, bare, named]
        assert await connection.message_id_fields([old, bare, named, named + 1]) == {
            old: "<folded@example>", bare: "", named: "<one@example>",
        }  # fmt: skip
