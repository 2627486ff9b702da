"""Outgoing mail on its way: made, sent, accepted or not, for each recipient. As verbs queue it: outbox.py."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, func, select, update

from routing.outgoing import MOST_DOUBTS, UNDER_WAY, State
from store.engine import Connection, Row
from store.outbox import Role
from store.schema import outgoing_mail, outgoing_recipient


@dataclass(frozen=True)
class Recipient:
    """Somebody it goes to; `at` in microseconds, of the state. `doubts`: how often it was handed over without a last
    word.
    """

    address: str
    name: str
    role: Role
    state: State
    reason: str
    at: int
    doubts: int = 0


@dataclass(frozen=True)
class Mail:
    """One mail; instants in microseconds. `details`: what else it is made of, as desk/posting.py writes it.

    `asked_at`: since when somebody is asked whether it goes again, None: nobody is. `vouched_by`: the agent who said
    that it arrived.
    """

    id: str
    kind: str
    mailbox_id: str | None
    ticket_id: str | None
    seq: int | None
    by_id: str | None
    name: str
    subject: str
    body: str
    details: Mapping[str, Any]
    message_id: str | None
    sha256: str | None
    state: State
    attempts: int
    created_at: int
    send_at: int
    accepted_at: int | None
    alarmed_at: int | None
    asked_at: int | None
    vouched_by: str | None
    recipients: tuple[Recipient, ...]

    def recipient_of(self, address: str) -> Recipient | None:
        """Who has this address; None: the mail does not go there."""
        return next((each for each in self.recipients if each.address == address.lower()), None)

    @property
    def waiting(self) -> tuple[Recipient, ...]:
        """Who is to be tried: not those of whom it is not known, after the one more try that they get, nor while
        somebody is asked.
        """
        fresh = (each for each in self.recipients if each.role != "copy" and each.state in ("queued", "deferred"))
        return (*fresh, *(each for each in self.unknown if each.doubts < MOST_DOUBTS))

    @property
    def unknown(self) -> tuple[Recipient, ...]:
        """Of whom nobody knows whether a server took it, and nobody is asked."""
        return () if self.asked_at is not None else self.in_doubt

    @property
    def in_doubt(self) -> tuple[Recipient, ...]:
        """Of whom nobody knows whether a server took it."""
        return tuple(each for each in self.recipients if each.role != "copy" and each.state == "ambiguous")

    @property
    def under_way(self) -> bool:
        """Whether somebody still has to get it."""
        return any(each.state in UNDER_WAY for each in self.recipients if each.role != "copy")

    @property
    def never_left(self) -> bool:
        """Whether it failed before any of it was handed over."""
        return self.state == "bounced" and self.sha256 is None

    @property
    def recipient(self) -> str:
        """Whom it is to, in one line."""
        return ", ".join(each.address for each in self.recipients if each.role != "copy")


_RECIPIENTS = (
    select(outgoing_recipient)
    .where(outgoing_recipient.c.mail_id.in_(bindparam("mails", expanding=True)))
    .order_by(outgoing_recipient.c.mail_id, outgoing_recipient.c.role.desc(), outgoing_recipient.c.address)
)
_ONE = select(outgoing_mail).where(outgoing_mail.c.id == bindparam("id"))
_LOCK = select(outgoing_mail.c.id).where(outgoing_mail.c.id == bindparam("id")).with_for_update()
_BY_MESSAGE_ID = select(outgoing_mail.c.id).where(outgoing_mail.c.message_id == bindparam("message_id")).limit(1)
_LATEST = select(outgoing_mail).order_by(outgoing_mail.c.created_at.desc(), outgoing_mail.c.id).limit(bindparam("most"))
_PROBES = select(outgoing_mail.c.id, outgoing_mail.c.sha256).where(
    outgoing_mail.c.ticket_id.is_(None),
    outgoing_mail.c.kind == "probe",
    outgoing_mail.c.mailbox_id == bindparam("mailbox"),
    outgoing_mail.c.state.not_in(UNDER_WAY),
)
_OF_MAILS: BindParameter[Sequence[str]] = bindparam("mails", expanding=True)
_DROP = (
    delete(outgoing_recipient).where(outgoing_recipient.c.mail_id.in_(_OF_MAILS)),
    delete(outgoing_mail).where(outgoing_mail.c.id.in_(_OF_MAILS)),
)
_FREEZE = (
    update(outgoing_mail)
    .where(
        outgoing_mail.c.id == bindparam("b_id"), outgoing_mail.c.state != "withdrawn", outgoing_mail.c.sha256.is_(None)
    )
    .values(message_id=bindparam("made"), sha256=bindparam("bytes"))
)
_MOVE = (
    update(outgoing_recipient)
    .where(outgoing_recipient.c.mail_id == bindparam("b_mail"), outgoing_recipient.c.address == bindparam("b_address"))
    .values(
        state=bindparam("now_is"),
        reason=bindparam("because"),
        at=bindparam("now"),
        doubts=outgoing_recipient.c.doubts + bindparam("more"),
    )
)
_SET = (
    update(outgoing_mail)
    .where(outgoing_mail.c.id == bindparam("b_id"))
    .values(
        state=bindparam("now_is"),
        attempts=bindparam("tries"),
        accepted_at=bindparam("taken"),
        alarmed_at=bindparam("told"),
    )
)

_ASK = update(outgoing_mail).where(outgoing_mail.c.id == bindparam("b_id")).values(asked_at=bindparam("since"))
_ANEW = (
    update(outgoing_mail)
    .where(outgoing_mail.c.id == bindparam("b_id"))
    .values(alarmed_at=None, send_at=bindparam("leaves"))
)
_VOUCH = update(outgoing_mail).where(outgoing_mail.c.id == bindparam("b_id")).values(vouched_by=bindparam("agent"))
_ASKED = (
    select(func.count())
    .select_from(outgoing_mail)
    .where(outgoing_mail.c.ticket_id == bindparam("ticket"), outgoing_mail.c.asked_at.is_not(None))
)


def find(connection: Connection, id: str) -> Mail | None:
    """One mail with its recipients."""
    row = connection.one(_ONE, id=id)
    return None if row is None else _mails(connection, [row])[0]


def locked(connection: Connection, id: str) -> Mail | None:
    """The same; nobody else changes it until the end of the transaction."""
    connection.one(_LOCK, id=id)
    return find(connection, id)


def by_message_id(connection: Connection, message_id: str) -> str | None:
    """The id of the mail that left under this Message-ID."""
    id: str | None = connection.scalar(_BY_MESSAGE_ID, message_id=message_id)
    return id


def freeze(connection: Connection, id: str, message_id: str, sha256: str) -> bool:
    """These are its bytes from now on, whose blob is on the disk. False: it was taken back, or has bytes already."""
    return connection.run(_FREEZE, b_id=id, made=message_id, bytes=sha256) > 0


def move(connection: Connection, id: str, address: str, state: State, reason: str, now: int) -> None:
    """What became of one recipient."""
    connection.run(_MOVE, b_mail=id, b_address=address, now_is=state, because=reason[:500], now=now,
                   more=int(state == "ambiguous"))  # fmt: skip


def set_state(
    connection: Connection, id: str, state: State, attempts: int, accepted_at: int | None, alarmed_at: int | None
) -> None:
    """What became of all of it."""
    connection.run(_SET, b_id=id, now_is=state, tries=attempts, taken=accepted_at, told=alarmed_at)


def ask(connection: Connection, id: str, since: int | None) -> None:
    """Somebody is asked whether it goes again; None: nobody is any more."""
    connection.run(_ASK, b_id=id, since=since)


def anew(connection: Connection, id: str, at: int) -> None:
    """Somebody decided that it leaves then: the next alarm is another, and its days begin anew."""
    connection.run(_ANEW, b_id=id, leaves=at)


def vouch(connection: Connection, id: str, agent: str) -> None:
    """Who says that it arrived."""
    connection.run(_VOUCH, b_id=id, agent=agent)


def asked_about(connection: Connection, ticket: str) -> int:
    """About how many mails of a ticket somebody is asked."""
    return int(connection.scalar(_ASKED, ticket=ticket) or 0)


def latest(connection: Connection, most: int = 50) -> list[Mail]:
    """The newest mails."""
    return _mails(connection, connection.all(_LATEST, most=most))


def _mails(connection: Connection, rows: Sequence[Row]) -> list[Mail]:
    if not rows:
        return []
    found: dict[str, list[Recipient]] = {row.id: [] for row in rows}
    for each in connection.all(_RECIPIENTS, mails=list(found)):
        found[each.mail_id].append(
            Recipient(each.address, each.name, each.role, each.state, each.reason, each.at, each.doubts)
        )
    names = [name for name in Mail.__dataclass_fields__ if name not in ("details", "recipients")]
    return [
        Mail(
            **{name: getattr(row, name) for name in names},
            details=json.loads(row.details),
            recipients=tuple(found[row.id]),
        )
        for row in rows
    ]


def forget_probes(connection: Connection, mailbox: str) -> set[str]:
    """Those that this mailbox sent to itself and that are not on their way any more; their bytes, which may go."""
    found = connection.all(_PROBES, mailbox=mailbox)
    if found:
        for statement in _DROP:
            connection.run(statement, mails=[row.id for row in found])
    return {row.sha256 for row in found if row.sha256 is not None}
