"""What the desk knows of itself, what falls due, what was answered, what happened."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, Text

from store.schema import columns as c

meta = Table("meta", c.metadata, Column("key", Text, primary_key=True), c.text("value"))

setting = Table("setting", c.metadata, Column("key", Text, primary_key=True), c.text("value"))

job = Table(
    "job",
    c.metadata,
    Column("key", Text, primary_key=True),
    c.text("kind"),
    c.at("due_at", nullable=False),
    c.text("payload", "{}"),
    c.number("attempts"),
    c.number("version"),
    c.number("fence"),
    c.at("lease_until"),
    Index("job_by_due", "due_at"),
    c.partial_index("job_by_lease", "lease_until", where="lease_until IS NOT NULL"),
)

receipt = Table(
    "receipt",
    c.metadata,
    c.text("actor_id"),
    c.text("rid"),
    c.text("verb"),
    c.text("digest"),
    c.maybe("answer"),  # null once it is too old to be replayed
    c.at("at", nullable=False),
    PrimaryKeyConstraint("actor_id", "rid"),
    Index("receipt_by_at", "at"),
)

audit = Table(
    "audit",
    c.metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    c.at("at", nullable=False),
    c.maybe("actor_id"),
    c.text("action"),
    c.text("object"),
    c.text("detail"),
    c.text("hash"),
)
