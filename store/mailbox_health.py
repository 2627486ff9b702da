"""How each mailbox is: when its server last answered, what is behind, which step fails; so that every process can tell.

Instants are of the real time, in microseconds: a demo whose clock is moved keeps its mail server.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import bindparam, case, func, null, or_, select, text, update

from store.engine import Connection, Row, upsert
from store.schema import incoming_mail, mail_cursor, mail_item, mailbox_health, ticket

Alarm = Literal["", "silent", "probe"]
BACKLOG = ("stored", "missing", "quarantined")
"""States of mail with which something is still to be done, the last by a person."""


@dataclass(frozen=True)
class Health:
    """Of one mailbox. `begun_at`: since when it is watched as it is set up now. `behind`: mails that the server showed
    and the record had not at the last look. `step`: which fails, with the server's `words`; empty: none does; of mail
    that leaves `send_step`. `alarm`: what admins were told. `trip_us`: the last probe mail's whole way. `again_since`:
    the restore after which everything was read again.
    """

    mailbox_id: str
    begun_at: int
    asked_at: int | None
    newest_at: int | None
    stored_at: int | None
    behind: int
    behind_since: int | None
    step: str
    words: str
    failed_since: int | None
    alarm: Alarm
    alarmed_at: int | None
    probe: str
    probe_sent_at: int | None
    probe_came_at: int | None
    trip_us: int | None
    reconciled_at: int | None
    reconciled: Mapping[str, Any]
    again_since: int | None
    send_step: str = ""
    send_words: str = ""


_h = mailbox_health.c
_IS = _h.mailbox_id == bindparam("b_id")
_FIND = select(mailbox_health).where(_h.mailbox_id == bindparam("id"))
_EVERY = select(mailbox_health)
_FIRST = upsert(mailbox_health, ("mailbox_id",))
_BEGIN = (
    update(mailbox_health)
    .where(_IS)
    .values(
        begun_at=bindparam("now"),
        step="",
        words="",
        failed_since=None,
        send_step="",
        send_words="",
        probe="",
        probe_sent_at=None,
    )
)
_WELL = (
    update(mailbox_health)
    .where(_IS)
    .values(
        asked_at=bindparam("now"),
        step="",
        words="",
        failed_since=None,
        behind=bindparam("more"),
        behind_since=case((bindparam("more") == 0, null()), else_=func.coalesce(_h.behind_since, bindparam("now"))),
    )
)
_STORED = update(mailbox_health).where(_IS).values(newest_at=bindparam("newest"), stored_at=bindparam("now"))
_FAILED = (
    update(mailbox_health)
    .where(_IS)
    .values(
        step=bindparam("at_step"),
        words=bindparam("said"),
        failed_since=func.coalesce(_h.failed_since, bindparam("now")),
    )
)
_SENDS = (
    update(mailbox_health)
    .where(_IS, or_(_h.send_step != bindparam("at_step"), _h.send_words != bindparam("said")))
    .values(send_step=bindparam("at_step"), send_words=bindparam("said"))
)
_ALARM = (
    update(mailbox_health)
    .where(_IS, _h.alarm == bindparam("was"))
    .values(alarm=bindparam("now_is"), alarmed_at=bindparam("now"))
)
_PROBE = (
    update(mailbox_health)
    .where(_IS)
    .values(probe=bindparam("mail"), probe_sent_at=bindparam("now"), probe_came_at=None)
)
_CAME = (
    update(mailbox_health)
    .where(_IS, _h.probe == bindparam("mail"), _h.probe_came_at.is_(None))
    .values(probe_came_at=bindparam("now"), trip_us=bindparam("now") - _h.probe_sent_at)
)
_RECONCILED = update(mailbox_health).where(_IS).values(reconciled_at=bindparam("now"), reconciled=bindparam("found"))
_AGAIN = update(mailbox_health).where(_IS).values(again_since=bindparam("since"))
_BACKLOG = (
    select(incoming_mail.c.mailbox_id, incoming_mail.c.state, func.count().label("number"))
    .where(text("state <> 'landed'"))  # written so for the partial index
    .group_by(incoming_mail.c.mailbox_id, incoming_mail.c.state)
)
_ASIDE = (
    select(incoming_mail.c.mailbox_id, func.count().label("mails"), func.min(ticket.c.number).label("first"))
    .join(mail_item, mail_item.c.id == incoming_mail.c.item_id)
    .join(ticket, ticket.c.id == mail_item.c.ticket_id)
    .where(
        text("incoming_mail.state <> 'landed'"),
        incoming_mail.c.state == "quarantined",
        ticket.c.status.not_in(("solved", "closed")),
    )
    .group_by(incoming_mail.c.mailbox_id)
)
_CURSORS = select(mail_cursor).order_by(mail_cursor.c.mailbox_id, mail_cursor.c.folder)


def watch(connection: Connection, id: str, now: int) -> None:
    """From now on, unless it is watched already."""
    connection.run(_FIRST, mailbox_id=id, begun_at=now)


def begin_again(connection: Connection, id: str, now: int) -> None:
    """It was set up anew: what failed before counts no more, and silence begins now."""
    watch(connection, id, now)
    connection.run(_BEGIN, b_id=id, now=now)


def find(connection: Connection, id: str) -> Health | None:
    """None before it was watched."""
    row = connection.one(_FIND, id=id)
    return None if row is None else _health(row)


def every(connection: Connection) -> dict[str, Health]:
    """By mailbox."""
    return {row.mailbox_id: _health(row) for row in connection.all(_EVERY)}


def backlogs(connection: Connection) -> dict[str, dict[str, int]]:
    """By mailbox and state: how many mails wait to be taken in, could not be fetched, are put aside."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.all(_BACKLOG):
        if row.state in BACKLOG:
            found[row.mailbox_id][row.state] = row.number
    return dict(found)


