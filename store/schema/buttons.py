"""Office calendars, buttons, and how contacts prove who they are there."""

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from store.schema import columns as c

calendar = Table(
    "calendar",
    c.metadata,
    c.text("id"),
    Column("version", Integer, nullable=False),
    c.text("name"),
    c.text("document"),  # routing.hours.Calendar as JSON
    c.at("since", nullable=False),  # from then on it holds, whatever older versions said
    c.at("created_at", nullable=False),
    c.maybe("by_id"),
    PrimaryKeyConstraint("id", "version"),
)

button = Table(
    "button",
    c.metadata,
    c.id(),
    Column("key", Text, nullable=False, unique=True),
    c.maybe("former_key"),
    c.at("former_until"),
    c.ref("customer_id", "customer.id"),
    c.text("name"),
    c.text("calendar_id"),
    c.text("origins", "[]"),
    c.text("policy", "open"),  # open, verified
    c.text("language", "en"),
    c.number("active", 1),
    c.at("created_at", nullable=False),
    Index("button_by_former_key", "former_key"),
)

button_secret = Table(
    "button_secret",
    c.metadata,
    c.ref("button_id", "button.id"),
    c.text("kid"),
    c.text("algorithm"),  # HS256, ES256 …: one per key
    Column("key_sealed", LargeBinary, nullable=False),
    c.at("created_at", nullable=False),
    c.at("revoked_at"),
    PrimaryKeyConstraint("button_id", "kid"),
)

token_use = Table(
    "token_use",
    c.metadata,
    c.ref("button_id", "button.id"),
    c.text("subject"),
    c.text("jti"),
    c.at("expires_at", nullable=False),
    c.number("uses"),
    PrimaryKeyConstraint("button_id", "subject", "jti"),
)

mailed_code = Table(
    "mailed_code",
    c.metadata,
    c.ref("button_id", "button.id"),
    c.text("email"),
    c.text("code_hash"),
    c.at("expires_at", nullable=False),
    c.number("attempts"),
    PrimaryKeyConstraint("button_id", "email"),
)
