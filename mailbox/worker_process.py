"""The process that reads mail for mailbox.worker: one request, one answer, until its input ends. Knows no secret."""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from mailbox.parsing.parse import UNREAD, parse
from mailbox.parsing.parsed import Ours, Parsed

LENGTH_BYTES = 4
READY = b"R"
MOST_BYTES = 50 * 1024 * 1024
HEAD_BYTES = 256 * 1024


class Request(msgspec.Struct):
    """A mail by its path, or its bytes; `head` reads what stands above the text only."""

    path: bytes | None  # as file systems have it: a name need not be text
    raw: bytes | None
    ours: Ours
    sent: tuple[str, ...]
    head: bool


class Answer(msgspec.Struct):
    """One of the three."""

    parsed: Parsed | None = None
    reason: str | None = None
    not_opened: str | None = None


def serve(cpu_seconds: float, memory_bytes: int) -> None:
    """Runs the process. A mail that takes more processor time kills it by SIGPROF, wherever it is, also in C."""
    os.environ.clear()
    for ours in (signal.SIGINT, signal.SIGTERM):  # the end of the desk is told by the end of the input, never in a mail
        signal.signal(ours, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    _limit(memory_bytes)
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    answers.write(READY)
    answers.flush()
    decoder = msgspec.msgpack.Decoder(Request)
    while (content := _read(requests)) is not None:
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        try:
            encoded = msgspec.msgpack.encode(_answer(decoder.decode(content)))
        except MemoryError:
            encoded = msgspec.msgpack.encode(Answer(reason="needs more memory than a mail may have"))
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(len(encoded).to_bytes(LENGTH_BYTES))
        answers.write(encoded)
        answers.flush()


def _answer(request: Request) -> Answer:
    if request.raw is not None:
        raw = request.raw
    else:
        try:
            with Path(os.fsdecode(request.path or b"")).open("rb") as file:
                raw = file.read(HEAD_BYTES if request.head else MOST_BYTES + 1)
        except OSError as error:
            return Answer(not_opened=f"{os.fsdecode(request.path or b'')!r}: {error.strerror}")
    if request.head:
        raw = _head(raw[:HEAD_BYTES])
    if len(raw) > MOST_BYTES:
        return Answer(reason="larger than 50 MB")
    parsed = parse(raw, request.ours, request.sent)
    failed = next((defect for defect in parsed.defects if defect.startswith(UNREAD)), None)
    return Answer(parsed) if failed is None else Answer(reason=failed)


def _head(raw: bytes) -> bytes:
    """Without what stands below it, and without the type that would be missed there."""
    lines: list[bytes] = []
    for line in raw.lstrip(b"\r\n").splitlines():
        if not line:
            break
        lines.append(line)
    return b"\n".join(lines) + b"\n\n"


def _limit(memory_bytes: int) -> None:
    for what, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):  # a system that has no such limit
            continue


def _read(requests: BinaryIO) -> bytes | None:
    head = requests.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = int.from_bytes(head)
    content = requests.read(length)
    return content if len(content) == length else None
