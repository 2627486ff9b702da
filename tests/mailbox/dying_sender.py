"""A process that sends mail until it is killed: `python -m tests.mailbox.dying_sender URL FILES KEY OFFSET_S`.

OFFSET_S: what its clock is ahead. With VERB and STAGE behind them it kills itself there, else whoever serves it does.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from desk.clock import SystemClock
from desk.desk import Desk
from desk.sealing import Sealer
from live.memory import MemoryLive
from mailbox.sending import Sending
from store import crash
from store.blobs import Blobs
from store.engine import open_record
from tests.mailbox.outbound import LIMITS


async def live(url: str, files: str, key: str, offset_s: str) -> None:
    desk = Desk(await open_record(url), MemoryLive(), SystemClock(timedelta(seconds=float(offset_s))))
    await Sending(desk, Blobs(Path(files)), Sealer([key]), shows=False, limits=LIMITS).run()


if __name__ == "__main__":
    if sys.argv[5:]:
        crash.armed = crash.Point(sys.argv[5], sys.argv[6], 1)
    asyncio.run(live(*sys.argv[1:5]))
