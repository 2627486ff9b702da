"""Every table of the record, a file for each subject.

No statement lives here (store/<noun>.py) and no migration (store/migrations/).

Columns are plain so that SQLite, PostgreSQL and the raw driver path agree: instants are BIGINT microseconds since
1970 UTC (`…_at`, `since`, `until`), ids and documents are text (documents: JSON), truth values are 0 or 1. `sought`
is what lists are ordered by and searched in: names and addresses without capitals and accents (store/seeking.py).
"""

from store.schema.agents import absence, agent, agent_session, recovery_code, sign_in_link
from store.schema.buttons import button, button_secret, calendar, mailed_code, token_use
from store.schema.chats import SERVE, chat, offer, ring
from store.schema.columns import metadata
from store.schema.customers import add_on, contact, contact_session, customer, customer_domain, stand_in
from store.schema.keeping import audit, job, meta, receipt, setting
from store.schema.mail import (
    incoming_mail,
    mail_cursor,
    mail_item,
    mail_view,
    mailbox,
    mailbox_health,
    outgoing_mail,
    outgoing_recipient,
    singleton,
)
from store.schema.tickets import TICKET_NUMBERS, event, file, member, message, participant, rating, read_mark, ticket

__all__ = [
    "SERVE",
    "TICKET_NUMBERS",
    "absence",
    "add_on",
    "agent",
    "agent_session",
    "audit",
    "button",
    "button_secret",
    "calendar",
    "chat",
    "contact",
    "contact_session",
    "customer",
    "customer_domain",
    "event",
    "file",
    "incoming_mail",
    "job",
    "mail_cursor",
    "mail_item",
    "mail_view",
    "mailbox",
    "mailbox_health",
    "mailed_code",
    "member",
    "message",
    "meta",
    "metadata",
    "offer",
    "outgoing_mail",
    "outgoing_recipient",
    "participant",
    "rating",
    "read_mark",
    "receipt",
    "recovery_code",
    "ring",
    "setting",
    "sign_in_link",
    "singleton",
    "stand_in",
    "ticket",
    "token_use",
]
