"""The audit: who did what to access, configuration, severity, status and clocks. Append-only, chained by hashes.

Triggers refuse every change; the chain tells when somebody went around them. The head of the chain is a row of `meta`:
it is the lock of the appending transactions, and tells when the newest rows were cut off.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from store.engine import Connection, Record, Row, upsert
from store.schema import audit, meta
from store.times import micros

HEAD = "audit_head"
NOBODY = "0" * 64
"""The hash before the first row."""
PAGE = 1_000

_LOCK = select(meta.c.value).where(meta.c.key == bindparam("key")).with_for_update()
_BEGIN = upsert(meta, ("key",))
_MOVE = update(meta).where(meta.c.key == bindparam("b_key")).values(value=bindparam("head"))
_APPEND = insert(audit)
_PAGE = select(audit).where(audit.c.number > bindparam("after")).order_by(audit.c.number).limit(bindparam("most"))
_HEAD = select(meta.c.value).where(meta.c.key == bindparam("key"))


@dataclass(frozen=True)
class Head:
    """The end of the chain as it was at an instant: kept elsewhere it tells when the newest rows are cut off, and the
    head in the record with them. Written as `NUMBER HASH`."""

    number: int = 0
    hash: str = NOBODY

    def __str__(self) -> str:
        return f"{self.number} {self.hash}"

    @classmethod
    def read(cls, text: str) -> "Head":
        """Raises ValueError."""
        number, _, hash = " ".join(text.split()).partition(" ")
        if not re.fullmatch("[0-9]{1,15}", number) or not re.fullmatch("[0-9a-f]{64}", hash):
            raise ValueError("A head is written as its number and its hash of 64 signs.")
        return cls(int(number), hash)


@dataclass(frozen=True)
class Verdict:
    """What a look at the chain found: `rows` and `head` of its sound part; `fault` is a sentence, empty when sound.

    `whole`: the look came to the end of the chain, or to a fault.
    """

    rows: int = 0
    head: str = NOBODY
    fault: str = ""
    whole: bool = False


def append(
    connection: Connection, actor_id: str | None, action: str, object: str, detail: Mapping[str, Any], at: datetime
) -> None:
    """Adds a row, in the transaction of the verb and as its last statement: from here on other appends wait.

    `detail` holds ids and values, never the text of messages, addresses or secrets.
    """
    append_all(connection, actor_id, [(action, object, detail)], at)


def append_all(
    connection: Connection, actor_id: str | None, said: Sequence[tuple[str, str, Mapping[str, Any]]], at: datetime
) -> None:
    """The same for several, each an action, its object and the detail."""
    if not said:
        return
    number, chained = _locked_head(connection)
    rows = []
    for action, object, detail in said:
        number += 1
        written = msgspec.json.encode(dict(detail), order="deterministic").decode()
        chained = _chained(chained, number, micros(at), actor_id, action, object, written)
        rows.append(
            {
                "number": number, "at": micros(at), "actor_id": actor_id, "action": action, "object": object,
                "detail": written, "hash": chained,
            }
        )  # fmt: skip
    connection.many(_APPEND, rows)
    connection.run(_MOVE, b_key=HEAD, head=f"{number} {chained}")


def head(connection: Connection) -> Head:
    """The end of the chain as the record has it now."""
    found = connection.scalar(_HEAD, key=HEAD)
    return Head() if found is None else Head.read(found)


def verify(
    connection: Connection, since: Verdict | None = None, limit: int = PAGE, exported: Head | None = None
) -> Verdict:
    """Looks through the next `limit` rows after a sound verdict: the first changed, missing or reordered one.

    `exported`: a head that was written down before; the chain must still lead through it.

    Call it again with its verdict, in a new snapshot, until it is `whole`; or `verify_all`.
    """
    rows, previous = (0, NOBODY) if since is None else (since.rows, since.head)
    page = connection.all(_PAGE, after=rows, most=limit)
    for row in page:
        fault = _fault(rows + 1, previous, row)
        if fault:
            return Verdict(rows, previous, fault, whole=True)
        rows, previous = row.number, row.hash
        if exported is not None and rows == exported.number and previous != exported.hash:
            said = f"Row {rows} is another than when the head was exported: the chain was written anew."
            return Verdict(rows - 1, previous, said, whole=True)
    if len(page) == limit:
        return Verdict(rows, previous)
    elif exported is not None and rows < exported.number:
        said = f"Row {rows + 1} is missing: the chain was cut off, it reached row {exported.number} before."
        return Verdict(rows, previous, said, whole=True)
    else:
        return Verdict(rows, previous, _fault_of_end(rows, previous, connection.scalar(_HEAD, key=HEAD)), whole=True)


async def verify_all(record: Record, exported: Head | None = None) -> Verdict:
    """The whole chain, a snapshot per page. Raises Unavailable. Cancelling is safe."""
    verdict = Verdict()
    while not verdict.whole:
        verdict = await record.read(partial(verify, since=verdict, limit=PAGE, exported=exported))
    return verdict


def _locked_head(connection: Connection) -> tuple[int, str]:
    head = connection.scalar(_LOCK, key=HEAD)
    if head is None:
        connection.run(_BEGIN, key=HEAD, value=f"0 {NOBODY}")
        head = connection.scalar(_LOCK, key=HEAD)
    number, _, previous = head.partition(" ")
    return int(number), previous


def _chained(previous: str, *row: object) -> str:
    """SHA-256 over the hash before and the row, as JSON: no two rows read the same."""
    return hashlib.sha256(msgspec.json.encode([previous, *row])).hexdigest()


def _fault(expected: int, previous: str, row: Row) -> str:
    if row.number != expected:
        return f"Row {expected} is missing."
    elif row.hash != _chained(previous, row.number, row.at, row.actor_id, row.action, row.object, row.detail):
        return f"Row {expected} was changed or put in another's place."
    else:
        return ""


def _fault_of_end(rows: int, previous: str, head: str | None) -> str:
    if (head is None and rows == 0) or head == f"{rows} {previous}":
        return ""
    elif head is None:
        return "The head of the chain is missing."
    elif int(head.partition(" ")[0]) > rows:
        return f"Row {rows + 1} is missing: the chain was cut off."
    else:
        return "The head of the chain was changed."
