"""Tells systemd that this process is ready and that its loop turns (sd_notify(3)); elsewhere it tells nobody."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket

READY, TURNS = "READY=1", "WATCHDOG=1"


def notify(state: str) -> None:
    """One datagram; a manager that is not there is no reason to stop."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.setblocking(False)
            to.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            to.send(state.encode())


async def keep_telling() -> None:
    """For ever, three times in the span after which the manager takes the process for dead; at once over if it has
    none. A loop that stands still tells nothing. Cancelling is safe."""
    span_us = int(os.environ.get("WATCHDOG_USEC", "0"))
    while span_us:
        notify(TURNS)
        await asyncio.sleep(span_us / 3_000_000)
