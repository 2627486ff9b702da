"""What an export holds of each noun, what it withholds, and the statements that read it page by page.

Every column of the schema stands in exactly one of the two lists: a new one is exported only when somebody said so.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, Select, and_, bindparam, or_, select, union
from sqlalchemy.types import Integer

from store import schema
from store.schema import metadata

COLUMNS: dict[str, str] = {
    "setting": "key value",
    "customer": "id name domains zone language playbook named_id created_at",
    "stand_in": "customer_id rank agent_id",
    "add_on": "id customer_id plan fee_cents currency since until",
    "contact": (
        "id customer_id name email subject verified coordinator title language zone became_id created_at seen_at"
    ),
    "agent": (
        "id name email roles teams languages zone hours language title signature photo capacity reserved ring_seconds "
        "status auto_answer missed_in_a_row offered_at gone_at active successor_id created_at"
    ),
    "absence": "id agent_id since until reason",
    "calendar": "id version name document since created_at by_id",
    "button": ("id key former_key former_until customer_id name calendar_id origins policy language active created_at"),
    "ticket": (
        "id number customer_id button_id contact_id subject channel status severity asked_severity severity_confirmed "
        "owner_id technical pooled in_doubt public_seq internal_seq contact_read desk_read last_at said_at starts_at "
        "linked_id created_at solved_at closed_at"
    ),
    "participant": "ticket_id contact_id joined_at left_at",
    "member": "ticket_id agent_id joined_at left_at",
    "chat": (
        "id ticket_id button_id contact_id state step because serving_id dedicated tried waiting_since forgiven_at "
        "grace_until contact_gone_at language zone version started_at served_at ended_at ended_because"
    ),
    "ring": "id kind ticket_id chat_id agent_id from_id note why hands_owner created_at expires_at ended_at outcome",
    "offer": "id ticket_id kind words payload created_at expires_at answered",
    "event": "stream seq ticket_id at kind by_id frame",
    "message": "ticket_id stream seq author_role author_id rid channel body files at mailed",
    "read_mark": "ticket_id person_id seq",
    "rating": "ticket_id contact_id score text at",
    "file": "id name type bytes sha256 preview_sha256 by_id ticket_id scanned found created_at",
    "mailbox": "id address name customer_id calendar_id endpoint active since created_at",
    "incoming_mail": (
        "id mailbox_id folder uidvalidity uid sha256 bytes internal_at received_at polled_at committed_at moved_in "
        "state reason attempts flagged item_id"
    ),
    "mail_item": (
        "id key message_id kind reason sender proven urgent subject ticket_id seq sent_at relayed_at received_at "
        "starts_at created_at"
    ),
    "outgoing_mail": (
        "id kind mailbox_id ticket_id seq by_id name subject body details message_id sha256 state attempts created_at "
        "send_at accepted_at alarmed_at asked_at vouched_by"
    ),
    "outgoing_recipient": "mail_id address name role state reason at doubts",
    "audit": "number at actor_id action object detail hash",
}

WITHHELD: dict[str, str] = {
    "meta": "of this installation alone",
    "contact_session": "lets in",
    "agent_session": "lets in",
    "sign_in_link": "lets in",
    "recovery_code": "lets in",
    "button_secret": "signs for people",
    "token_use": "of this installation alone",
    "mailed_code": "lets in",
    "singleton": "of this installation alone",
    "mail_view": "made of the mail itself",
    "mail_cursor": "of this installation alone",
    "mailbox_health": "of this installation alone",
    "mailbox.secret_sealed": "lets in",
    "job": "of this installation alone",
    "receipt": "of this installation alone",
    "agent.password_hash": "lets in",
    "agent.totp_secret": "lets in",
    "agent.totp_step": "lets in",
    "customer_domain": "made of other columns",
    "customer.sought": "made of other columns",
    "contact.sought": "made of other columns",
    "agent.sought": "made of other columns",
    "message.digest": "of this installation alone",
}

DOCUMENTS = {
    "setting": "value",
    "customer": "domains",
    "agent": "roles teams languages",
    "calendar": "document",
    "button": "origins",
    "chat": "tried",
    "ring": "why",
    "offer": "payload",
    "event": "frame",
    "message": "files",
    "mailbox": "endpoint",
    "outgoing_mail": "details",
    "audit": "detail",
}
"""Columns that are JSON."""

TRUTHS = {
    "contact": "verified coordinator",
    "agent": "auto_answer active",
    "button": "active",
    "ticket": "severity_confirmed technical pooled",
    "chat": "dedicated",
    "ring": "hands_owner",
    "mailbox": "active",
    "incoming_mail": "moved_in flagged",
    "mail_item": "proven urgent",
    "file": "scanned",
}
"""Columns that are 0 or 1."""

ORDER = tuple(table.name for table in reversed(metadata.sorted_tables) if table.name in COLUMNS)
"""What names others comes before them: each page sees the record a little later, so that what a row names is there."""


def keys(noun: str) -> tuple[str, ...]:
    """The columns by which its rows are told apart and ordered."""
    return tuple(column.name for column in metadata.tables[noun].primary_key)


def before_first(noun: str) -> dict[str, Any]:
    """What comes before every key."""
    columns = metadata.tables[noun].c
    return {f"after_{name}": -1 if isinstance(columns[name].type, Integer) else "" for name in keys(noun)}


def _pages(noun: str, *where: ColumnElement[bool]) -> Select[Any]:
    table = metadata.tables[noun]
    columns = [table.c[name] for name in COLUMNS[noun].split()]
    order = [table.c[name] for name in keys(noun)]
    return (
        select(*columns).where(_after(order), *where, *_SHOWN.get(noun, ())).order_by(*order).limit(bindparam("most"))
    )


def _after(order: list[Column[Any]]) -> ColumnElement[bool]:
    """(a, b) > (x, y), spelled so that both databases use the key's index."""
    first, *rest = order
    beyond: ColumnElement[bool] = first > bindparam(f"after_{first.name}")
    if not rest:
        return beyond
    return or_(beyond, and_(first == bindparam(f"after_{first.name}"), _after(rest)))


