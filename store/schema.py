"""Every table of the record; no statement lives here (store/<noun>.py) and no migration (store/migrations/).

Columns are plain so that SQLite, PostgreSQL and the raw driver path agree: instants are BIGINT microseconds since
1970 UTC (`…_at`, `since`, `until`), ids and documents are text (documents: JSON), truth values are 0 or 1. `sought`
is what lists are ordered by and searched in: names and addresses without capitals and accents (store/seeking.py).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

metadata = MetaData()


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, ForeignKey(target), nullable=nullable)


def _at(name: str, *, nullable: bool = True) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _text(name: str, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _maybe(name: str) -> Column[str]:
    return Column(name, Text, nullable=True)


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text(str(default)))


# What the desk knows of itself ------------------------------------------------------------------------------------

meta = Table("meta", metadata, Column("key", Text, primary_key=True), _text("value"))

setting = Table("setting", metadata, Column("key", Text, primary_key=True), _text("value"))

# Customers and their people ---------------------------------------------------------------------------------------

customer = Table(
    "customer",
    metadata,
    _id(),
    _text("name"),
    _text("domains", "[]"),
    _text("zone", "UTC"),
    _text("language", "en"),
    _text("playbook", ""),
    Column("named_id", Text, ForeignKey("agent.id"), nullable=True),
    _text("sought", ""),
    _at("created_at", nullable=False),
    Index("customer_by_sought", "sought"),
    Index("customer_by_named", "named_id"),
)

stand_in = Table(
    "stand_in",
    metadata,
    _ref("customer_id", "customer.id"),
    Column("rank", Integer, nullable=False),
    _ref("agent_id", "agent.id"),
    PrimaryKeyConstraint("customer_id", "rank"),
    Index("stand_in_by_agent", "agent_id"),
)

add_on = Table(
    "add_on",
    metadata,
    _id(),
    _ref("customer_id", "customer.id"),
    _text("plan"),
    _number("fee_cents"),
    _text("currency", "EUR"),
    _at("since", nullable=False),
    _at("until"),
    Index("add_on_by_customer", "customer_id", "since"),
)

contact = Table(
    "contact",
    metadata,
    _id(),
    _ref("customer_id", "customer.id"),
    _text("name", ""),
    _maybe("email"),
    _maybe("subject"),  # `sub` of the customer's own tokens
    _number("verified"),
    _number("coordinator"),
    _maybe("title"),
    _text("language", "en"),
    _text("zone", "UTC"),
    _maybe("became_id"),  # a visitor who was verified is this contact since
    _text("sought", ""),
    _at("created_at", nullable=False),
    _at("seen_at"),
    Index("contact_by_sought", "customer_id", "sought"),
    Index("contact_by_email", "customer_id", "email"),
    Index("contact_by_subject", "customer_id", "subject"),
)

contact_session = Table(
    "contact_session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _ref("contact_id", "contact.id"),
    _ref("button_id", "button.id"),
    _at("created_at", nullable=False),
    _at("used_at", nullable=False),
    _at("revoked_at"),
    Index("contact_session_by_contact", "contact_id"),
)

# Agents -----------------------------------------------------------------------------------------------------------

agent = Table(
    "agent",
    metadata,
    _id(),
    _text("name"),
    Column("email", Text, nullable=False, unique=True),
    _maybe("password_hash"),
    _maybe("totp_secret"),
    _number("totp_step"),
    _text("roles", '["agent"]'),
    _text("teams", "[]"),
    _text("languages", '["en"]'),
    _text("zone", "Europe/Bratislava"),
    _text("hours", ""),  # their own, as routing.hours.Calendar in JSON; empty: whenever they are there
    _text("language", ""),  # of their console; empty: as their browser wishes
    _text("title", ""),
    _maybe("photo"),  # sha256 of a re-encoded picture
    _number("capacity", 3),
    _number("reserved"),
    _number("ring_seconds", 25),
    _text("status", "offline"),  # as chosen: available, away, offline
    _number("auto_answer"),
    _number("missed_in_a_row"),
    _at("offered_at"),
    _at("gone_at"),  # first seen without a lease; null while present
    _number("active", 1),
    _maybe("successor_id"),  # who took over when they left
    _text("sought", ""),
    _at("created_at", nullable=False),
    Index("agent_by_sought", "sought"),
)

absence = Table(
    "absence",
    metadata,
    _id(),
    _ref("agent_id", "agent.id"),
    _at("since", nullable=False),
    _at("until", nullable=False),
    _text("reason", ""),
    Index("absence_by_agent", "agent_id", "until"),
)

agent_session = Table(
    "agent_session",
    metadata,
    Column("id_hash", Text, primary_key=True),
    _ref("agent_id", "agent.id"),
    _text("csrf"),
    _text("device", ""),  # what the browser called itself at the sign-in
    _at("created_at", nullable=False),
    _at("used_at", nullable=False),
    _at("revoked_at"),
    Index("agent_session_by_agent", "agent_id"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    _ref("agent_id", "agent.id"),
    _text("code_hash"),
    _at("used_at"),
    PrimaryKeyConstraint("agent_id", "code_hash"),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _ref("agent_id", "agent.id"),
    _at("expires_at", nullable=False),
    _at("used_at"),
)

# Office calendars and buttons -------------------------------------------------------------------------------------

calendar = Table(
    "calendar",
    metadata,
    _text("id"),
    Column("version", Integer, nullable=False),
    _text("name"),
    _text("document"),  # routing.hours.Calendar as JSON
    _at("since", nullable=False),  # from then on it holds, whatever older versions said
    _at("created_at", nullable=False),
    _maybe("by_id"),
    PrimaryKeyConstraint("id", "version"),
)

button = Table(
    "button",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    _maybe("former_key"),
    _at("former_until"),
    _ref("customer_id", "customer.id"),
    _text("name"),
    _text("calendar_id"),
    _text("origins", "[]"),
    _text("policy", "open"),  # open, verified
    _text("language", "en"),
    _number("active", 1),
    _at("created_at", nullable=False),
    Index("button_by_former_key", "former_key"),
)

button_secret = Table(
    "button_secret",
    metadata,
    _ref("button_id", "button.id"),
    _text("kid"),
    _text("algorithm"),  # HS256, ES256 …: one per key
    Column("key_sealed", LargeBinary, nullable=False),
    _at("created_at", nullable=False),
    _at("revoked_at"),
    PrimaryKeyConstraint("button_id", "kid"),
)

token_use = Table(
    "token_use",
    metadata,
    _ref("button_id", "button.id"),
    _text("subject"),
    _text("jti"),
    _at("expires_at", nullable=False),
    _number("uses"),
    PrimaryKeyConstraint("button_id", "subject", "jti"),
)

mailed_code = Table(
    "mailed_code",
    metadata,
    _ref("button_id", "button.id"),
    _text("email"),
    _text("code_hash"),
    _at("expires_at", nullable=False),
    _number("attempts"),
    PrimaryKeyConstraint("button_id", "email"),
)

# Tickets, chats and what happens in them --------------------------------------------------------------------------

TICKET_NUMBERS = Sequence("ticket_number", start=1001, metadata=metadata)
"""Of PostgreSQL alone; asked by numbers.py."""

ticket = Table(
    "ticket",
    metadata,
    _id(),
    Column("number", Integer, nullable=False, unique=True),
    _ref("customer_id", "customer.id"),
    Column("button_id", Text, ForeignKey("button.id"), nullable=True),
    _ref("contact_id", "contact.id"),  # who opened it
    _text("subject", ""),
    _text("channel"),  # chat, mail, voicemail, call
    _text("status", "new"),
    Column("severity", Integer, nullable=True),  # null counts as 3
    Column("asked_severity", Integer, nullable=True),  # asked by the contact, not confirmed
    _number("severity_confirmed"),
    Column("owner_id", Text, ForeignKey("agent.id"), nullable=True),
    _number("technical"),  # second level was asked for
    _number("pooled"),  # waits for, or was handed to, the pool
    _number("public_seq"),
    _number("internal_seq"),
    _number("contact_read"),  # watermark of the contact's side in the public stream
    _number("desk_read"),
    _at("last_at", nullable=False),  # of the newest event in either stream: strictly increasing
    _at("said_at"),  # of the newest public message
    _maybe("linked_id"),
    _at("created_at", nullable=False),
    _at("solved_at"),
    _at("closed_at"),
    Index("ticket_by_owner", "owner_id", "status"),
    # None holds last_at: it moves with each message, and each of these would be written anew with it.
    Index("ticket_by_customer", "customer_id"),
    Index("ticket_by_contact", "contact_id"),
    Index("ticket_by_status", "status"),
)

participant = Table(
    "participant",
    metadata,
    _ref("ticket_id", "ticket.id"),
    _ref("contact_id", "contact.id"),
    _at("joined_at", nullable=False),
    _at("left_at"),
    PrimaryKeyConstraint("ticket_id", "contact_id"),
    Index("participant_by_contact", "contact_id"),
)

member = Table(
    "member",
    metadata,
    _ref("ticket_id", "ticket.id"),
    _ref("agent_id", "agent.id"),
    _at("joined_at", nullable=False),
    _at("left_at"),
    PrimaryKeyConstraint("ticket_id", "agent_id"),
    Index("member_by_agent", "agent_id"),
)

chat = Table(
    "chat",
    metadata,
    _id(),
    _ref("ticket_id", "ticket.id"),
    _ref("button_id", "button.id"),
    _ref("contact_id", "contact.id"),
    _text("state"),
    _maybe("step"),
    _maybe("because"),
    Column("serving_id", Text, ForeignKey("agent.id"), nullable=True),
    _number("dedicated"),
    _text("tried", "[]"),  # agent ids of this round
    _at("waiting_since", nullable=False),
    _at("forgiven_at"),  # when the tried may be asked again
    _at("grace_until"),
    _at("contact_gone_at"),
    _text("language", "en"),
    _text("zone", "UTC"),
    _number("version"),
    _at("started_at", nullable=False),
    _at("served_at"),
    _at("ended_at"),
    _maybe("ended_because"),
    Index(
        "chat_open_by_ticket",
        "ticket_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index(
        "chat_open_by_contact",
        "contact_id",
        "button_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("chat_by_ticket", "ticket_id"),
    Index(
        "chat_open_by_state", "state", sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")
    ),
    Index(
        "chat_open_by_serving",
        "serving_id",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

SERVE: ColumnElement[str] = literal_column("'serve'")
"""The kind as part of a statement's text: as a bound value SQLite would plan the statement anew at each use of the
partial index below."""

ring = Table(
    "ring",
    metadata,
    _id(),
    _text("kind"),  # serve, join, transfer
    _ref("ticket_id", "ticket.id"),
    Column("chat_id", Text, ForeignKey("chat.id"), nullable=True),
    _ref("agent_id", "agent.id"),
    Column("from_id", Text, ForeignKey("agent.id"), nullable=True),
    _text("note", ""),
    _text("why", "{}"),
    _number("hands_owner"),
    _at("created_at", nullable=False),
    _at("expires_at", nullable=False),
    _at("ended_at"),
    _maybe("outcome"),  # accepted, declined, timeout, given_up; null while it rings
    Index(
        "ring_open_serve",
        "chat_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL AND kind = 'serve'"),
        postgresql_where=text("ended_at IS NULL AND kind = 'serve'"),
    ),
    Index(
        "ring_open_by_agent",
        "agent_id",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("ring_by_ticket", "ticket_id"),
)

offer = Table(
    "offer",
    metadata,
    _id(),
    _ref("ticket_id", "ticket.id"),
    _text("kind"),  # change_agent, …
    _text("words"),
    _text("payload", "{}"),
    _at("created_at", nullable=False),
    _at("expires_at", nullable=False),
    _maybe("answered"),  # yes, no, lapsed
    Index("offer_by_ticket", "ticket_id"),
)

event = Table(
    "event",
    metadata,
    _text("stream"),  # the ticket's id, or the ticket's id + "/i"
    Column("seq", Integer, nullable=False),
    _ref("ticket_id", "ticket.id"),
    _at("at", nullable=False),
    _text("kind"),
    _maybe("by_id"),
    _text("frame"),  # the bytes every follower gets, as text
    PrimaryKeyConstraint("stream", "seq"),
)

message = Table(
    "message",
    metadata,
    _ref("ticket_id", "ticket.id"),
    _text("stream"),
    Column("seq", Integer, nullable=False),
    _text("author_role"),  # contact, agent, system
    _maybe("author_id"),
    _maybe("rid"),
    _text("digest", ""),  # of the request that said it, empty for one that did more than say
    _text("channel"),
    _text("body"),
    _text("files", "[]"),
    _at("at", nullable=False),
    _maybe("mailed"),  # id of the outgoing mail that carried it to an absent contact
    PrimaryKeyConstraint("stream", "seq"),
    UniqueConstraint("author_id", "rid"),
)

read_mark = Table(
    "read_mark",
    metadata,
    _ref("ticket_id", "ticket.id"),
    _text("person_id"),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("ticket_id", "person_id"),
)

rating = Table(
    "rating",
    metadata,
    _ref("ticket_id", "ticket.id"),
    _ref("contact_id", "contact.id"),
    Column("score", Integer, nullable=False),
    _text("text", ""),
    _at("at", nullable=False),
    PrimaryKeyConstraint("ticket_id", "contact_id"),
)

file = Table(
    "file",
    metadata,
    _id(),
    _text("name"),
    _text("type"),
    Column("bytes", BigInteger, nullable=False),
    _text("sha256"),
    _maybe("preview_sha256"),  # a re-encoded picture, the only bytes ever shown inline
    _text("by_id"),
    Column("ticket_id", Text, ForeignKey("ticket.id"), nullable=True),  # set when a message carries it
    _at("created_at", nullable=False),
)

# What falls due, what was answered, what leaves, what happened ------------------------------------------------------

job = Table(
    "job",
    metadata,
    Column("key", Text, primary_key=True),
    _text("kind"),
    _at("due_at", nullable=False),
    _text("payload", "{}"),
    _number("attempts"),
    _number("version"),
    _number("fence"),
    _at("lease_until"),
    Index("job_by_due", "due_at"),
    Index(
        "job_by_lease",
        "lease_until",
        sqlite_where=text("lease_until IS NOT NULL"),
        postgresql_where=text("lease_until IS NOT NULL"),
    ),
)

receipt = Table(
    "receipt",
    metadata,
    _text("actor_id"),
    _text("rid"),
    _text("verb"),
    _text("digest"),
    _maybe("answer"),  # null once it is too old to be replayed
    _at("at", nullable=False),
    PrimaryKeyConstraint("actor_id", "rid"),
    Index("receipt_by_at", "at"),
)

outgoing_mail = Table(
    "outgoing_mail",
    metadata,
    _id(),
    _text("kind"),  # code, unread, page, alarm:<chat>, …
    _text("recipient"),
    _text("subject"),
    _text("body"),
    Column("ticket_id", Text, ForeignKey("ticket.id"), nullable=True),
    _text("message_id"),
    _text("state", "queued"),
    _number("attempts"),
    _at("created_at", nullable=False),
    _at("handed_at"),
    Index("outgoing_mail_by_state", "state", "created_at"),
    Index("outgoing_mail_by_ticket", "ticket_id", "kind"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _at("at", nullable=False),
    _maybe("actor_id"),
    _text("action"),
    _text("object"),
    _text("detail"),
    _text("hash"),
)
