"""Acknowledged = stored, however often the process dies."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from sqlalchemy import select

from store.engine import open_record
from store.schema import meta

WRITTEN = select(meta.c.key).where(meta.c.key.like("k%"))
KILLS = 40


@pytest.mark.parametrize("seed", [1])
async def test_what_was_acknowledged_before_a_kill_is_stored(record_url: str, seed: int) -> None:
    await (await open_record(record_url)).close()
    ran = subprocess.run(
        [sys.executable, "-m", "tests.store.dying", record_url, str(KILLS), str(seed)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout)
    record = await open_record(record_url)
    rows = await record.read(lambda connection: connection.all(WRITTEN))
    await record.close()
    stored = {row.key for row in rows}
    assert told["killed"] >= KILLS, told["lives"]
    assert set(told["acked"]) - stored == set()
    assert len(told["acked"]) == len(set(told["acked"])) > KILLS
    assert len(stored - set(told["acked"])) <= 4 * told["lives"]
