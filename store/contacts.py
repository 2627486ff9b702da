"""Contacts as they come to be: visitors, people their customer vouches for, people the admin enters."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, or_, select, update

from store.engine import Connection, Row
from store.schema import contact, customer, mailed_code, token_use
from store.seeking import Listing, Page, folded, holds


@dataclass(frozen=True)
class Person:
    """A contact. `subject`: `sub` of the customer's own tokens; `became_id`: who a visitor turned out to be."""

    id: str
    customer_id: str
    name: str
    email: str | None
    subject: str | None
    verified: bool
    coordinator: bool
    title: str | None = None
    language: str = "en"
    zone: str = "UTC"
    became_id: str | None = None


_ONE = select(contact).where(contact.c.id == bindparam("id"))
_OF_CUSTOMER = (
    select(contact)
    .where(contact.c.customer_id == bindparam("customer"), or_(contact.c.verified == 1, contact.c.email.is_not(None)))
    .order_by(contact.c.name)
)
_SOUGHT = (
    select(contact)
    .where(contact.c.customer_id == bindparam("customer"), holds(contact.c.sought),
           or_(contact.c.verified == 1, contact.c.email.is_not(None)))
    .order_by(contact.c.sought, contact.c.id)
)  # fmt: skip
_BY_SUBJECT = select(contact).where(
    contact.c.customer_id == bindparam("customer"), contact.c.subject == bindparam("subject")
)
_BY_EMAIL = (
    select(contact)
    .where(contact.c.customer_id == bindparam("customer"), contact.c.verified == 1,
           func.lower(contact.c.email) == bindparam("email"))
    .order_by(contact.c.created_at)
)  # fmt: skip
_BY_ADDRESS = (
    select(contact)
    .where(contact.c.customer_id == bindparam("customer"), func.lower(contact.c.email) == bindparam("email"))
    .order_by(contact.c.verified.desc(), contact.c.created_at)
)
_KNOWN_BEFORE = (
    select(contact.c.id)
    .where(contact.c.customer_id == bindparam("customer"), func.lower(contact.c.email) == bindparam("email"),
           or_(contact.c.verified == 1, contact.c.created_at < bindparam("before")))
    .limit(1)
)  # fmt: skip
_ANYWHERE = (
    select(contact.c.customer_id)
    .where(contact.c.verified == 1, func.lower(contact.c.email) == bindparam("email"))
    .distinct()
)
_ADD = insert(contact)
_CHANGE = (
    update(contact)
    .where(contact.c.id == bindparam("b_id"))
    .values(
        name=bindparam("name"), email=bindparam("email"), subject=bindparam("subject"),
        verified=bindparam("verified"), coordinator=bindparam("coordinator"), title=bindparam("title"),
        sought=bindparam("sought"),
    )
)  # fmt: skip
_BECAME = update(contact).where(contact.c.id == bindparam("b_id")).values(became_id=bindparam("now"))
_USES = select(token_use.c.uses).where(
    token_use.c.button_id == bindparam("button"), token_use.c.subject == bindparam("subject"),
    token_use.c.jti == bindparam("jti"),
)  # fmt: skip
_ADD_USE = insert(token_use)
_USE = (
    update(token_use)
    .where(token_use.c.button_id == bindparam("b_button"), token_use.c.subject == bindparam("b_subject"),
           token_use.c.jti == bindparam("b_jti"))
    .values(uses=token_use.c.uses + 1)
    .returning(token_use.c.uses)
)  # fmt: skip
_ADD_CODE = insert(mailed_code)
_DROP_CODE = mailed_code.delete().where(
    mailed_code.c.button_id == bindparam("button"), mailed_code.c.email == bindparam("email")
)
_TRY = (
    update(mailed_code)
    .where(mailed_code.c.button_id == bindparam("b_button"), mailed_code.c.email == bindparam("b_email"),
           mailed_code.c.attempts < bindparam("most"), mailed_code.c.expires_at > bindparam("now"))
    .values(attempts=mailed_code.c.attempts + 1)
    .returning(mailed_code.c.code_hash)
)  # fmt: skip
_ALONE = select(customer.c.id).where(customer.c.id == bindparam("id")).with_for_update(key_share=True)


def find(connection: Connection, id: str) -> Person | None:
    """One contact."""
    return _person(connection.one(_ONE, id=id))


def of_customer(connection: Connection, customer: str) -> list[Person]:
    """Known people of a customer, by name; passing visitors are left out."""
    return [found for row in connection.all(_OF_CUSTOMER, customer=customer) if (found := _person(row))]


