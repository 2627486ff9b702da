"""The invariant checker: reads the record and what clients saw, says every promise that is broken.

I1 nothing acknowledged is missing or twice. I2 what each client showed of a stream is the stream, in order, without gap
or twin. I3 every un-ended chat has exactly one of serving agent, serve ring, place in the queue, grace; at most one
open serve ring and one accept at a time. I7 no mail stays in the queue. I8 the audit chain verifies. I9 nobody got a
frame they may not read. I10 (`bounded`) what a process holds does not grow. Besides: every stream is gapless from 1 and
agrees with its ticket's head; `at` strictly increases within a ticket.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, create_engine, select

from server.demo.client import ClientLog
from store import schema
from store.audit import HEAD, NOBODY
from store.receipts import canonical


def check(url: str, logs: Sequence[ClientLog], *, settled: bool = True) -> list[str]:
    """Every broken promise as a sentence; empty when all hold. The whole record is read as it was at one instant.

    `url` is a SQLAlchemy URL of the record. `settled`: all clients have caught up, so that what they showed must reach
    to the head of each stream.
    """
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with engine.connect() as connection:
            hold_still(connection)
            return [
                *_streams(connection),
                *_acknowledged(connection, logs),
                *_shown(connection, logs, settled),
                *_chats(connection),
                *_audit(connection),
                *(_queued(connection) if settled else ()),
                *_unread_by_strangers(connection, logs),
            ]
    finally:
        engine.dispose()


def hold_still(connection: Connection) -> None:
    """Everything read from here on is of one snapshot, whatever is written beside."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    else:
        connection.execution_options(isolation_level="REPEATABLE READ")


def lost(sentence: str) -> bool:
    """Whether a broken promise is that something acknowledged is missing."""
    return "is there 0 times" in sentence


def doubled(sentence: str) -> bool:
    """Whether it is that something is there twice."""
    return "acknowledged" in sentence and " times" in sentence and not lost(sentence)


def disordered(sentence: str) -> bool:
    """Whether it is that something came in the wrong order, or that something between is missing."""
    return " was next" in sentence or "has a gap" in sentence or "two events at one instant" in sentence


def _streams(connection: Connection) -> Iterable[str]:
    """Gapless, as long as the ticket says, `at` strictly increasing over both streams."""
    seqs: dict[str, list[int]] = defaultdict(list)
    ats: dict[str, list[int]] = defaultdict(list)
    event = schema.event
    for row in connection.execute(select(event.c.stream, event.c.seq, event.c.ticket_id, event.c.at)):
        seqs[row.stream].append(row.seq)
        ats[row.ticket_id].append(row.at)
    for stream, found in seqs.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            yield f"stream {stream} has a gap or a twin: {sorted(found)}"
    ticket = schema.ticket
    for ticket_id, public_seq, internal_seq in connection.execute(
        select(ticket.c.id, ticket.c.public_seq, ticket.c.internal_seq)
    ):
        for stream, head in ((ticket_id, public_seq), (f"{ticket_id}/i", internal_seq)):
            if len(seqs.get(stream, ())) != head:
                yield f"stream {stream} has {len(seqs.get(stream, ()))} events, its ticket says {head}"
    for ticket_id, instants in ats.items():
        if len(set(instants)) != len(instants):
            yield f"ticket {ticket_id} has two events at one instant"


def _acknowledged(connection: Connection, logs: Sequence[ClientLog]) -> Iterable[str]:
    """I1: every acknowledged `say` is one row with that text, in the place that the answer named."""
    message = schema.message
    rows: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(select(message)):
        if row.rid is not None:
            rows[row.author_id, row.rid].append(row)
    by_rid: dict[str, list[Any]] = defaultdict(list)
    for (_, rid), found in rows.items():
        by_rid[rid] += found
    for log in logs:
        for rid, answer in log.acked.items():
            if log.verbs.get(rid) != "say":
                continue
            found = by_rid.get(canonical(rid), [])
            if len(found) != 1:
                yield f"{log.kind} {log.person}: message {rid} was acknowledged and is there {len(found)} times"
            elif found[0].body != log.bodies.get(rid, found[0].body):
                yield f"{log.kind} {log.person}: message {rid} was changed"
            elif found[0].seq != answer.get("seq"):
                yield f"{log.kind} {log.person}: {rid} was acknowledged as {answer.get('seq')}, is {found[0].seq}"


