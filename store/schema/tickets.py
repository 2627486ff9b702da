"""Tickets, who takes part in them, and what was said, read, rated and attached."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    UniqueConstraint,
)

from store.schema import columns as c

TICKET_NUMBERS = Sequence("ticket_number", start=1001, metadata=c.metadata)
"""Of PostgreSQL alone; asked by numbers.py."""

ticket = Table(
    "ticket",
    c.metadata,
    c.id(),
    Column("number", Integer, nullable=False, unique=True),
    c.ref("customer_id", "customer.id"),
    c.ref("button_id", "button.id", nullable=True),
    c.ref("contact_id", "contact.id"),  # who opened it
    c.text("subject", ""),
    c.text("channel"),  # chat, mail, voicemail, call
    c.text("status", "new"),
    Column("severity", Integer, nullable=True),  # null counts as 3
    Column("asked_severity", Integer, nullable=True),  # asked by the contact, not confirmed
    c.number("severity_confirmed"),
    c.ref("owner_id", "agent.id", nullable=True),
    c.number("technical"),  # second level was asked for
    c.number("pooled"),  # waits for, or was handed to, the pool
    c.number("in_doubt"),  # mails of which somebody is asked whether they go again
    c.number("public_seq"),
    c.number("internal_seq"),
    c.number("contact_read"),  # watermark of the contact's side in the public stream
    c.number("desk_read"),
    c.at("last_at", nullable=False),  # of the newest event in either stream: strictly increasing
    c.at("said_at"),  # of the newest public message
    c.at("starts_at"),  # of the clock of the earliest mail that is not answered yet
    c.maybe("linked_id"),
    c.at("created_at", nullable=False),
    c.at("solved_at"),
    c.at("closed_at"),
    Index("ticket_by_owner", "owner_id", "status"),
    # None holds last_at: it moves with each message, and each of these would be written anew with it.
    Index("ticket_by_customer", "customer_id"),
    Index("ticket_by_contact", "contact_id"),
    Index("ticket_by_status", "status"),
)

participant = Table(
    "participant",
    c.metadata,
    c.ref("ticket_id", "ticket.id"),
    c.ref("contact_id", "contact.id"),
    c.at("joined_at", nullable=False),
    c.at("left_at"),
    PrimaryKeyConstraint("ticket_id", "contact_id"),
    Index("participant_by_contact", "contact_id"),
)

member = Table(
    "member",
    c.metadata,
    c.ref("ticket_id", "ticket.id"),
    c.ref("agent_id", "agent.id"),
    c.at("joined_at", nullable=False),
    c.at("left_at"),
    PrimaryKeyConstraint("ticket_id", "agent_id"),
    Index("member_by_agent", "agent_id"),
)

event = Table(
    "event",
    c.metadata,
    c.text("stream"),  # the ticket's id, or the ticket's id + "/i"
    Column("seq", Integer, nullable=False),
    c.ref("ticket_id", "ticket.id"),
    c.at("at", nullable=False),
    c.text("kind"),
    c.maybe("by_id"),
    c.text("frame"),  # the bytes every follower gets, as text
    PrimaryKeyConstraint("stream", "seq"),
)

message = Table(
    "message",
    c.metadata,
    c.ref("ticket_id", "ticket.id"),
    c.text("stream"),
    Column("seq", Integer, nullable=False),
    c.text("author_role"),  # contact, agent, system
    c.maybe("author_id"),
    c.maybe("rid"),
    c.text("digest", ""),  # of the request that said it, empty for one that did more than say
    c.text("channel"),
    c.text("body"),
    c.text("files", "[]"),
    c.at("at", nullable=False),
    c.maybe("mailed"),  # id of the outgoing mail that carried it to an absent contact
    PrimaryKeyConstraint("stream", "seq"),
    UniqueConstraint("author_id", "rid"),
)

read_mark = Table(
    "read_mark",
    c.metadata,
    c.ref("ticket_id", "ticket.id"),
    c.text("person_id"),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("ticket_id", "person_id"),
)

rating = Table(
    "rating",
    c.metadata,
    c.ref("ticket_id", "ticket.id"),
    c.ref("contact_id", "contact.id"),
    Column("score", Integer, nullable=False),
    c.text("text", ""),
    c.at("at", nullable=False),
    PrimaryKeyConstraint("ticket_id", "contact_id"),
)

file = Table(
    "file",
    c.metadata,
    c.id(),
    c.text("name"),
    c.text("type"),
    Column("bytes", BigInteger, nullable=False),
    c.text("sha256"),
    c.maybe("preview_sha256"),  # a re-encoded picture, the only bytes ever shown inline
    c.text("by_id"),
    c.ref("ticket_id", "ticket.id", nullable=True),  # set when a message carries it
    c.number("scanned"),  # a virus scanner looked at it
    c.text("found", ""),  # what it found there
    c.at("created_at", nullable=False),
    c.partial_index("file_unscanned", "created_at", where="scanned = 0"),
)
