"""Chats, and whom they ring or what they offer."""

from sqlalchemy import ColumnElement, Index, Table, literal_column

from store.schema import columns as c

chat = Table(
    "chat",
    c.metadata,
    c.id(),
    c.ref("ticket_id", "ticket.id"),
    c.ref("button_id", "button.id"),
    c.ref("contact_id", "contact.id"),
    c.text("state"),
    c.maybe("step"),
    c.maybe("because"),
    c.ref("serving_id", "agent.id", nullable=True),
    c.number("dedicated"),
    c.text("tried", "[]"),  # agent ids of this round
    c.at("waiting_since", nullable=False),
    c.at("forgiven_at"),  # when the tried may be asked again
    c.at("grace_until"),
    c.at("contact_gone_at"),
    c.text("language", "en"),
    c.text("zone", "UTC"),
    c.number("version"),
    c.at("started_at", nullable=False),
    c.at("served_at"),
    c.at("ended_at"),
    c.maybe("ended_because"),
    c.partial_index("chat_open_by_ticket", "ticket_id", unique=True, where="ended_at IS NULL"),
    c.partial_index("chat_open_by_contact", "contact_id", "button_id", unique=True, where="ended_at IS NULL"),
    Index("chat_by_ticket", "ticket_id"),
    c.partial_index("chat_open_by_state", "state", where="ended_at IS NULL"),
    c.partial_index("chat_open_by_serving", "serving_id", where="ended_at IS NULL"),
)

SERVE: ColumnElement[str] = literal_column("'serve'")
"""The kind as part of a statement's text: as a bound value SQLite would plan the statement anew at each use of the
partial index below."""

ring = Table(
    "ring",
    c.metadata,
    c.id(),
    c.text("kind"),  # serve, join, transfer
    c.ref("ticket_id", "ticket.id"),
    c.ref("chat_id", "chat.id", nullable=True),
    c.ref("agent_id", "agent.id"),
    c.ref("from_id", "agent.id", nullable=True),
    c.text("note", ""),
    c.text("why", "{}"),
    c.number("hands_owner"),
    c.at("created_at", nullable=False),
    c.at("expires_at", nullable=False),
    c.at("ended_at"),
    c.maybe("outcome"),  # accepted, declined, timeout, given_up; null while it rings
    c.partial_index("ring_open_serve", "chat_id", unique=True, where="ended_at IS NULL AND kind = 'serve'"),
    c.partial_index("ring_open_by_agent", "agent_id", where="ended_at IS NULL"),
    Index("ring_by_ticket", "ticket_id"),
)

offer = Table(
    "offer",
    c.metadata,
    c.id(),
    c.ref("ticket_id", "ticket.id"),
    c.text("kind"),  # change_agent, …
    c.text("words"),
    c.text("payload", "{}"),
    c.at("created_at", nullable=False),
    c.at("expires_at", nullable=False),
    c.maybe("answered"),  # yes, no, lapsed
    Index("offer_by_ticket", "ticket_id"),
)
