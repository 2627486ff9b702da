"""Files are held until a real virus scanner looked at them; what it finds something in is handed to nobody."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.clamd import Clamd, ScannerAway, Unscannable
from tests.server.test_files import BRIGHTWATER, address, ask, sent, upload
from tests.support import scanner
from tests.support.asking import agent, contact, vouched
from tests.support.eventually import eventually
from tests.support.running import RunningDesk
from tests.support.scanner import EICAR
from tests.support.services import NotToBeHad, missing


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """With a path so short that a socket fits in it."""
    made = Path(tempfile.mkdtemp(prefix="scan"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def desk(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Its scanner is not there yet."""
    env = {"VIPDESK_CLOCK": "2026-03-04T09:00:00Z", "VIPDESK_CLAMD": str(folder / "clamd" / "clamd.sock")}
    with RunningDesk(tmp_path_factory.mktemp("desk") / "data", env) as running:
        yield running


@pytest.fixture
def priya(desk: RunningDesk) -> Iterator[httpx2.Client]:
    with contact(desk, BRIGHTWATER, jwt=vouched(desk, "priya")) as client:
        yield client


@pytest.fixture
def anna(desk: RunningDesk) -> Iterator[httpx2.Client]:
    with agent(desk, "anna") as client:
        yield client


def events(anna: httpx2.Client, ticket: str, file: str) -> list[dict[str, Any]]:
    """What agents are told of a file."""
    found = ask(anna, "history", "agent", stream=f"{ticket}/i", before=1000)["events"]
    return [each["data"] for each in found if each["kind"] == "held" and each["data"]["file"] == file]


async def test_while_it_is_away_files_wait_and_once_it_is_there_they_are_looked_at(
    folder: Path, desk: RunningDesk, priya: httpx2.Client, anna: httpx2.Client, request: pytest.FixtureRequest
) -> None:
    harmless, bad, large = (
        upload(priya, name, body)["file"]
        for name, body in (("notes.txt", b"nothing"), ("eicar.com", EICAR), ("large.bin", os.urandom(200_000)))
    )
    on = {file: sent(priya, file) for file in (harmless, bad, large)}
    held = priya.get(address(priya, on[harmless], harmless))
    assert held.status_code == 503 and "being looked at" in held.text
    with ExitStack() as stack:
        try:
            stack.enter_context(scanner.clamd(folder / "clamd"))
        except NotToBeHad as error:
            missing.note(str(error), request.node.nodeid)
            pytest.skip(f"{error} is not to be had here")
        await eventually(lambda: bool(events(anna, on[bad], bad) and events(anna, on[large], large)))
        assert priya.get(address(priya, on[harmless], harmless)).content == b"nothing"
        for client, audience in ((priya, "contact"), (anna, "agent")):
            refused = ask(client, "link", audience, ticket=on[bad], file=bad)
            assert refused["code"] == "forbidden" and "virus scanner" in refused["message"]
        assert events(anna, on[bad], bad) == [{"file": bad, "name": "eicar.com", "found": "Eicar-Test.UNOFFICIAL"}]
        assert "size limit exceeded" in events(anna, on[large], large)[0]["found"], "what cannot be judged is held, too"
        assert events(anna, on[harmless], harmless) == []
        again = upload(priya, "again.com", EICAR)["file"]
        await eventually(lambda: ask(priya, "link", ticket=sent(priya, again), file=again)["type"] == "error")


# Its ways of answering ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def answering(words: bytes) -> AsyncIterator[Clamd]:
    """A scanner that says this, whatever it is asked."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(words)
        await writer.drain()
        while words.startswith(b"stream") and await reader.read(100_000):
            pass
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield Clamd(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")


async def test_only_its_plain_word_makes_a_file_harmless(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 3_000_000)
    async with answering(b"stream: OK\0") as clamd:
        assert await clamd.scan(file) == ""
    async with answering(b"stream: Win.Trojan FOUND\0") as clamd:
        assert await clamd.scan(file) == "Win.Trojan"
    async with answering(b"INSTREAM size limit exceeded. ERROR\0") as clamd:
        with pytest.raises(Unscannable):
            await clamd.scan(file)
    for nonsense in (b"", b"stream: ", b"\xff\xfe", b"stream: OK, I think\0"):
        async with answering(nonsense) as clamd:
            with pytest.raises(ScannerAway):
                await clamd.scan(file)


async def test_whether_it_is_there_is_asked_for_the_health_page(tmp_path: Path) -> None:
    async with answering(b"PONG\0") as clamd:
        await clamd.ping()
    async with answering(b"what?\0") as clamd:
        with pytest.raises(ScannerAway):
            await clamd.ping()
    for place in (str(tmp_path / "nothing.sock"), "127.0.0.1:1"):
        with pytest.raises(ScannerAway, match="cannot be reached"):
            await Clamd(place).ping()
