"""A process whose disk gets full, and then free again: `python -m tests.store.full FILE` tells what it was answered."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

from routing.errors import Unavailable
from store.sqlite import SqliteRecord
from tests.store.words import putting
from tests.support.eventually import eventually


async def run(path: Path) -> dict[str, Any]:
    record = await SqliteRecord.open(path)
    acked = [await record.write(putting("k0"))]
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
    refused, reason, number = 0, "", 0
    while refused < 20:
        number += 1
        names = [f"k{number}-{each}" for each in range(5)]
        verbs = [putting(name, "x" * 2000) for name in names]
        done = await asyncio.gather(*(record.write(verb) for verb in verbs), return_exceptions=True)
        acked += [each for each in done if isinstance(each, str)]
        refused += sum(isinstance(each, Unavailable) for each in done)
        reason = record.health().reason or reason
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await eventually(lambda: record.health().ok)
    after = [await record.write(putting(f"kafter{each}", "x" * 2000)) for each in range(10)]
    await record.close()
    return {"acked": acked + after, "refused": refused, "reason": reason, "after": len(after)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1])))))
