"""Reads mail in a process of its own, within limits of time and memory: no mail stops the desk or spoils the next."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import msgspec

from mailbox.parsing.parsed import Ours, Parsed
from mailbox.worker_process import LENGTH_BYTES, READY, Answer, Request

CPU_SECONDS = 5.0
MEMORY_BYTES = 512 * 1024 * 1024
PATIENCE = 12
"""Times the processor time that may pass until the answer: also a busy machine gets it done."""
RENEWED_AFTER_BYTES = 8 * 1024 * 1024
RENEWED_AFTER_MAILS = 1_000
"""Then a new process begins, so that memory once taken is given back."""
START_SECONDS = 60.0
CLOSE_SECONDS = 5.0
NOBODY = Ours()
"""Who has no addresses and trusts no server."""
_NEEDED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG")
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); sys.modules.pop('mailbox', None); "
    "from mailbox.worker_process import serve; serve(float(sys.argv[2]), int(sys.argv[3]))"
)
_ROOT = Path(__file__).resolve().parents[1]


class Unreadable(Exception):
    """This mail cannot be read; `reason` says why in words for the admin. It will not get better by trying again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Died(Exception):
    """The process ended before it answered; by which signal or code."""

    def __init__(self, returned: int) -> None:
        super().__init__(returned)
        self.returned = returned


class Worker:
    """One process, begun when the first mail comes and anew after it died. Mails are read one after the other.

    `async with Worker(...) as worker`, or `close()` at the end.
    """

    def __init__(self, cpu_seconds: float = CPU_SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self._cpu_seconds = cpu_seconds
        self._memory_bytes = memory_bytes
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._mails = 0

    async def __aenter__(self) -> Worker:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def parse(self, raw: Path | bytes, ours: Ours = NOBODY, sent: Sequence[str] = ()) -> Parsed:
        """The whole mail. `ours`: what tells our own from others'. `sent`: what we wrote on the ticket before.

        Raises Unreadable, or OSError when there is no such file.
        Who is cancelled takes the process along, as an answer may still come from it.
        """
        return await self._ask(raw, ours, sent, head=False)

    async def parse_head(self, raw: Path | bytes, ours: Ours = NOBODY) -> Parsed:
        """From, Subject and the other fields alone, of a mail that is otherwise unreadable. Raises as `parse` does.

        The key is of the head alone, and no key of the mail.
        """
        return await self._ask(raw, ours, (), head=True)

    async def close(self) -> None:
        """Ends the process when the mail it reads is read; the next mail would begin one."""
        async with self._turn:
            await self._end()

    async def _ask(self, raw: Path | bytes, ours: Ours, sent: Sequence[str], head: bool) -> Parsed:
        request = msgspec.msgpack.encode(_request(raw, ours, tuple(sent), head))
        async with self._turn:
            answer = await self._answer(request)
            if answer.not_opened is not None:
                raise OSError(answer.not_opened)
            if answer.parsed is None:
                await self._end()  # what could not be read may have left the process short of memory
                raise Unreadable(answer.reason or "")
            self._mails += 1
            if self._mails >= RENEWED_AFTER_MAILS or answer.parsed.size >= RENEWED_AFTER_BYTES:
                await self._end()
            return answer.parsed

    async def _answer(self, request: bytes) -> Answer:
        """A process that was killed from outside, or while it waited, is no fault of the mail: it gets a second one."""
        try:
            return await self._once(request)
        except _Died as died:
            if died.returned == -signal.SIGPROF:
                raise Unreadable(f"took more than {self._cpu_seconds:g} s of processor time") from died
        try:
            return await self._once(request)
        except _Died as died:
            raise Unreadable(_ended_by(died.returned, self._cpu_seconds)) from died

    async def _once(self, request: bytes) -> Answer:
        process = await self._started()
        try:
            async with asyncio.timeout(self._cpu_seconds * PATIENCE):
                return await _exchange(process, request)
        except TimeoutError as error:
            await self._kill()
            raise Unreadable(f"no answer within {self._cpu_seconds * PATIENCE:g} s") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise _Died(await self._kill()) from error
        except BaseException:
            await self._kill()
            raise

    async def _started(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self._end()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _PROGRAM, str(_ROOT), str(self._cpu_seconds), str(self._memory_bytes)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={name: os.environ[name] for name in _NEEDED if name in os.environ},
            limit=1024 * 1024,
        )
        self._mails = 0
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._process.stdout.readexactly(len(READY))
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            raise RuntimeError(f"The process that reads mail does not start ({await self._kill()}).") from error
        except BaseException:
            await self._kill()
            raise
        return self._process

    async def _end(self) -> None:
        """By the end of its input; by force when it does not listen."""
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await process.wait()
            except TimeoutError:
                await self._kill()
        self._process = None

    async def _kill(self) -> int:
        """What it ended by; its own end, if that came before."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(ProcessLookupError):
            process.kill()
        return await asyncio.shield(process.wait())


def _request(raw: Path | bytes, ours: Ours, sent: tuple[str, ...], head: bool) -> Request:
    path, content = (os.fsencode(raw.absolute()), None) if isinstance(raw, Path) else (None, raw)
    return Request(path, content, ours, sent, head)


async def _exchange(process: Process, request: bytes) -> Answer:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(len(request).to_bytes(LENGTH_BYTES))
    process.stdin.write(request)
    await process.stdin.drain()
    length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES))
    return msgspec.msgpack.decode(await process.stdout.readexactly(length), type=Answer)


def _ended_by(returned: int, cpu_seconds: float) -> str:
    if returned == -signal.SIGPROF:
        return f"took more than {cpu_seconds:g} s of processor time"
    return f"its reader crashed ({signal.Signals(-returned).name if returned < 0 else returned})"