_SHOWN: dict[str, tuple[ColumnElement[bool], ...]] = {
    "outgoing_mail": (schema.outgoing_mail.c.kind != "code",),  # a code lets in
    "outgoing_recipient": (
        schema.outgoing_recipient.c.mail_id.in_(
            select(schema.outgoing_mail.c.id).where(schema.outgoing_mail.c.kind != "code")
        ),
    ),
}

_OWNER: BindParameter[str] = bindparam("customer")
_TICKETS = select(schema.ticket.c.id).where(schema.ticket.c.customer_id == _OWNER)
_PEOPLE = (
    select(schema.event.c.by_id).where(schema.event.c.ticket_id.in_(_TICKETS)),
    select(schema.member.c.agent_id).where(schema.member.c.ticket_id.in_(_TICKETS)),
    select(schema.ring.c.agent_id).where(schema.ring.c.ticket_id.in_(_TICKETS)),
    select(schema.ring.c.from_id).where(schema.ring.c.ticket_id.in_(_TICKETS)),
    select(schema.chat.c.serving_id).where(schema.chat.c.ticket_id.in_(_TICKETS)),
    select(schema.ticket.c.owner_id).where(schema.ticket.c.customer_id == _OWNER),
    select(schema.customer.c.named_id).where(schema.customer.c.id == _OWNER),
    select(schema.stand_in.c.agent_id).where(schema.stand_in.c.customer_id == _OWNER),
)
_HOURS = union(
    select(schema.button.c.calendar_id).where(schema.button.c.customer_id == _OWNER),
    select(schema.mailbox.c.calendar_id).where(schema.mailbox.c.customer_id == _OWNER),
)
_ITEMS = select(schema.mail_item.c.id).where(schema.mail_item.c.ticket_id.in_(_TICKETS))
_LEFT = select(schema.outgoing_mail.c.id).where(schema.outgoing_mail.c.ticket_id.in_(_TICKETS))
_BOXES = select(schema.mailbox.c.id).where(
    or_(schema.mailbox.c.customer_id == _OWNER, schema.mailbox.c.customer_id.is_(None))
)
"""Theirs, and the pool's: another customer's copy of the same mail is not theirs."""


def _theirs(noun: str) -> ColumnElement[bool] | None:
    """Which rows are a customer's; None: none are."""
    columns = metadata.tables[noun].c
    if noun == "customer":
        return schema.customer.c.id == _OWNER
    elif noun == "agent":
        return or_(*(schema.agent.c.id.in_(each) for each in _PEOPLE))
    elif noun == "calendar":
        return schema.calendar.c.id.in_(_HOURS)
    elif noun == "mailbox":
        return schema.mailbox.c.id.in_(_BOXES)
    elif noun == "incoming_mail":
        mail = schema.incoming_mail.c
        return and_(mail.item_id.in_(_ITEMS), mail.mailbox_id.in_(_BOXES))
    elif noun == "outgoing_recipient":
        return schema.outgoing_recipient.c.mail_id.in_(_LEFT)
    elif "customer_id" in columns:
        return columns["customer_id"] == _OWNER
    elif "ticket_id" in columns:
        return columns["ticket_id"].in_(_TICKETS)
    else:
        return None


ALL = {noun: _pages(noun) for noun in ORDER}
"""Parameters: `most`, and `after_…` for each part of the key."""

OF_CUSTOMER = {noun: _pages(noun, where) for noun in ORDER if (where := _theirs(noun)) is not None}
"""The same, with `customer`."""
