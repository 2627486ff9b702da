"""Tickets: the look-up that brings the relations along, the rows that change, the numbers. Chats: chats.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, insert, or_, select, update

from routing.allow import Facts
from routing.ticket import Status
from store.chats import CHAT_COLUMNS, OpenChat, chat_of
from store.engine import Connection, Row, upsert
from store.joined import joined
from store.numbers import next_ticket_number
from store.schema import (
    SERVE,
    add_on,
    chat,
    contact,
    customer,
    mail_item,
    member,
    participant,
    ring,
    stand_in,
    ticket,
)


@dataclass(slots=True)
class Ticket:
    """A ticket inside one transaction; what the verb changes is written back by `save`. Fields as the columns are."""

    id: str
    number: int
    customer_id: str
    button_id: str | None
    contact_id: str
    subject: str
    channel: str
    status: Status
    severity: int | None
    asked_severity: int | None
    severity_confirmed: int
    owner_id: str | None
    technical: int
    pooled: int
    in_doubt: int
    public_seq: int
    internal_seq: int
    contact_read: int
    desk_read: int
    last_at: int
    said_at: int | None
    starts_at: int | None
    linked_id: str | None
    created_at: int
    solved_at: int | None
    closed_at: int | None


@dataclass(slots=True)
class Found:
    """A ticket with its open chat, its people, and the facts by which rules judge it.

    The chat is made of its row when somebody asks for it: most messages never do.
    """

    ticket: Ticket
    customer_name: str
    contact_name: str
    contact_verified: bool
    named_id: str | None
    stand_ins: frozenset[str]
    members: frozenset[str]
    participants: frozenset[str]
    rung: frozenset[str]
    _row: Row | None
    _chat: OpenChat | None = None
    _was: OpenChat | None = None

    @property
    def has_chat(self) -> bool:
        """Whether a chat is open."""
        return self._row is not None or self._chat is not None

    @property
    def chat(self) -> OpenChat | None:
        """The open chat; the same object for the whole verb."""
        if self._row is not None:
            self.begin(chat_of(self._row))
        return self._chat

    @property
    def has_moved(self) -> bool:
        """Whether the chat is another than it was in the record."""
        return self._chat is not None and self._chat != self._was

    def begin(self, chat: OpenChat) -> None:
        """This is the open chat, as the record has it."""
        self._chat, self._was, self._row = chat, chat.copy(), None

    def end(self) -> None:
        """No chat is open any more."""
        self._chat = self._was = self._row = None

    @property
    def facts(self) -> Facts:
        """How the ticket stands to people now."""
        return Facts(
            "ticket",
            self.ticket.customer_id,
            self.ticket.owner_id,
            self._serving,
            self.members,
            self.rung,
            self.participants,
            self.named_id,
            self.stand_ins,
            bool(self.ticket.pooled),
            bool(self.ticket.technical),
            self.ticket.status,
        )

    @property
    def _serving(self) -> str | None:
        if self._row is not None:
            serving: str | None = self._row.chat_serving_id
            return serving
        else:
            return None if self._chat is None else self._chat.state.serving


def _ids(table: Table, column: str, *where: ColumnElement[bool]) -> ColumnElement[Any]:
    """All ids of a column as one text; ids contain no comma."""
    found = select(joined(table.c[column])).where(*where).correlate(ticket)
    return found.scalar_subquery().label(f"ids_{table.name}")


_FIELDS = tuple(Ticket.__dataclass_fields__)
_COLUMNS = (
    *(ticket.c[name] for name in _FIELDS),
    customer.c.name.label("customer_name"),
    customer.c.named_id,
    contact.c.name.label("contact_name"),
    contact.c.verified.label("contact_verified"),
    _ids(stand_in, "agent_id", stand_in.c.customer_id == ticket.c.customer_id),
    _ids(member, "agent_id", member.c.ticket_id == ticket.c.id, member.c.left_at.is_(None)),
    _ids(participant, "contact_id", participant.c.ticket_id == ticket.c.id, participant.c.left_at.is_(None)),
    _ids(ring, "agent_id", ring.c.ticket_id == ticket.c.id, ring.c.ended_at.is_(None)),
    *CHAT_COLUMNS,
)
_serve = ring.alias("serve")
_FROM = (
    ticket.join(customer, customer.c.id == ticket.c.customer_id)
    .join(contact, contact.c.id == ticket.c.contact_id)
    .outerjoin(chat, and_(chat.c.ticket_id == ticket.c.id, chat.c.ended_at.is_(None)))
    .outerjoin(_serve, and_(_serve.c.chat_id == chat.c.id, _serve.c.kind == SERVE, _serve.c.ended_at.is_(None)))
)
_WITH_RING = (
    *_COLUMNS,
    _serve.c.id.label("serve_id"),
    _serve.c.agent_id.label("serve_agent"),
    _serve.c.expires_at.label("serve_expires_at"),
)
_FIND = select(*_WITH_RING).select_from(_FROM).where(ticket.c.id == bindparam("id"))
_FIND_ALL = select(*_WITH_RING).select_from(_FROM).where(ticket.c.id.in_(bindparam("ids", expanding=True)))
_LOCK = select(ticket.c.id).where(ticket.c.id == bindparam("id")).with_for_update(key_share=True)
_SAVE = update(ticket).where(ticket.c.id == bindparam("b_id"))
_ADD = insert(ticket)
_NEXT_NUMBER = select(next_ticket_number())


def lock(connection: Connection, id: str) -> None:
    """Nobody else changes this ticket until the transaction ends; SQLite's only writer needs no lock."""
    if connection.dialect == "postgresql":
        connection.one(_LOCK, id=id)