def aside(connection: Connection) -> dict[str, tuple[int, int]]:
    """By mailbox: how many mails are put aside whose tickets nobody has solved, and the number of the first ticket."""
    return {row.mailbox_id: (row.mails, row.first) for row in connection.all(_ASIDE)}


def cursors(connection: Connection) -> dict[str, dict[str, tuple[int, int]]]:
    """By mailbox and folder: UIDVALIDITY, and the last UID up to which everything is stored."""
    found: defaultdict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in connection.all(_CURSORS):
        found[row.mailbox_id][row.folder] = (row.uidvalidity, row.last_uid)
    return dict(found)


def well(connection: Connection, id: str, now: int, behind: int) -> None:
    """Its server answered; so many mails are there that the record has not yet."""
    watch(connection, id, now)
    connection.run(_WELL, b_id=id, now=now, more=behind)


def stored(connection: Connection, id: str, now: int, newest: int) -> None:
    """Mail was stored; `newest`: INTERNALDATE of the last of it."""
    connection.run(_STORED, b_id=id, now=now, newest=newest)


def failed(connection: Connection, id: str, now: int, step: str, words: str) -> None:
    """A step fails."""
    watch(connection, id, now)
    connection.run(_FAILED, b_id=id, now=now, at_step=step, said=words[:500])


def sends(connection: Connection, id: str, step: str, words: str) -> None:
    """Which step fails of those before a mail leaves; empty: it leaves."""
    connection.run(_SENDS, b_id=id, at_step=step, said=words[:500])


def change_alarm(connection: Connection, id: str, was: Alarm, to: Alarm, now: int) -> bool:
    """False when somebody else was faster."""
    return connection.run(_ALARM, b_id=id, was=was, now_is=to, now=now) > 0


def probe_sent(connection: Connection, id: str, mail: str, now: int) -> None:
    """A probe mail is under way; of the one before nothing is expected any more."""
    watch(connection, id, now)
    connection.run(_PROBE, b_id=id, mail=mail, now=now)


def probe_came(connection: Connection, id: str, mail: str, now: int) -> bool:
    """The newest one is back; False for any other."""
    return connection.run(_CAME, b_id=id, mail=mail, now=now) > 0


def reconciled(connection: Connection, id: str, now: int, found: Mapping[str, Any]) -> None:
    """Its folders were compared with the record."""
    watch(connection, id, now)
    connection.run(_RECONCILED, b_id=id, now=now, found=json.dumps(dict(found)))


def read_again(connection: Connection, id: str, since: int) -> None:
    """What came since this restored backup was read again."""
    connection.run(_AGAIN, b_id=id, since=since)


def _health(row: Row) -> Health:
    values = {name: getattr(row, name) for name in Health.__dataclass_fields__}
    return Health(**(values | {"reconciled": json.loads(row.reconciled)}))
