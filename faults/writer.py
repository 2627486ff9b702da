"""Writes rows into a record and prints which were acknowledged: `python -m faults.writer FILE`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from store.sqlite import SqliteRecord
from tests.store.words import putting


async def run(path: Path) -> list[str]:
    """Twelve rounds of three at once; what fails is not asked again."""
    record = await SqliteRecord.open(path)
    acked: list[str] = []
    for number in range(12):
        verbs = [record.write(putting(f"k{number}-{each}", "x" * 3000)) for each in range(3)]
        acked += [each for each in await asyncio.gather(*verbs, return_exceptions=True) if isinstance(each, str)]
    await record.close()
    return acked


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1])))))
