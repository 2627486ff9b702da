"""Servers that lie, stall, flood and die: the connection ends with a reason, or goes on as if nothing had been."""

from __future__ import annotations

import asyncio
import io
import logging
from typing import Any

import pytest

from mailbox.errors import Lost, MailError
from mailbox.imap.command import Limits
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from mailbox.imap.errors import Refused, Strange
from tests.mailbox.imap.conftest import Into, at
from tests.support.eventually import eventually
from tests.support.imap_script import SELECTED, Reply, ScriptedImap, Session, mail, pushing, silence

BRIEF = Limits(silence_s=0.5, idle_grace_s=0.5, connect_s=1.0)
LONG = 30.0
"""No test waits so long: what should end earlier does, or the test is cut off."""


# Row 1: pushes are not lost -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["UID FETCH", "UID SEARCH", "UID STORE", "NOOP"])
async def test_a_mail_told_during_another_command_wakes_the_next_wait(command: str, into: Into) -> None:
    async with ScriptedImap({command: b"* 4 EXISTS\r\nTAG OK done\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        calls: dict[str, Any] = {
            "UID FETCH": lambda: connection.fetch([1]),
            "UID SEARCH": connection.uids,
            "UID STORE": lambda: connection.mark_seen([1]),
            "NOOP": connection.noop,
        }
        await calls[command]()
        assert await connection.idle_until(LONG)
        assert "IDLE" not in server.heard


async def test_a_count_that_is_only_repeated_wakes_nobody(into: Into) -> None:
    """Else a server that repeats it after every command would be asked without pause."""
    async with ScriptedImap({"UID SEARCH": b"* 3 EXISTS\r\n* SEARCH 1\r\nTAG OK done\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        await connection.uids()
        assert not await connection.idle_until(0.01)


async def test_a_count_is_news_again_after_something_was_removed(into: Into) -> None:
    async with ScriptedImap({"UID MOVE": b"* 2 EXPUNGE\r\n* 3 EXISTS\r\nTAG OK done\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        await connection.move([2], "Done")
        assert await connection.idle_until(LONG)


async def test_a_count_told_with_nothing_asked_wakes(into: Into) -> None:
    async with ScriptedImap() as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        await server.sessions[0].say(b"* 4 EXISTS\r\n")
        assert await connection.idle_until(LONG)


@pytest.mark.parametrize(
    "push", [b"* 4 EXISTS", b"* 1 RECENT", b"* 1 EXPUNGE", b"* 2 FETCH (FLAGS (\\Seen))", b"* OK hm"]
)
async def test_any_push_in_idle_wakes(push: bytes, into: Into) -> None:
    async with ScriptedImap({"IDLE": pushing(push + b"\r\n")}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert await connection.idle_until(LONG)


async def test_a_count_before_the_server_says_it_idles_counts(into: Into) -> None:
    async def push(session: Session, tag: str, arguments: str) -> bytes:
        await session.say(b"* 4 EXISTS\r\n")
        await session.say(b"+ idling\r\n")
        assert await session.line() == "DONE"
        return b"TAG OK idled\r\n"

    async with ScriptedImap({"IDLE": push}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert await connection.idle_until(LONG)


async def test_idle_without_a_push_ends_in_time_and_can_be_renewed(into: Into) -> None:
    async with ScriptedImap() as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert [await connection.idle_until(0.01) for _ in range(3)] == [False] * 3
        assert server.heard.count("IDLE") == 3


async def test_three_thousand_expunges_in_idle_are_taken(into: Into) -> None:
    async with ScriptedImap({"IDLE": pushing(b"* 1 EXPUNGE\r\n" * 3000)}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert await connection.idle_until(LONG)
        await connection.noop()


@pytest.mark.parametrize("refusal", [b"TAG NO not today\r\n", b"TAG BAD what\r\n", b"+ idling\r\nTAG OK enough\r\n"])
async def test_a_server_that_will_not_idle_is_asked_now_and_then(refusal: bytes, into: Into) -> None:
    asked = 0

    async def third_time(session: Session, tag: str, arguments: str) -> bytes:
        nonlocal asked
        asked += 1
        return b"TAG OK no\r\n" if asked < 3 else b"* 4 EXISTS\r\nTAG OK\r\n"

    async with ScriptedImap({"IDLE": refusal, "NOOP": third_time}) as server:
        connection = await into(server.port, Limits(noop_s=0.01))
        await connection.select("INBOX")
        await connection.idle_until(LONG)
        await connection.idle_until(LONG)
        assert (server.heard.count("IDLE"), asked) == (1, 3)


# Row 2 and 12: long and mixed answers ---------------------------------------------------------------------------------


async def test_an_answer_of_three_thousand_lines_is_read(into: Into) -> None:
    lines = b"".join(b"* %d FETCH (UID %d RFC822.SIZE 7)\r\n" % (n, n) for n in range(1, 3001))
    async with ScriptedImap({"UID FETCH": lines + b"TAG OK done\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert len(await connection.facts(range(1, 3001))) == 3000
        assert server.heard[-1] == "UID FETCH 1:3000 (UID RFC822.SIZE INTERNALDATE)"


async def test_other_peoples_flags_are_not_taken_for_mails(into: Into) -> None:
    said = (
        b"* 9 FETCH (FLAGS (\\Seen) UID 9)\r\n"
        + mail(1, 1, b"one (")
        + b'* 1 FETCH (UID 1 FLAGS (\\Seen "(("))\r\n'
        + mail(7, 7, b"never asked for")
        + mail(2, 2, b"")
        + b"* 3 EXISTS\r\nTAG OK done\r\n"
    )
    async with ScriptedImap({"UID FETCH": said}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert [(each.uid, each.raw) for each in await connection.fetch([1, 2, 9])] == [(1, b"one ("), (2, b"")]


async def test_a_mail_that_says_nil_is_not_an_empty_mail(into: Into) -> None:
    async with ScriptedImap({"UID FETCH": b"* 1 FETCH (UID 1 BODY[] NIL)\r\nTAG OK done\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert await connection.fetch([1]) == []
        assert await connection.fetch_into(1, io.BytesIO()) is None


@pytest.mark.parametrize("most", [1024 * 1024, 300_000])
async def test_neither_flags_nor_short_parts_end_a_mail(most: int, into: Into) -> None:
    big = bytes(range(256)) * 4096 * 2  # two whole parts

    async def part(session: Session, tag: str, arguments: str) -> bytes:
        begin, count = (int(n) for n in arguments.split("<")[1].split(">")[0].split("."))
        body = big[begin : begin + min(count, most)]
        flags = b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n"
        return flags + b"* 1 FETCH (UID 1 BODY[]<%d> {%d}\r\n" % (begin, len(body)) + body + b")\r\nTAG OK\r\n"

    file = io.BytesIO()
    async with ScriptedImap({"UID FETCH": part}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert await connection.fetch_into(1, file) is not None
    assert file.getvalue() == big


async def test_a_server_that_knows_no_parts_gives_all_at_once(into: Into) -> None:
    file = io.BytesIO()
    async with ScriptedImap({"UID FETCH": mail(1, 1, b"whole") + b"TAG OK\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert await connection.fetch_into(1, file) is not None
    assert file.getvalue() == b"whole"


async def test_a_mail_that_goes_between_two_parts_is_gone(into: Into) -> None:
    async def part(session: Session, tag: str, arguments: str) -> bytes:
        full = b"x" * 1024 * 1024
        first = b"* 1 FETCH (UID 1 BODY[]<0> {%d}\r\n" % len(full) + full + b")\r\n"
        return (first if "<0." in arguments else b"") + b"TAG OK\r\n"

    async with ScriptedImap({"UID FETCH": part}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert await connection.fetch_into(1, io.BytesIO()) is None


async def test_the_wrong_part_of_a_mail_is_not_taken(into: Into) -> None:
    async with ScriptedImap({"UID FETCH": b"* 1 FETCH (UID 1 BODY[]<5> {1}\r\nx)\r\nTAG OK\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        with pytest.raises(Strange):
            await connection.fetch_into(1, io.BytesIO())


# Rows 3, 4 and 6: the dead and the silent -----------------------------------------------------------------------------


def calls(connection: Connection) -> dict[str, Any]:
    """Everything that waits for an answer, by the command it sends."""
    return {
        "SELECT": lambda: connection.select("INBOX"),
        "UID SEARCH": connection.uids,
        "UID FETCH": lambda: connection.fetch([1]),
        "UID STORE": lambda: connection.mark_seen([1]),
        "UID MOVE": lambda: connection.move([1], "Done"),
        "APPEND": lambda: connection.append(b"x", "Done"),
        "CREATE": lambda: connection.create("Done"),
        "NOOP": connection.noop,
        "IDLE": lambda: connection.idle_until(LONG),
    }


WAITING = ["SELECT", "UID SEARCH", "UID FETCH", "UID STORE", "UID MOVE", "APPEND", "CREATE", "NOOP", "IDLE"]


@pytest.mark.parametrize("command", WAITING)
async def test_a_server_that_dies_ends_every_wait(command: str, into: Into) -> None:
    async def die(session: Session, tag: str, arguments: str) -> bytes:
        await session.say(b"* BYE [UNAVAILABLE] going down\r\n")
        session.writer.close()
        return b""

    replies: dict[str, Any] = {"APPEND": b"TAG OK\r\n"}
    async with ScriptedImap(replies) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        server.replies[command] = die
        with pytest.raises(Lost) as caught:
            await calls(connection)[command]()
        assert caught.value.words == "[UNAVAILABLE] going down"
        assert connection.lost
        with pytest.raises(Lost):
            await calls(connection)[command]()


@pytest.mark.parametrize("command", WAITING)
async def test_a_server_that_falls_silent_is_given_up(command: str, into: Into) -> None:
    async with ScriptedImap() as server:
        connection = await into(server.port, BRIEF)
        await connection.select("INBOX")
        server.replies[command] = silence
        with pytest.raises(Lost) as caught:
            await calls(connection)[command]()
        assert "no answer for 0.5 s" in caught.value.words
        assert connection.lost


async def test_a_server_that_freezes_in_idle_is_found_at_the_renewal(into: Into) -> None:
    async def freeze(session: Session, tag: str, arguments: str) -> bytes:
        await session.say(b"+ idling\r\n")
        return await silence(session, tag, arguments)

    async with ScriptedImap({"IDLE": freeze}) as server:
        connection = await into(server.port, BRIEF)
        await connection.select("INBOX")
        with pytest.raises(Lost):
            await connection.idle_until(0.01)


async def test_a_server_that_only_trickles_is_given_up(into: Into) -> None:
    async def trickle(session: Session, tag: str, arguments: str) -> bytes:
        while True:
            await session.say(b"* OK wait\r\n")
            await asyncio.sleep(0.02)

    async with ScriptedImap({"NOOP": trickle}) as server:
        connection = await into(server.port, Limits(silence_s=1.0, command_s=1.5))
        with pytest.raises(Lost):
            await connection.noop()


async def test_a_slow_answer_is_waited_for_as_long_as_it_comes(into: Into) -> None:
    async def slowly(session: Session, tag: str, arguments: str) -> bytes:
        for byte in mail(1, 1, b"slow"):
            await session.say(bytes([byte]))
            await asyncio.sleep(0.03)
        return b"TAG OK\r\n"

    async with ScriptedImap({"UID FETCH": slowly}) as server:
        connection = await into(server.port, Limits(silence_s=1.5))
        await connection.select("INBOX")
        assert [each.raw for each in await connection.fetch([1])] == [b"slow"]


async def test_what_takes_long_to_send_is_waited_for(into: Into) -> None:
    async def slowly(session: Session, tag: str, arguments: str) -> bytes:
        await asyncio.sleep(1.5)
        return b"TAG OK filed\r\n"

    async with ScriptedImap({"APPEND": slowly}) as server:
        connection = await into(server.port, Limits(silence_s=1.0, slowest_bytes_s=10_000))
        await connection.append(b"x" * 50_000, "Sent")
        assert not connection.lost


async def test_a_refused_folder_leaves_none_entered(into: Into) -> None:
    async with ScriptedImap() as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        server.replies["SELECT"] = b"TAG NO none\r\n"
        with pytest.raises(Refused):
            await connection.select("Nowhere")
        with pytest.raises(RuntimeError, match="SEARCH in state AUTH"):
            await connection.uids()


@pytest.mark.parametrize("command", ["UID FETCH", "IDLE"])
async def test_a_cancelled_call_ends_the_connection(command: str, into: Into) -> None:
    async with ScriptedImap({"UID FETCH": silence}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        task = asyncio.create_task(calls(connection)[command]())
        await eventually(lambda: any(line.startswith(command) for line in server.heard))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(Lost):
            await connection.noop()


async def test_an_answer_cut_at_any_byte_ends_the_call(into: Into) -> None:
    whole = mail(1, 1, b"cut") + b"TAG OK"
    for cut in range(len(whole)):

        async def part(session: Session, tag: str, arguments: str, cut: int = cut) -> bytes:
            await session.say(whole[:cut])
            session.writer.close()
            return b""

        async with ScriptedImap({"UID FETCH": part}) as server:
            connection = await into(server.port)
            await connection.select("INBOX")
            with pytest.raises(Lost):
                await connection.fetch([1])


# What is no IMAP ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        b"X9 OK somebody else's answer\r\n",
        b"TAG MAYBE\r\n",
        b"\xff\xfe\r\n",
        b"+ what\r\n",
        b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\n",
    ],
)
async def test_what_nobody_asked_for_ends_the_connection(said: bytes, into: Into) -> None:
    async with ScriptedImap({"UID FETCH": said}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        with pytest.raises(Strange):
            await connection.fetch([1])
        assert connection.lost


async def test_an_answer_without_end_is_given_up(into: Into) -> None:
    async def endless(session: Session, tag: str, arguments: str) -> bytes:
        while True:
            await session.say(b"* 1 FETCH (FLAGS ())\r\n" * 1000)

    async with ScriptedImap({"UID FETCH": endless}) as server:
        connection = await into(server.port, Limits(longest_answer=1_000_000))
        await connection.select("INBOX")
        with pytest.raises(Strange):
            await connection.fetch([1])


async def test_a_late_answer_after_a_silence_reaches_nobody(into: Into) -> None:
    async def late(session: Session, tag: str, arguments: str) -> bytes:
        await asyncio.sleep(1.0)
        return b"* SEARCH 9\r\nTAG OK late\r\n"

    async with ScriptedImap({"UID SEARCH": late}) as server:
        connection = await into(server.port, Limits(silence_s=0.5))
        await connection.select("INBOX")
        with pytest.raises(Lost):
            await connection.uids()
        with pytest.raises(Lost):
            await connection.noop()


@pytest.mark.parametrize("verdict", ["NO", "BAD"])
@pytest.mark.parametrize("command", [each for each in WAITING if each != "IDLE"])
async def test_a_refusal_names_its_step_and_leaves_the_connection(verdict: str, command: str, into: Into) -> None:
    async with ScriptedImap({"LIST": b"TAG OK\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        server.replies[command] = b"TAG %s [LIMIT] not now\r\n" % verdict.encode()
        with pytest.raises(Refused) as caught:
            await calls(connection)[command]()
        assert (caught.value.words, caught.value.code) == ("[LIMIT] not now", "LIMIT")
        server.replies["NOOP"] = b"TAG OK\r\n"
        await connection.noop()


async def test_a_throttling_server_says_how_long(into: Into) -> None:
    words = b"TAG BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds\r\n"
    async with ScriptedImap({"UID SEARCH": words}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        with pytest.raises(Refused) as caught:
            await connection.uids()
    assert (caught.value.after_s, caught.value.retry) == (92.415, True)


async def test_a_folder_without_uidvalidity_is_no_folder_to_remember(into: Into) -> None:
    async with ScriptedImap({"SELECT": b"* 3 EXISTS\r\nTAG OK\r\n"}) as server:
        connection = await into(server.port)
        with pytest.raises(Strange):
            await connection.select("INBOX")


async def test_a_read_only_folder_is_told(into: Into) -> None:
    async with ScriptedImap({"SELECT": SELECTED.replace(b"READ-WRITE", b"READ-ONLY")}) as server:
        selected = await (await into(server.port)).select("INBOX")
    assert (selected.read_only, selected.uidvalidity, selected.uidnext, selected.exists) == (True, 7, 4, 3)


# Rows 11, 13 and 14 ---------------------------------------------------------------------------------------------------


async def test_a_search_names_a_charset_only_when_it_needs_one(into: Into) -> None:
    async with ScriptedImap({"UID SEARCH": b"* SEARCH 2 1\r\nTAG OK\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert await connection.search_header("Message-ID", '<"a"@b>') == [1, 2]
        assert await connection.search_header("Subject", "Grüße") == [1, 2]
    assert server.heard[-2:] == [
        'UID SEARCH HEADER "Message-ID" "<\\"a\\"@b>"',
        'UID SEARCH CHARSET UTF-8 HEADER "Subject" {7}\r\nGrüße',
    ]


async def test_an_old_server_gives_the_last_mail_for_any_number(into: Into) -> None:
    async with ScriptedImap({"UID SEARCH": b"* SEARCH 7\r\nTAG OK\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        assert await connection.uids(after=7) == []


async def test_neither_secrets_nor_mails_are_logged(into: Into, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with ScriptedImap({"UID FETCH": mail(1, 1, b"private words") + b"TAG OK\r\n"}) as server:
        connection = await into(server.port, auth=Password("s3cret"))
        await connection.select("INBOX")
        await connection.fetch([1])
    assert "s3cret" not in caplog.text
    assert "private words" not in caplog.text
    assert "s3cret" not in repr(at(1, auth=Password("s3cret")))


async def test_a_second_task_on_a_connection_is_a_mistake_and_harms_nobody(into: Into) -> None:
    go = asyncio.Event()

    async def waiting(session: Session, tag: str, arguments: str) -> bytes:
        await go.wait()
        return b"* SEARCH 1\r\nTAG OK\r\n"

    async with ScriptedImap({"UID SEARCH": waiting}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        first = asyncio.create_task(connection.uids())
        await eventually(lambda: server.heard[-1].startswith("UID SEARCH"))
        with pytest.raises(RuntimeError, match="two tasks"):
            await connection.noop()
        go.set()
        assert await first == [1]


@pytest.mark.parametrize("name", ["a\r\nA1 LOGOUT", "a\0b"])
async def test_a_name_cannot_smuggle_a_command(name: str, into: Into) -> None:
    async with ScriptedImap({"UID SEARCH": b"TAG OK\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        with pytest.raises(ValueError, match="not allowed"):
            await connection.search_header("Message-ID", name)
        await connection.noop()


async def test_without_move_mails_are_copied_and_only_ours_removed(into: Into) -> None:
    replies = {"UID COPY": b"TAG OK\r\n", "UID STORE": b"TAG OK\r\n", "UID EXPUNGE": b"TAG OK\r\n"}
    for able, expected in [
        (b"IMAP4rev1 UIDPLUS", ["UID COPY 1:2 &-", "UID STORE 1:2 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 1:2"]),
        (b"IMAP4rev1", ["UID COPY 1:2 &-", "UID STORE 1:2 +FLAGS.SILENT (\\Deleted)"]),
    ]:
        async with ScriptedImap(replies, able=able) as server:
            connection = await into(server.port)
            await connection.select("INBOX")
            await connection.move([2, 1], "&")
        assert [line.replace('"', "") for line in server.heard[4:]] == expected


@pytest.mark.parametrize(
    ("able", "replies", "expected"),
    [
        (b"UIDPLUS", {}, ["UID STORE 1:2 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 1:2"]),
        (b"", {}, ["UID STORE 1:2 +FLAGS.SILENT (\\Seen)"]),
        (
            b"UIDPLUS",
            {"UID EXPUNGE": b"TAG NO [NOPERM] not here\r\n"},
            ["UID STORE 1:2 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 1:2", "UID STORE 1:2 +FLAGS.SILENT (\\Seen)"],
        ),
    ],
)
async def test_only_ours_are_removed_or_they_stay_as_seen(
    able: bytes, replies: dict[str, Reply], expected: list[str], into: Into
) -> None:
    fine: dict[str, Reply] = {"UID STORE": b"TAG OK\r\n", "UID EXPUNGE": b"TAG OK\r\n"}
    async with ScriptedImap(fine | replies, able=b"IMAP4rev1 " + able) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        await connection.remove([2, 1])
        await connection.noop()
    assert server.heard[4:-1] == expected


async def test_a_missing_folder_is_made_for_what_is_moved(into: Into) -> None:
    moved = 0

    async def missing_once(session: Session, tag: str, arguments: str) -> bytes:
        nonlocal moved
        moved += 1
        return b"TAG NO [TRYCREATE] no such\r\n" if moved == 1 else b"TAG OK moved\r\n"

    async with ScriptedImap({"UID MOVE": missing_once, "CREATE": b"TAG OK\r\n"}) as server:
        connection = await into(server.port)
        await connection.select("INBOX")
        await connection.move([1], 'a"\\b')
    assert server.heard[4:] == [f'{verb} "a\\"\\\\b"' for verb in ("UID MOVE 1", "CREATE", "UID MOVE 1")]


@pytest.mark.parametrize(
    ("listed", "namespace", "path"),
    [
        (b'* LIST (\\Noselect) "/" ""', b'* NAMESPACE (("" "/")) NIL NIL', "Vipdesk/Done"),
        (b'* LIST (\\Noselect) "." ""', b'* NAMESPACE (("INBOX." ".")) NIL NIL', "INBOX.Vipdesk.Done"),
        (b'* LIST (\\Noselect) NIL ""', b"* NAMESPACE NIL NIL NIL", "Vipdesk-Done"),
        (b"* OK odd", b"* OK odd", "Vipdesk/Done"),
    ],
)
async def test_a_path_is_written_as_the_server_writes_it(
    listed: bytes, namespace: bytes, path: str, into: Into
) -> None:
    replies = {"LIST": listed + b"\r\nTAG OK\r\n", "NAMESPACE": namespace + b"\r\nTAG OK\r\n"}
    async with ScriptedImap(replies) as server:
        assert await (await into(server.port)).path("Vipdesk", "Done") == path


async def test_errors_are_one_family_and_say_their_step(into: Into) -> None:
    async with ScriptedImap({"SELECT": b"TAG NO no\x07 such\r\n"}) as server:
        connection = await into(server.port)
        with pytest.raises(MailError, match="select: no  such"):
            await connection.select("Nowhere")
