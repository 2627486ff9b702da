"""What killed processes left half done among the files is ended: nothing that a row names goes, nothing else stays."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import pytest

from desk.administration.changing import Changing
from desk.administration.contacts import ContactDraft, Contacts
from desk.administration.customers import CustomerDraft, Customers
from desk.files import Files
from desk.retiring import KIND, LEASE
from store import files, jobs
from store.blobs import INTERRUPTED_S, LEFT_OVER_S, Blobs
from store.files import File
from store.ledger import Ledger
from tests.support.world import World


class Killed(BaseException):
    """As if by SIGKILL."""


def killed() -> bool:
    raise Killed


async def test_what_killed_processes_left_among_the_files_is_ended(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs(tmp_path / "files")
    kept, gone = (blobs.put_bytes(data).sha256 for data in (b"named again", b"of nobody"))
    for each in (kept, gone):
        with pytest.raises(Killed):
            blobs.retire(each, killed)
    named = File("f", "kept.txt", "text/plain", 11, kept, None, "anna")
    await world.record.write(lambda connection: files.add(connection, named, 0), name="file")
    half = tmp_path / "files/incoming/half"
    half.touch()
    past = half.stat().st_mtime - LEFT_OVER_S - 10
    os.utime(half, (past, past))
    later = time.time() + INTERRUPTED_S + 1
    monkeypatch.setattr("store.blobs.time.time", lambda: later)
    await Files(world.desk, blobs).tidy()
    assert blobs.exists(kept) and not blobs.exists(gone)
    assert list((tmp_path / "files/incoming").iterdir()) == []


async def test_an_erasure_that_was_killed_before_the_files_went_is_ended(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs(tmp_path / "files")
    theirs, shared = (blobs.put_bytes(data).sha256 for data in (b"theirs", b"of both"))
    customer = await Customers(Changing(world.desk)).add(None, CustomerDraft("Acme"))
    contacts = Contacts(Changing(world.desk))
    erased = await contacts.add(None, customer, ContactDraft("Rae", "rae@acme.example"))
    for id, blob, by in (("f", theirs, erased), ("g", shared, erased), ("h", shared, "anna")):
        kept = File(id, "a.txt", "text/plain", 6, blob, None, by)
        await world.record.write(partial(files.add, new=kept, at=0), name="file")
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Blobs, "retire", lambda *_: killed())
        await contacts.erase(None, erased, Ledger(tmp_path), blobs)
    assert blobs.exists(theirs)
    await Files(world.desk, blobs).tidy()
    assert blobs.exists(theirs), "whoever removes them may be at work still"
    world.clock.move(LEASE)
    await Files(world.desk, blobs).tidy()
    assert not blobs.exists(theirs) and blobs.exists(shared)
    assert await world.record.read(lambda c: jobs.due_keys(c, world.clock.now(), 9, (KIND,))) == []
