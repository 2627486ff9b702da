"""Agents, when they are away, and how they sign in."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from store.schema import columns as c

agent = Table(
    "agent",
    c.metadata,
    c.id(),
    c.text("name"),
    Column("email", Text, nullable=False, unique=True),
    c.maybe("password_hash"),
    c.maybe("totp_secret"),
    c.number("totp_step"),
    c.text("roles", '["agent"]'),
    c.text("teams", "[]"),
    c.text("languages", '["en"]'),
    c.text("zone", "Europe/Bratislava"),
    c.text("hours", ""),  # their own, as routing.hours.Calendar in JSON; empty: whenever they are there
    c.text("language", ""),  # of their console; empty: as their browser wishes
    c.text("title", ""),
    c.text("signature", ""),  # under their mails; empty: their name and title
    c.maybe("photo"),  # sha256 of a re-encoded picture
    c.number("capacity", 3),
    c.number("reserved"),
    c.number("ring_seconds", 25),
    c.text("status", "offline"),  # as chosen: available, away, offline
    c.number("auto_answer"),
    c.number("missed_in_a_row"),
    c.at("offered_at"),
    c.at("gone_at"),  # first seen without a lease; null while present
    c.number("active", 1),
    c.maybe("successor_id"),  # who took over when they left
    c.text("sought", ""),
    c.at("created_at", nullable=False),
    Index("agent_by_sought", "sought"),
)

absence = Table(
    "absence",
    c.metadata,
    c.id(),
    c.ref("agent_id", "agent.id"),
    c.at("since", nullable=False),
    c.at("until", nullable=False),
    c.text("reason", ""),
    Index("absence_by_agent", "agent_id", "until"),
)

agent_session = Table(
    "agent_session",
    c.metadata,
    Column("id_hash", Text, primary_key=True),
    c.ref("agent_id", "agent.id"),
    c.text("csrf"),
    c.text("device", ""),  # what the browser called itself at the sign-in
    c.at("created_at", nullable=False),
    c.at("used_at", nullable=False),
    c.at("revoked_at"),
    Index("agent_session_by_agent", "agent_id"),
)

recovery_code = Table(
    "recovery_code",
    c.metadata,
    c.ref("agent_id", "agent.id"),
    c.text("code_hash"),
    c.at("used_at"),
    PrimaryKeyConstraint("agent_id", "code_hash"),
)

sign_in_link = Table(
    "sign_in_link",
    c.metadata,
    Column("token_hash", Text, primary_key=True),
    c.ref("agent_id", "agent.id"),
    c.at("expires_at", nullable=False),
    c.at("used_at"),
)