def page(connection: Connection, customer: str, text: str, number: int) -> Page[Person]:
    """Known people of a customer whose name or address holds the text."""
    return _LISTING.page(connection, text, number, customer=customer)


def by_subject(connection: Connection, customer: str, subject: str) -> Person | None:
    """Who the customer's own tokens call so."""
    return _person(connection.one(_BY_SUBJECT, customer=customer, subject=subject))


def by_email(connection: Connection, customer: str, email: str) -> Person | None:
    """The verified contact with this address."""
    rows = connection.all(_BY_EMAIL, customer=customer, email=email.lower())
    return _person(rows[0]) if rows else None


def by_address(connection: Connection, customer: str, email: str) -> Person | None:
    """Whoever gave this address, a verified contact first: what a mail says of its sender proves nothing."""
    rows = connection.all(_BY_ADDRESS, customer=customer, email=email.lower())
    return _person(rows[0]) if rows else None


def is_known(connection: Connection, customer: str, email: str, before: int) -> bool:
    """Whether a customer had this address before, or somebody verified has it."""
    return connection.one(_KNOWN_BEFORE, customer=customer, email=email.lower(), before=before) is not None


def customer_of(connection: Connection, email: str) -> str | None:
    """The one customer of whom somebody verified has this address; None when there is none, or more than one."""
    rows = connection.all(_ANYWHERE, email=email.lower())
    return rows[0].customer_id if len(rows) == 1 else None


def add(connection: Connection, new: Person, at: int) -> None:
    """A new contact."""
    connection.run(
        _ADD, id=new.id, customer_id=new.customer_id, name=new.name, email=new.email, subject=new.subject,
        verified=int(new.verified), coordinator=int(new.coordinator), title=new.title, language=new.language,
        zone=new.zone, became_id=new.became_id, created_at=at, seen_at=None, sought=folded(new.name, new.email),
    )  # fmt: skip


def change(connection: Connection, changed: Person) -> None:
    """Writes what may change."""
    connection.run(
        _CHANGE, b_id=changed.id, name=changed.name, email=changed.email, subject=changed.subject,
        verified=int(changed.verified), coordinator=int(changed.coordinator), title=changed.title,
        sought=folded(changed.name, changed.email),
    )  # fmt: skip


def became(connection: Connection, visitor: str, person: str) -> None:
    """The visitor is this person since."""
    connection.run(_BECAME, b_id=visitor, now=person)


def use_token(connection: Connection, button: str, subject: str, jti: str, expires_at: int) -> int:
    """Counts a use of a signed token; how many there were."""
    uses = connection.scalar(_USE, b_button=button, b_subject=subject, b_jti=jti)
    if uses is not None:
        return int(uses)
    connection.run(_ADD_USE, button_id=button, subject=subject, jti=jti, expires_at=expires_at, uses=1)
    return 1


def uses(connection: Connection, button: str, subject: str, jti: str) -> int:
    """How often a signed token was used."""
    return int(connection.scalar(_USES, button=button, subject=subject, jti=jti) or 0)


def one_at_a_time(connection: Connection, customer: str) -> bool:
    """Until the end of the transaction nobody else becomes a contact of this customer; whether somebody may have until
    now: SQLite has one writer.
    """
    if connection.dialect != "postgresql":
        return False
    connection.one(_ALONE, id=customer)
    return True


def try_code(connection: Connection, button: str, email: str, most: int, now: int) -> str | None:
    """The hash of the code that was mailed last, for one more try; None when there is none, or none any more.

    Others who try it wait for the end of the transaction. `now`: microseconds of real time.
    """
    kept = connection.scalar(_TRY, b_button=button, b_email=email, most=most, now=now)
    return None if kept is None else str(kept)


def put_code(connection: Connection, button: str, email: str, hash: str, expires_at: int) -> None:
    """A new code; the one before is void."""
    connection.run(_DROP_CODE, button=button, email=email)
    connection.run(_ADD_CODE, button_id=button, email=email, code_hash=hash, expires_at=expires_at, attempts=0)


def drop_code(connection: Connection, button: str, email: str) -> None:
    """It was used."""
    connection.run(_DROP_CODE, button=button, email=email)


def _person(row: Row | None) -> Person | None:
    return None if row is None else _known(row)


def _known(row: Row) -> Person:
    return Person(
        row.id, row.customer_id, row.name, row.email, row.subject, bool(row.verified), bool(row.coordinator), row.title,
        row.language, row.zone, row.became_id,
    )  # fmt: skip


_LISTING = Listing(_SOUGHT, _known)
