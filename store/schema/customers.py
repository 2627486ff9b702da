"""Customers, what was sold to them, and their people."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text, func

from store.schema import columns as c

customer = Table(
    "customer",
    c.metadata,
    c.id(),
    c.text("name"),
    c.text("domains", "[]"),
    c.text("zone", "UTC"),
    c.text("language", "en"),
    c.text("playbook", ""),
    c.ref("named_id", "agent.id", nullable=True),
    c.text("sought", ""),
    c.at("created_at", nullable=False),
    Index("customer_by_sought", "sought"),
    Index("customer_by_named", "named_id"),
)

customer_domain = Table(
    "customer_domain",
    c.metadata,
    c.text("domain"),  # as in the customer's own list, by which each mail is looked up
    c.ref("customer_id", "customer.id"),
    PrimaryKeyConstraint("domain", "customer_id"),
    Index("customer_domain_by_customer", "customer_id"),
)

stand_in = Table(
    "stand_in",
    c.metadata,
    c.ref("customer_id", "customer.id"),
    Column("rank", Integer, nullable=False),
    c.ref("agent_id", "agent.id"),
    PrimaryKeyConstraint("customer_id", "rank"),
    Index("stand_in_by_agent", "agent_id"),
)

add_on = Table(
    "add_on",
    c.metadata,
    c.id(),
    c.ref("customer_id", "customer.id"),
    c.text("plan"),
    c.number("fee_cents"),
    c.text("currency", "EUR"),
    c.at("since", nullable=False),
    c.at("until"),
    Index("add_on_by_customer", "customer_id", "since"),
)

contact = Table(
    "contact",
    c.metadata,
    c.id(),
    c.ref("customer_id", "customer.id"),
    c.text("name", ""),
    c.maybe("email"),
    c.maybe("subject"),  # `sub` of the customer's own tokens
    c.number("verified"),
    c.number("coordinator"),
    c.maybe("title"),
    c.text("language", "en"),
    c.text("zone", "UTC"),
    c.maybe("became_id"),  # a visitor who was verified is this contact since
    c.text("sought", ""),
    c.at("created_at", nullable=False),
    c.at("seen_at"),
    Index("contact_by_sought", "customer_id", "sought"),
    Index("contact_by_subject", "customer_id", "subject"),
)

Index("contact_by_email", func.lower(contact.c.email), contact.c.customer_id)

contact_session = Table(
    "contact_session",
    c.metadata,
    Column("token_hash", Text, primary_key=True),
    c.ref("contact_id", "contact.id"),
    c.ref("button_id", "button.id"),
    c.text("device", ""),  # what the browser called itself at the first press
    c.at("created_at", nullable=False),
    c.at("used_at", nullable=False),
    c.at("revoked_at"),
    Index("contact_session_by_contact", "contact_id"),
)
