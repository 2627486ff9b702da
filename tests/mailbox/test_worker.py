"""Mail is read in a process of its own: what is made to cost ends there, and the next is read as if nothing was."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Ours, Parsed
from mailbox.worker import AHEAD, Unreadable, Worker
from tests.mailbox.parsing.making import HEAD
from tests.mailbox.parsing.test_bombs import BOMBS

PLAIN = HEAD + b"Subject: Printers\r\n\r\nHello.\r\n"
BIG = (
    HEAD
    + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pdf; name=x.pdf\r\n"
    + b"Content-Transfer-Encoding: base64\r\n\r\n"
    + (b"JVBERi0xLjQg" * 6 + b"\r\n") * 600_000
    + b"--b--\r\n"
)


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    async with Worker() as one:
        yield one


def pid(worker: Worker) -> int:
    assert worker._process is not None
    return worker._process.pid


async def test_what_the_process_reads_is_what_is_read_here(worker: Worker, tmp_path: Path) -> None:
    raw, sent = PLAIN + b"\r\nplease restart the print server now\r\n", ("Please restart the print server now.",)
    (tmp_path / "a.eml").write_bytes(raw)
    expected = parse(raw, Ours(), sent)
    assert expected.quote
    assert await worker.parse(raw, sent=sent) == expected
    assert await worker.parse(tmp_path / "a.eml", sent=sent) == expected


async def test_every_mail_is_read_by_one_process_and_none_knows_of_another(worker: Worker) -> None:
    alone = [parse(PLAIN + str(number).encode(), Ours(), ()) for number in range(20)]
    together = await asyncio.gather(*(worker.parse(PLAIN + str(number).encode()) for number in range(20)))
    assert together == alone
    first = pid(worker)
    assert await worker.parse(PLAIN, sent=("Hello, do you hear me well?",)) == await worker.parse(PLAIN)
    assert pid(worker) == first


async def test_forty_megabytes_are_read_and_the_memory_is_given_back(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "big.eml").write_bytes(BIG)
    found = await worker.parse(tmp_path / "big.eml")
    assert [(one.name, one.type, one.size) for one in found.attachments] == [("x.pdf", "application/pdf", 32_400_000)]
    assert worker._process is None


@pytest.mark.parametrize("name", BOMBS)
async def test_no_bomb_needs_the_limits(worker: Worker, name: str) -> None:
    found = await worker.parse(BOMBS[name][0])
    assert found.message_id == "<1@brightwater.example>"


async def test_a_mail_that_takes_too_long_is_unreadable_and_the_next_is_read() -> None:
    async with Worker(cpu_seconds=0.3) as worker:
        await worker.parse(PLAIN)
        with pytest.raises(Unreadable, match="processor time"):
            await worker.parse(HEAD + b"Content-Type: text/html\r\n\r\n" + b"&amp" * 250_000)
        assert (await worker.parse(PLAIN)).subject == "Printers"


async def test_a_mail_that_needs_too_much_memory_is_unreadable_and_the_next_is_read(tmp_path: Path) -> None:
    (tmp_path / "big.eml").write_bytes(BIG)
    async with Worker(memory_bytes=128 * 1024 * 1024) as worker:
        with pytest.raises(Unreadable, match="memory"):
            await worker.parse(tmp_path / "big.eml")
        assert (await worker.parse(PLAIN)).subject == "Printers"
        assert (await worker.parse_head(tmp_path / "big.eml")).message_id == "<1@brightwater.example>"


async def test_a_process_that_was_killed_is_begun_anew_for_the_same_mail(worker: Worker) -> None:
    await worker.parse(PLAIN)
    killed = pid(worker)
    os.kill(killed, signal.SIGKILL)
    assert (await worker.parse(PLAIN)).subject == "Printers"
    assert pid(worker) != killed


async def test_a_mail_that_kills_two_processes_is_unreadable(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    started = worker._started

    async def dying() -> asyncio.subprocess.Process:
        process = await started()
        begun.append(process.pid)
        process.send_signal(signal.SIGSEGV)
        return process

    monkeypatch.setattr(worker, "_started", dying)
    with pytest.raises(Unreadable, match="crashed"):
        await worker.parse(PLAIN)
    assert len(set(begun)) == 2
    monkeypatch.undo()
    assert (await worker.parse(PLAIN)).subject == "Printers"


async def test_a_process_that_stands_still_is_given_up() -> None:
    async with Worker(cpu_seconds=0.1) as worker:
        await worker.parse(PLAIN)
        os.kill(pid(worker), signal.SIGSTOP)
        with pytest.raises(Unreadable, match="no answer"):
            await worker.parse(PLAIN)
        assert (await worker.parse(PLAIN)).subject == "Printers"


async def test_who_stops_waiting_leaves_no_answer_for_the_next(worker: Worker) -> None:
    await worker.parse(PLAIN)
    os.kill(pid(worker), signal.SIGSTOP)
    waiting = asyncio.ensure_future(worker.parse(HEAD + b"Subject: Gone\r\n\r\n"))
    while not worker._waiting:
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    os.kill(pid(worker), signal.SIGCONT)
    assert (await worker.parse(PLAIN)).subject == "Printers"


async def test_what_nobody_waits_for_any_more_is_not_read(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    await worker.parse(PLAIN)
    heard, read = Worker._heard, [0]

    async def counted(self: Any, process: Any, more: bytes) -> Any:
        read[0] += 1
        return await heard(self, process, more)

    monkeypatch.setattr(Worker, "_heard", counted)
    asked = [asyncio.create_task(worker.parse(PLAIN)) for _ in range(100)]
    while not read[0]:
        await asyncio.sleep(0)
    for each in asked:
        each.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    await worker.parse(PLAIN)
    assert read[0] <= AHEAD + 1


async def test_of_mails_that_were_given_together_only_the_one_at_fault_is_unreadable() -> None:
    bad = HEAD + b"Content-Type: text/html\r\n\r\n" + b"&amp" * 250_000
    good = [PLAIN.replace(b"Printers", b"Printers %d" % number) for number in range(9)]
    async with Worker(cpu_seconds=0.3) as worker:
        found = await asyncio.gather(
            *(worker.parse(raw) for raw in (*good[:3], bad, *good[3:6], bad, *good[6:])), return_exceptions=True
        )
    said = [each.subject if isinstance(each, Parsed) else str(each) for each in found]
    late = "took more than 0.3 s of processor time"
    named = [f"Printers {number}" for number in range(9)]
    assert said == [*named[:3], late, *named[3:6], late, *named[6:]]


async def test_mails_that_wait_behind_a_large_one_are_read_by_the_next_process(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "big.eml").write_bytes(BIG)
    first, *others = await asyncio.gather(worker.parse(tmp_path / "big.eml"), *(worker.parse(PLAIN) for _ in range(6)))
    assert [len(first.attachments), *(each.subject for each in others)] == [1, *["Printers"] * 6]


async def test_closed_while_somebody_waits_it_ends_and_so_do_they() -> None:
    worker = Worker()
    await worker.parse(PLAIN)
    os.kill(pid(worker), signal.SIGSTOP)
    waiting = [asyncio.ensure_future(worker.parse(PLAIN)) for _ in range(6)]
    while len(worker._waiting) < 6:
        await asyncio.sleep(0)
    await worker.close()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in told] == [asyncio.CancelledError] * 6


async def test_the_end_of_the_desk_does_not_reach_into_a_mail(worker: Worker) -> None:
    await worker.parse(PLAIN)
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        os.kill(pid(worker), signal_)
    before = pid(worker)
    assert (await worker.parse(PLAIN)).subject == "Printers"
    assert pid(worker) == before


async def test_closed_it_leaves_no_process() -> None:
    worker = Worker()
    await worker.parse(PLAIN)
    process = worker._process
    await worker.close()
    assert process is not None
    assert process.returncode == 0
    await worker.close()


async def test_the_process_knows_no_secret(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIPDESK_SECRET_KEYS", "k1:secret")
    await worker.parse(PLAIN)
    environment = Path(f"/proc/{pid(worker)}/environ")
    if not environment.exists():
        pytest.skip("no /proc here")
    assert b"secret" not in environment.read_bytes()


async def test_a_file_that_is_not_there_is_no_fault_of_a_mail(worker: Worker, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await worker.parse(tmp_path / "none.eml")


async def test_more_than_fifty_megabytes_are_refused_and_the_head_is_read(worker: Worker, tmp_path: Path) -> None:
    file = tmp_path / "huge.eml"
    file.write_bytes(PLAIN)
    os.truncate(file, 51 * 1024 * 1024)
    with pytest.raises(Unreadable, match="50 MB"):
        await worker.parse(file)
    assert (await worker.parse_head(file)).subject == "Printers"
