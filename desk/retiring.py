"""Removes blobs that no row names any more, as a job that stands in the record with what erased their rows: who is
killed in between is followed by another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from desk.clock import Clock
from store import files, jobs
from store.blobs import Blobs
from store.engine import Connection, Record
from store.jobs import Job

KIND = "retire_blobs"
LEASE = timedelta(minutes=1)
BATCH = 100


def payload(blobs: Iterable[str]) -> dict[str, list[str]]:
    """What such a job knows: names of blobs; whether they are named still is asked when it runs."""
    return {"blobs": sorted(blobs)}


async def retire_due(record: Record, clock: Clock, blobs: Blobs) -> int:
    """Every such job that is due and nobody else's; how many blobs went. Raises Unavailable, OSError."""
    now = clock.now()
    due = await record.read(lambda connection: jobs.due_keys(connection, now, BATCH, (KIND,)))
    return sum([await retire(record, clock, blobs, key) for key, _kind in due])


async def retire(record: Record, clock: Clock, blobs: Blobs, key: str) -> int:
    """One job, if it is due and nobody else's; how many blobs went. Raises Unavailable, OSError."""

    def take(connection: Connection) -> Job | None:
        claimed = jobs.claim(connection, key, clock.now())
        return None if claimed is None else jobs.lease(connection, claimed, clock.now() + LEASE)

    leased = await record.write(take, name=KIND)
    if leased is None:
        return 0
    named = await record.read(files.named)
    gone = 0
    for blob in leased.payload["blobs"]:
        if blob not in named:
            gone += await _retired(record, blobs, blob)
    await record.write(lambda connection: jobs.done(connection, leased), name=KIND)
    return gone


async def _retired(record: Record, blobs: Blobs, blob: str) -> bool:
    loop = asyncio.get_running_loop()

    def is_named() -> bool:
        look = record.read(lambda connection: blob in files.named(connection))
        return asyncio.run_coroutine_threadsafe(look, loop).result()

    return await asyncio.to_thread(blobs.retire, blob, is_named)
