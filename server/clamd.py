"""Asks a virus scanner: ClamAV's daemon, by its INSTREAM command (clamd(8)), over a socket of this machine or TCP."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

CHUNK = 256 * 1024
PATIENCE_S = 60.0
MOST_ANSWER = 4_096


class ScannerAway(Exception):
    """It cannot be asked, or did not say what the file is; one sentence."""


class Unscannable(Exception):
    """It does not say of this file what it is, as of one that is too large for it; its words."""


class Clamd:
    """Of one address: the path of its socket, or host:port."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def scan(self, path: Path) -> str:
        """What it found in the file; empty: nothing. Raises Unscannable, ScannerAway, OSError for a file that
        cannot be read.
        """
        answer = await self._asked(path)
        if answer.endswith(" FOUND"):
            return answer.removeprefix("stream: ").removesuffix(" FOUND")
        if answer == "stream: OK":
            return ""
        if answer.endswith("ERROR"):
            raise Unscannable(answer[:200])
        raise ScannerAway("The virus scanner broke off.")

    async def ping(self) -> None:
        """Raises ScannerAway when it does not answer."""
        if (answer := await self._asked(None)) != "PONG":
            raise ScannerAway(f"The virus scanner said: {answer[:200] or 'nothing'}.")

    async def _asked(self, path: Path | None) -> str:
        file = None if path is None else await asyncio.to_thread(path.open, "rb")
        try:
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await self._opened()
                # Listened to from the beginning: to what is larger than it takes it answers at once, and closes.
                answer = asyncio.create_task(reader.read(MOST_ANSWER))
                try:
                    writer.write(b"zPING\0" if file is None else b"zINSTREAM\0")
                    with contextlib.suppress(ConnectionError, RuntimeError):  # uvloop: the line is closed
                        while file is not None and (chunk := await asyncio.to_thread(file.read, CHUNK)):
                            writer.write(len(chunk).to_bytes(4) + chunk)
                            await writer.drain()
                        writer.write(b"" if file is None else (0).to_bytes(4))
                        await writer.drain()
                    return (await answer).rstrip(b"\0\n").decode(errors="replace")
                finally:
                    answer.cancel()
                    writer.close()
        except TimeoutError as error:
            raise ScannerAway("The virus scanner does not answer.") from error
        except ConnectionError as error:
            raise ScannerAway("The virus scanner broke off.") from error
        finally:
            if file is not None:
                file.close()

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            if self._address.startswith("/"):
                return await asyncio.open_unix_connection(self._address)
            host, _, port = self._address.rpartition(":")
            return await asyncio.open_connection(host.strip("[]"), int(port))
        except OSError as error:
            raise ScannerAway(f"The virus scanner cannot be reached: {error.strerror or error}.") from error