def find(connection: Connection, id: str) -> Found | None:
    """The ticket with all that rules ask about it, in one statement."""
    row = connection.one(_FIND, id=id)
    return None if row is None else _found(row)


def find_all(connection: Connection, ids: Sequence[str]) -> list[Found]:
    """Several, in the order asked for; those that are not there are left out."""
    if not ids:
        return []
    found = {row.id: _found(row) for row in connection.all(_FIND_ALL, ids=list(ids))}
    return [found[id] for id in ids if id in found]


def _found(row: Row) -> Found:
    return Found(
        Ticket(*row[: len(_FIELDS)]),
        row.customer_name,
        row.contact_name,
        bool(row.contact_verified),
        row.named_id,
        _split(row.ids_stand_in),
        _split(row.ids_member),
        _split(row.ids_participant),
        _split(row.ids_ring),
        None if row.chat_id is None else row,
    )


def _split(text: str | None) -> frozenset[str]:
    return frozenset(text.split(",")) if text else frozenset()


values: Callable[[Ticket], tuple[Any, ...]] = attrgetter(*_FIELDS)
"""All of a ticket's columns, to be kept for `save`."""


def save(connection: Connection, changed: Ticket, before: tuple[Any, ...]) -> None:
    """Writes back what differs from `before`, a ticket's `values`."""
    now = values(changed)
    if now != before:
        different = {name: new for name, new, old in zip(_FIELDS, now, before, strict=True) if new != old}
        connection.run(_SAVE, b_id=changed.id, **different)


def add(connection: Connection, new: Ticket) -> None:
    """A new ticket. Raises Violation when its number was taken meanwhile."""
    connection.run(_ADD, **{name: getattr(new, name) for name in _FIELDS})


def next_number(connection: Connection) -> int:
    """One that no other ticket has, also none that is made at the same time; numbers may be left out."""
    return int(connection.scalar(_NEXT_NUMBER))


# People of a ticket -----------------------------------------------------------------------------------------------

_ADD_PARTICIPANT = upsert(participant, ("ticket_id", "contact_id"), lambda new: {"left_at": new.left_at})
_ADD_MEMBER = insert(member)
_MEMBER_BACK = (
    update(member)
    .where(member.c.ticket_id == bindparam("b_ticket"), member.c.agent_id == bindparam("b_agent"))
    .values(left_at=None)
)
_MEMBER_LEFT = (
    update(member)
    .where(member.c.ticket_id == bindparam("b_ticket"), member.c.agent_id == bindparam("b_agent"))
    .values(left_at=bindparam("at"))
)


_PARTICIPANT_LEFT = (
    update(participant)
    .where(participant.c.ticket_id == bindparam("b_ticket"), participant.c.contact_id == bindparam("b_contact"))
    .values(left_at=bindparam("at"))
)


def add_participant(connection: Connection, ticket_id: str, contact_id: str, at: int) -> None:
    """A contact takes part from now on, also one who had left."""
    connection.run(_ADD_PARTICIPANT, ticket_id=ticket_id, contact_id=contact_id, joined_at=at, left_at=None)


def add_member(connection: Connection, ticket_id: str, agent_id: str, at: int) -> None:
    """An agent joins, or joins again."""
    if not connection.run(_MEMBER_BACK, b_ticket=ticket_id, b_agent=agent_id):
        connection.run(_ADD_MEMBER, ticket_id=ticket_id, agent_id=agent_id, joined_at=at, left_at=None)


def end_participant(connection: Connection, ticket_id: str, contact_id: str, at: int) -> None:
    """A contact takes part no more."""
    connection.run(_PARTICIPANT_LEFT, b_ticket=ticket_id, b_contact=contact_id, at=at)


def end_member(connection: Connection, ticket_id: str, agent_id: str, at: int) -> None:
    """An agent leaves."""
    connection.run(_MEMBER_LEFT, b_ticket=ticket_id, b_agent=agent_id, at=at)


# Which tickets ----------------------------------------------------------------------------------------------------