def _shown(connection: Connection, logs: Sequence[ClientLog], settled: bool) -> Iterable[str]:
    """I2: the shown events are a run of the record's rows, byte for byte equal in meaning."""
    event = schema.event
    frames = {
        (row.stream, row.seq): json.loads(row.frame)
        for row in connection.execute(select(event.c.stream, event.c.seq, event.c.frame))
    }
    heads: dict[str, int] = defaultdict(int)
    for stream, seq in frames:
        heads[stream] = max(heads[stream], seq)
    for log in logs:
        for stream, shown in log.shown.items():
            expected = log.started_after.get(stream, 0)
            for frame in shown:
                expected += 1
                if frame["seq"] != expected:
                    yield f"{log.kind} {log.person}: {stream} showed {frame['seq']} where {expected} was next"
                    expected = frame["seq"]
                if frames.get((stream, frame["seq"])) != dict(frame):
                    yield f"{log.kind} {log.person}: {stream} {frame['seq']} is not what the record has"
            if settled and stream not in log.left and expected != heads[stream]:
                yield f"{log.kind} {log.person}: {stream} ends at {expected}, the record at {heads[stream]}"


def _chats(connection: Connection) -> Iterable[str]:
    """I3 in the record: who holds each un-ended chat."""
    ring, chat = schema.ring, schema.chat
    open_serve: dict[str, int] = defaultdict(int)
    for row in connection.execute(select(ring.c.chat_id).where(ring.c.ended_at.is_(None), ring.c.kind == "serve")):
        open_serve[row.chat_id] += 1
    for row in connection.execute(select(chat)):
        rings = open_serve.get(row.id, 0)
        if row.ended_at is not None:
            if rings:
                yield f"chat {row.id} has ended and still rings"
            continue
        holds = {
            "live": row.state == "live" and row.serving_id is not None,
            "ringing": row.state == "ringing" and rings == 1,
            "waiting": row.state == "waiting",
            "grace": row.state == "grace" and row.grace_until is not None,
        }
        if sum(holds.values()) != 1 or (rings and row.state != "ringing") or rings > 1:
            yield f"chat {row.id} is {row.state}, serving {row.serving_id}, {rings} serve rings"


def _audit(connection: Connection) -> Iterable[str]:
    """I8: each row's hash is made of the row and the hash before; numbers have no gap; the head is the last."""
    audit, meta = schema.audit, schema.meta
    before, number = NOBODY, 0
    for row in connection.execute(select(audit).order_by(audit.c.number)):
        number += 1
        if row.number != number:
            yield f"audit row {number} is missing"
            return
        said = [before, row.number, row.at, row.actor_id, row.action, row.object, row.detail]
        if row.hash != hashlib.sha256(msgspec.json.encode(said)).hexdigest():
            yield f"audit row {number} does not follow from the one before"
            return
        before = row.hash
    head = connection.execute(select(meta.c.value).where(meta.c.key == HEAD)).scalar()
    if number and head != f"{number} {before}":
        yield "the audit's head is not its last row"


def _queued(connection: Connection) -> Iterable[str]:
    """I7: with everything at rest every mail was handed on; a lease is not left behind."""
    mail = schema.outgoing_mail
    for row in connection.execute(select(mail.c.id, mail.c.kind).where(mail.c.state == "queued")):
        yield f"mail {row.id} ({row.kind}) is still queued"


def _unread_by_strangers(connection: Connection, logs: Sequence[ClientLog]) -> Iterable[str]:
    """I9: a contact never sees an internal stream, nor the ticket of somebody else's customer."""
    participant, ticket, contact = schema.participant, schema.ticket, schema.contact
    takes_part = {
        (row.ticket_id, row.contact_id)
        for row in connection.execute(select(participant.c.ticket_id, participant.c.contact_id))
    }
    customer_of = {row.id: row.customer_id for row in connection.execute(select(ticket.c.id, ticket.c.customer_id))}
    coordinates = {
        row.id: row.customer_id
        for row in connection.execute(select(contact.c.id, contact.c.customer_id).where(contact.c.coordinator == 1))
    }
    for log in logs:
        if log.kind != "contact":
            continue
        for stream, shown in log.shown.items():
            if stream.endswith("/i"):
                yield f"contact {log.person} was sent {stream}"
            elif shown and not (
                (stream, log.person) in takes_part or coordinates.get(log.person) == customer_of.get(stream, "nobody")
            ):
                yield f"contact {log.person} was sent {stream}, in which they take no part"


# What processes hold --------------------------------------------------------------------------------------------------

MORE_FILES = 40
MORE_MIB = 96.0


@dataclass(frozen=True)
class Sizes:
    """What a process holds: open files and sockets, resident memory, threads."""

    files: int
    mib: float
    threads: int

    @classmethod
    def of(cls, pid: int) -> Sizes:
        status = Path(f"/proc/{pid}/status").read_text()
        found = {name: int(value) for name, value in re.findall(r"^(VmRSS|Threads):\s+(\d+)", status, re.M)}
        return cls(len(os.listdir(f"/proc/{pid}/fd")), found["VmRSS"] / 1024, found["Threads"])


def bounded(before: Sizes, after: Sizes) -> Iterable[str]:
    """I10: with all lines closed a process holds about what it held before they came."""
    if after.files > before.files + MORE_FILES:
        yield f"{after.files} open files after, {before.files} before"
    if after.mib > before.mib + MORE_MIB:
        yield f"{after.mib:.0f} MiB after, {before.mib:.0f} before"
