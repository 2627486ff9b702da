"""Mailboxes, how far each was read, every mail that came, the items that mails are, and every mail that leaves."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from store.schema import columns as c

mailbox = Table(
    "mailbox",
    c.metadata,
    c.id(),
    Column("address", Text, nullable=False, unique=True),  # in lower case
    c.text("name", ""),  # what customers read beside the address
    c.ref("customer_id", "customer.id", nullable=True),  # dedicated to; null: the pool's general address
    c.text("calendar_id"),
    c.text("endpoint"),  # JSON: host, port, security, user, authentication, folder, done_folder
    Column("secret_sealed", LargeBinary, nullable=False),
    c.number("active", 1),
    c.at("since"),  # mail that came before is not taken; null: all
    c.at("created_at", nullable=False),
    Index("mailbox_by_customer", "customer_id"),
)

singleton = Table(
    "singleton",
    c.metadata,
    Column("name", Text, primary_key=True),
    c.text("holder"),
    Column("fence", BigInteger, nullable=False),
    Column("beat", BigInteger, nullable=False),
)

mail_cursor = Table(
    "mail_cursor",
    c.metadata,
    c.ref("mailbox_id", "mailbox.id"),
    c.text("folder"),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    PrimaryKeyConstraint("mailbox_id", "folder"),
)

mailbox_health = Table(
    "mailbox_health",
    c.metadata,
    Column("mailbox_id", Text, ForeignKey("mailbox.id"), primary_key=True),
    c.at("begun_at", nullable=False),  # since when it is watched, as it is set up now; all by the real time
    c.at("asked_at"),  # the last good answer of its server
    c.at("newest_at"),  # INTERNALDATE of the newest mail that is stored
    c.at("stored_at"),  # when that mail was stored
    c.number("behind"),  # mails that the server showed and the record had not yet
    c.at("behind_since"),
    c.text("step", ""),  # which fails, empty: none
    c.text("words", ""),  # of the server or the system about it
    c.at("failed_since"),
    c.text("send_step", ""),  # the same for mail that leaves
    c.text("send_words", ""),
    c.text("alarm", ""),  # of which admins were told: silent, probe; empty: of none
    c.at("alarmed_at"),
    c.text("probe", ""),  # the newest probe mail
    c.at("probe_sent_at"),
    c.at("probe_came_at"),
    Column("trip_us", BigInteger, nullable=True),  # of the last probe that came, the whole way
    c.at("reconciled_at"),
    c.text("reconciled", "{}"),  # JSON: what the comparison with the server found
    c.at("again_since"),  # the restore after which everything was read again
)

incoming_mail = Table(
    "incoming_mail",
    c.metadata,
    c.id(),
    c.ref("mailbox_id", "mailbox.id"),
    c.text("folder"),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    c.maybe("sha256"),  # of the raw bytes; null: they could not be fetched (yet)
    Column("bytes", BigInteger, nullable=False),
    c.at("internal_at"),  # INTERNALDATE as the server said it
    c.at("received_at", nullable=False),  # what counts: never later than the poll
    c.at("polled_at", nullable=False),
    c.at("committed_at", nullable=False),
    c.number("moved_in"),
    c.text("state", "stored"),  # stored, landed, quarantined, missing, left, erased
    c.text("reason", ""),
    c.number("attempts"),
    c.number("flagged"),  # told to the server
    c.maybe("item_id"),
    UniqueConstraint("mailbox_id", "folder", "uidvalidity", "uid"),
    c.partial_index("incoming_mail_by_stored", "committed_at", where="state = 'stored'"),
    c.partial_index("mail_by_trouble", "mailbox_id", where="state <> 'landed'"),
    c.partial_index("incoming_mail_by_unflagged", "mailbox_id", where="flagged = 0"),
    Index("incoming_mail_by_item", "item_id"),
    Index("incoming_mail_by_sha256", "sha256"),
)

mail_item = Table(
    "mail_item",
    c.metadata,
    c.id(),
    Column("key", Text, nullable=False, unique=True),  # of what makes two copies the same mail
    c.maybe("message_id"),
    c.text("kind"),  # human, auto, bounce, receipt, bulk, loop, calendar, unreadable
    c.text("reason", ""),
    c.text("sender", ""),
    c.number("proven"),  # its sender, as a server of ours saw it
    c.number("urgent"),  # it speaks of what may be severity 1 or 2
    c.text("subject", ""),
    c.ref("ticket_id", "ticket.id", nullable=True),
    Column("seq", Integer, nullable=True),  # of its message in the ticket's public stream
    c.at("sent_at"),  # `Date`, as the sender says
    c.at("relayed_at"),  # of the trusted `Received`
    c.at("received_at", nullable=False),
    c.at("starts_at"),  # of its clock; null: starts none
    c.at("created_at", nullable=False),
    Index("mail_item_by_message_id", "message_id"),
    Index("mail_item_by_ticket", "ticket_id"),
)

mail_view = Table(
    "mail_view",
    c.metadata,
    Column("item_id", Text, ForeignKey("mail_item.id"), primary_key=True),
    Column("packed", LargeBinary, nullable=False),  # what is shown of it beside its message: JSON, zlib
)

outgoing_mail = Table(
    "outgoing_mail",
    c.metadata,
    c.id(),
    c.text("kind"),  # code, unread, reply, ack, page, alarm:<what>, too_big, probe
    c.ref("mailbox_id", "mailbox.id", nullable=True),  # null: the pool's general one, as it stands then
    c.ref("ticket_id", "ticket.id", nullable=True),
    Column("seq", Integer, nullable=True),  # of the public message that it carries
    c.maybe("by_id"),  # the agent who wrote it
    c.text("name", ""),  # whom it is from, as people read it
    c.text("subject"),
    c.text("body"),  # plain text
    c.text("details", "{}"),  # JSON: what else it is made of
    c.maybe("message_id"),  # null until it was made
    c.maybe("sha256"),  # of the bytes as they leave; null until they were made
    c.text("state", "queued"),  # of all its recipients together
    c.number("attempts"),
    c.at("created_at", nullable=False),
    c.at("send_at", nullable=False),  # not before: until then it can be taken back
    c.at("accepted_at"),  # the first server took it for the first recipient
    c.at("alarmed_at"),
    c.at("asked_at"),  # since when somebody is asked whether it goes again; null: nobody is
    c.maybe("vouched_by"),  # the agent who said that it arrived, where no server did
    Index("outgoing_mail_by_ticket", "ticket_id", "kind"),
    Index("outgoing_mail_by_message_id", "message_id"),
    Index("outgoing_mail_by_created", "created_at"),
    Index("outgoing_mail_by_state", "state", "created_at"),
)

outgoing_recipient = Table(
    "outgoing_recipient",
    c.metadata,
    c.ref("mail_id", "outgoing_mail.id"),
    c.text("address"),
    c.text("name", ""),
    c.text("role", "to"),  # to, cc, copy
    c.text("state", "queued"),  # queued, sending, accepted, ambiguous, deferred, bounced, withdrawn, handed
    c.text("reason", ""),
    c.at("at", nullable=False),  # of its state
    c.number("doubts"),  # how often it was handed over, and the server's last word was not heard
    PrimaryKeyConstraint("mail_id", "address"),
    Index("outgoing_recipient_by_address", "address", "at"),
)