_RECENT = (
    select(ticket.c.id)
    .join(participant, and_(participant.c.ticket_id == ticket.c.id, participant.c.contact_id == bindparam("contact")))
    .where(
        ticket.c.button_id == bindparam("button"),
        ticket.c.status != "closed",
        ticket.c.said_at >= bindparam("since"),
        participant.c.left_at.is_(None),
    )
    .order_by(ticket.c.last_at.desc())
    .limit(1)
)
_opening = (
    select(mail_item.c.proven)
    .where(mail_item.c.ticket_id == ticket.c.id, mail_item.c.seq.is_not(None))
    .order_by(mail_item.c.seq)
    .limit(1)
    .correlate(ticket)
    .scalar_subquery()
)
_OPENED_BY_MAIL = (
    select(ticket.c.id)
    .where(
        ticket.c.contact_id == bindparam("contact"),
        ticket.c.channel == "mail",
        ticket.c.created_at >= bindparam("since"),
        _opening == bindparam("proven"),
    )
    .order_by(ticket.c.created_at.desc(), ticket.c.number.desc())
    .limit(bindparam("most"))
)
_OPENED_BY_STRANGERS = (
    select(ticket.c.id)
    .join(contact, contact.c.id == ticket.c.contact_id)
    .where(
        contact.c.customer_id == bindparam("customer"),
        contact.c.verified == 0,
        contact.c.email.is_not(None),
        contact.c.created_at >= bindparam("new_since"),
        ticket.c.channel == "mail",
        ticket.c.created_at >= bindparam("since"),
        _opening == 0,
    )
    .limit(bindparam("most"))
)
_OF_CONTACT = (
    select(ticket.c.id)
    .join(participant, participant.c.ticket_id == ticket.c.id)
    .where(participant.c.contact_id == bindparam("contact"), participant.c.left_at.is_(None))
    .order_by(ticket.c.last_at.desc())
    .limit(bindparam("most"))
)
_OF_CUSTOMER = (
    select(ticket.c.id)
    .where(ticket.c.customer_id == bindparam("customer"))
    .order_by(ticket.c.last_at.desc())
    .limit(bindparam("most"))
)
_unsolved = ticket.c.status.in_(("new", "open", "waiting"))
_OF_AGENT = (
    select(ticket.c.id)
    .outerjoin(chat, and_(chat.c.ticket_id == ticket.c.id, chat.c.ended_at.is_(None)))
    .outerjoin(
        member,
        and_(member.c.ticket_id == ticket.c.id, member.c.agent_id == bindparam("agent"), member.c.left_at.is_(None)),
    )
    .where(
        or_(
            and_(ticket.c.owner_id == bindparam("agent"), or_(_unsolved, ticket.c.in_doubt > 0)),
            chat.c.serving_id == bindparam("agent"),
            and_(member.c.agent_id.is_not(None), _unsolved),
            and_(chat.c.state.in_(("waiting", "ringing")), bindparam("pool") == 1, ticket.c.pooled == 1),
            and_(chat.c.id.is_not(None), bindparam("lead") == 1),
            and_(ticket.c.technical == 1, _unsolved, bindparam("second") == 1),
        )
    )
    .order_by(ticket.c.last_at.desc())
    .limit(bindparam("most"))
)
_NAMED = (
    select(customer.c.named_id, add_on.c.since, add_on.c.until)
    .outerjoin(add_on, add_on.c.customer_id == customer.c.id)
    .where(customer.c.id == bindparam("customer"))
    .order_by(add_on.c.since.desc())
)


def recent(connection: Connection, contact: str, button: str, since: int) -> str | None:
    """The contact's newest ticket by this button with a public message since then, not closed."""
    return cast("str | None", connection.scalar(_RECENT, contact=contact, button=button, since=since))


def opened_by_mail(connection: Connection, contact: str, since: int, most: int, *, proven: bool) -> list[str]:
    """Tickets that mails in the name of a contact opened since, proven ones or the others, the newest first."""
    rows = connection.all(_OPENED_BY_MAIL, contact=contact, since=since, most=most, proven=int(proven))
    return [row.id for row in rows]


def opened_by_strangers(connection: Connection, customer: str, new_since: int, since: int, most: int) -> int:
    """How many tickets, `most` at most, unproven mails opened since in the name of addresses that a customer has only
    since `new_since`.
    """
    rows = connection.all(_OPENED_BY_STRANGERS, customer=customer, new_since=new_since, since=since, most=most)
    return len(rows)


def of_contact(connection: Connection, contact: str, most: int = 100) -> list[str]:
    """Ids of what a contact takes part in, newest first."""
    return [row.id for row in connection.all(_OF_CONTACT, contact=contact, most=most)]


def of_customer(connection: Connection, customer: str, most: int = 100) -> list[str]:
    """Ids of all of a customer's, newest first."""
    return [row.id for row in connection.all(_OF_CUSTOMER, customer=customer, most=most)]


def of_agent(connection: Connection, agent: str, *, pool: bool, second: bool, lead: bool, most: int = 100) -> list[str]:
    """Ids of what an agent owns, serves, is a member of, and of what waits for their team; newest first."""
    rows = connection.all(_OF_AGENT, agent=agent, pool=int(pool), second=int(second), lead=int(lead), most=most)
    return [row.id for row in rows]
