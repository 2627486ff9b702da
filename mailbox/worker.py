"""Reads mail in a process of its own, within limits of time and memory: no mail stops the desk or spoils the next."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import TracebackType

import msgspec

from mailbox.parsing.parsed import Ours, Parsed
from mailbox.worker_process import LENGTH_BYTES, READY, Answer, Request

CPU_SECONDS = 5.0
MEMORY_BYTES = 512 * 1024 * 1024
PATIENCE = 12
"""Times the processor time that may pass until the answer: also a busy machine gets it done."""
AHEAD = 16
"""So many mails lie with the process at most; it is given more when half of them are read."""
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


class _Asked:
    """A request until its answer is known. `given`: a process has it. `deaths`: processes that ended meanwhile."""

    def __init__(self, request: Request) -> None:
        encoded = msgspec.msgpack.encode(request)
        self.framed = len(encoded).to_bytes(LENGTH_BYTES) + encoded
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.given = False
        self.deaths = 0

    def settle(self, answer: Answer | Exception) -> None:
        if self.answer.done():  # nobody waits for it any more
            return
        elif isinstance(answer, Answer):
            self.answer.set_result(answer)
        else:
            self.answer.set_exception(answer)


class Worker:
    """One process, begun when the first mail comes and anew after it died. Mails are read one after the other, in the
    order in which they were asked for; the next ones lie with the process already when one is done.

    `async with Worker(...) as worker`, or `close()` at the end.
    """

    def __init__(self, cpu_seconds: float = CPU_SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self._cpu_seconds = cpu_seconds
        self._memory_bytes = memory_bytes
        self._waiting: deque[_Asked] = deque()
        self._serving: asyncio.Task[None] | None = None
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

        Raises Unreadable, or OSError when there is no such file. Cancelling throws the answer away.
        """
        return await self._ask(raw, ours, sent, head=False)

    async def parse_head(self, raw: Path | bytes, ours: Ours = NOBODY) -> Parsed:
        """From, Subject and the other fields alone, of a mail that is otherwise unreadable. Raises as `parse` does.

        The key is of the head alone, and no key of the mail.
        """
        return await self._ask(raw, ours, (), head=True)

    async def close(self) -> None:
        """Ends the process; who still waits for a mail is cancelled. The next mail would begin one."""
        if self._serving is not None and not self._serving.done():
            self._serving.cancel()
            await asyncio.wait((self._serving,))
            await self._kill()
            while self._waiting:
                self._waiting.popleft().answer.cancel()
        await self._end()

    async def _ask(self, raw: Path | bytes, ours: Ours, sent: Sequence[str], head: bool) -> Parsed:
        asked = _Asked(_request(raw, ours, tuple(sent), head))
        self._waiting.append(asked)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        try:
            answer = await asked.answer
        except asyncio.CancelledError:
            if not asked.given:  # nobody reads it in vain
                with suppress(ValueError):
                    self._waiting.remove(asked)
            raise
        if answer.not_opened is not None:
            raise OSError(answer.not_opened)
        if answer.parsed is None:
            raise Unreadable(answer.reason or "")
        return answer.parsed

    async def _serve(self) -> None:
        """Until nothing waits. Of the mails that a process had when it died the first is the one that it read."""
        try:
            while self._waiting:
                try:
                    await self._converse(await self._started())
                except _Died as died:
                    self._blame(died)
                self._take_back()
        except Exception as error:  # there is no process to be had
            while self._waiting:
                self._waiting.popleft().settle(error)

    def _take_back(self) -> None:
        """No process has any of them now."""
        self._waiting = deque(each for each in self._waiting if not each.answer.done())
        for each in self._waiting:
            each.given = False

    async def _converse(self, process: Process) -> None:
        """Until nothing waits, or the process is to be renewed: what it has then is asked anew. Raises _Died."""
        given = 0
        while self._waiting:
            more = list(islice(self._waiting, given, AHEAD if given <= AHEAD // 2 else given))
            for each in more:
                each.given = True
            answer = await self._heard(process, b"".join(each.framed for each in more))
            given += len(more) - 1
            spent = self._is_spent(answer)
            if spent:
                await (self._kill() if given else self._end())
            self._waiting.popleft().settle(answer)
            if spent:
                return

    async def _heard(self, process: Process, more: bytes) -> Answer | Unreadable:
        """What it says of the first that waits, once it was given more. Raises _Died."""
        assert process.stdin is not None
        try:
            if more:
                process.stdin.write(more)
            async with asyncio.timeout(self._cpu_seconds * PATIENCE):
                return await _answer(process)
        except TimeoutError:
            await self._kill()
            return Unreadable(f"no answer within {self._cpu_seconds * PATIENCE:g} s")
        except (
            asyncio.IncompleteReadError,
            ConnectionError,
            RuntimeError,
        ) as error:  # the last: of a pipe that is shut
            raise _Died(await self._kill()) from error

    def _is_spent(self, answer: Answer | Unreadable) -> bool:
        """Memory once taken is given back; what could not be read may have left the process short of it."""
        self._mails += 1
        if isinstance(answer, Unreadable) or answer.reason is not None:
            return True
        large = answer.parsed is not None and answer.parsed.size >= RENEWED_AFTER_BYTES
        return large or self._mails >= RENEWED_AFTER_MAILS

    def _blame(self, died: _Died) -> None:
        """A process that was killed from outside, or while it waited, is no fault of the mail: it gets a second one."""
        first = self._waiting[0]
        first.deaths += 1
        if died.returned == -signal.SIGPROF or first.deaths == 2:
            self._waiting.popleft().settle(Unreadable(_ended_by(died.returned, self._cpu_seconds)))

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
            raise OSError(f"The process that reads mail does not start ({await self._kill()}).") from error
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
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)  # process.kill() would reap it, and not say how it ended
        return await asyncio.shield(process.wait())


def _request(raw: Path | bytes, ours: Ours, sent: tuple[str, ...], head: bool) -> Request:
    path, content = (os.fsencode(raw.absolute()), None) if isinstance(raw, Path) else (None, raw)
    return Request(path, content, ours, sent, head)


async def _answer(process: Process) -> Answer:
    assert process.stdout is not None
    length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES))
    return msgspec.msgpack.decode(await process.stdout.readexactly(length), type=Answer)


def _ended_by(returned: int, cpu_seconds: float) -> str:
    if returned == -signal.SIGPROF:
        return f"took more than {cpu_seconds:g} s of processor time"
    return f"its reader crashed ({signal.Signals(-returned).name if returned < 0 else returned})"
