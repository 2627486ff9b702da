"""An IMAP client of a few lines that waits in IDLE: what the server's own push takes, without any code of ours."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def idling(port: int, user: str, secret: str) -> AsyncIterator[asyncio.Event]:
    """Set whenever the server says that there is something in the INBOX; who waits clears it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for tag, command in (("a", f"LOGIN {user} {secret}"), ("b", "SELECT INBOX")):
        writer.write(f"{tag} {command}\r\n".encode())
        while not (await reader.readline()).startswith(f"{tag} OK".encode()):
            pass
    writer.write(b"c IDLE\r\n")
    await reader.readline()
    pushed = asyncio.Event()

    async def hear() -> None:
        while line := await reader.readline():
            if line.rstrip().endswith((b"EXISTS", b"RECENT")):
                pushed.set()

    hearing = asyncio.create_task(hear())
    try:
        yield pushed
    finally:
        hearing.cancel()
        writer.close()
