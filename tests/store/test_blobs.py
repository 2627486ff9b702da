"""Blobs: named by what is in them, whole or not there, and nowhere else than in their folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from routing.errors import NotFound, TooLarge
from store import blobs as module
from store.blobs import INTERRUPTED_S, LEFT_OVER_S, Blobs


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


async def test_what_was_put_is_read_back_under_its_hash(blobs: Blobs) -> None:
    data = os.urandom(700_000)
    blob = await blobs.put(stream(data[:100], data[100:400_000], b"", data[400_000:]), most_bytes=len(data))
    assert (blob.sha256, blob.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert blobs.exists(blob.sha256)
    with blobs.open(blob.sha256) as file:
        assert file.read() == data


async def test_many_are_put_at_once_and_named_in_their_order(blobs: Blobs, tmp_path: Path) -> None:
    data = [b"%d" % (number % 40) for number in range(50)]
    found = await blobs.put_all(data)
    assert [(each.sha256, each.bytes) for each in found] == [
        (hashlib.sha256(one).hexdigest(), len(one)) for one in data
    ]
    assert all(blobs.is_sound(each.sha256) for each in found)
    assert len(files(tmp_path)) == 40
    assert await blobs.put_all([]) == []


async def test_the_same_bytes_are_kept_once(blobs: Blobs, tmp_path: Path) -> None:
    first = await blobs.put(stream(b"same"), most_bytes=10)
    assert await asyncio.to_thread(blobs.put_bytes, b"same") == first
    assert len(files(tmp_path)) == 1


async def test_a_file_that_is_too_large_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        await blobs.put(stream(b"12345", b"67890", b"1"), most_bytes=10)
    assert files(tmp_path) == []


async def test_a_stream_that_breaks_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await blobs.put(broken(), most_bytes=10)
    assert files(tmp_path) == []


async def test_a_cancelled_put_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"half"
        begun.set()
        await asyncio.Event().wait()

    putting = asyncio.ensure_future(blobs.put(endless(), most_bytes=10))
    await begun.wait()
    putting.cancel()
    await asyncio.gather(putting, return_exceptions=True)
    assert files(tmp_path) == []


async def test_bytes_name_and_folder_are_on_the_disk_before_the_answer(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def seen(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", seen)
    blob = await blobs.put(stream(b"bytes"), most_bytes=10)
    path = blobs.path(blob.sha256)
    assert [Path(each) for each in synced[1:]] == [path.parent.parent, path.parent]
    assert Path(synced[0]).parent.name == "incoming"
    synced.clear()
    other = Blobs(path.parent.parent)  # it knows of no folder that its name is on the disk
    other.put_bytes(b"bytes")
    assert path.parent.parent in map(Path, synced)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../" * 5 + "etc/passwd",
        "A" * 64,
        "a" * 63,
        "a" * 65,
        "a" * 63 + "/",
        "a" * 64 + "\n",
        "incoming",
        "\0" * 64,
    ],
)
def test_what_is_no_hash_is_not_found(blobs: Blobs, name: str) -> None:
    for look in (blobs.open, blobs.exists, blobs.delete, blobs.path):
        with pytest.raises(NotFound):
            look(name)


def test_what_was_never_put_is_not_found(blobs: Blobs) -> None:
    with pytest.raises(NotFound):
        blobs.open("0" * 64)
    assert not blobs.exists("0" * 64)
    assert not blobs.delete("0" * 64)


def test_a_deleted_blob_is_gone(blobs: Blobs) -> None:
    blob = blobs.put_bytes(b"gone")
    assert blobs.delete(blob.sha256)
    assert not blobs.exists(blob.sha256)


def test_what_killed_puts_left_is_swept_after_a_day(blobs: Blobs, tmp_path: Path) -> None:
    assert blobs.sweep() == 0
    blobs.put_bytes(b"kept")
    old, young = tmp_path / "blobs/incoming/old", tmp_path / "blobs/incoming/young"
    old.touch()
    young.touch()
    past = old.stat().st_mtime - LEFT_OVER_S - 10
    os.utime(old, (past, past))
    assert blobs.sweep() == 1
    assert young.exists()
    assert not old.exists()


def test_the_last_of_the_disk_is_the_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Blobs(tmp_path / "not" / "yet")
    free = shutil.disk_usage(tmp_path).free
    monkeypatch.setattr(module, "LEAST_FREE", free // 2)
    assert kept.have_room()
    monkeypatch.setattr(module, "LEAST_FREE", free * 2)
    assert not kept.have_room()


def test_a_removal_that_was_cut_off_is_ended_by_whoever_finds_it(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def killed() -> bool:
        raise Killed

    kept, gone = (blobs.put_bytes(data).sha256 for data in (b"named again", b"of nobody"))
    for each in (kept, gone):
        with pytest.raises(Killed):
            blobs.retire(each, killed)
    assert blobs.interrupted() == []  # it may still be under way
    later = time.time() + INTERRUPTED_S + 1
    monkeypatch.setattr("store.blobs.time.time", lambda: later)
    assert blobs.interrupted() == sorted((kept, gone))
    assert not blobs.settle(kept, named=True) and blobs.exists(kept)
    assert blobs.settle(gone, named=False) and not blobs.exists(gone)
    assert blobs.interrupted() == []


def test_a_removal_that_was_cut_off_is_not_swept_away(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = blobs.put_bytes(b"named again").sha256
    with pytest.raises(OSError, match="cut off"):
        blobs.retire(kept, _cut_off)
    later = time.time() + 2 * LEFT_OVER_S
    monkeypatch.setattr("store.blobs.time.time", lambda: later)
    assert blobs.sweep() == 0
    assert blobs.interrupted() == [kept]


def _cut_off() -> bool:
    raise OSError("cut off")
