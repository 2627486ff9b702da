"""Buttons: public key, origins, policy, and the keys by which a customer's site signs for its people."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select, update

from store.engine import Connection, Row
from store.schema import button, button_secret


@dataclass(frozen=True)
class Button:
    """`key` is public and says which customer; `former_key` works until `former_until` (microseconds)."""

    id: str
    key: str
    customer_id: str
    name: str
    calendar_id: str
    origins: tuple[str, ...]
    policy: str
    language: str
    active: bool = True
    former_key: str | None = None
    former_until: int | None = None


@dataclass(frozen=True)
class Secret:
    """A signing key of a button, sealed."""

    kid: str
    algorithm: str
    sealed: bytes
    revoked: bool


_ALL = select(button).order_by(button.c.name)
_ONE = select(button).where(button.c.id == bindparam("id"))
_OF_CUSTOMER = select(button).where(button.c.customer_id == bindparam("customer")).order_by(button.c.name)
_ADD = insert(button)
_CHANGED = ("key", "name", "calendar_id", "origins", "policy", "language", "active", "former_key", "former_until")
_CHANGE = update(button).where(button.c.id == bindparam("b_id")).values({name: bindparam(name) for name in _CHANGED})
_SECRETS = (
    select(button_secret)
    .where(button_secret.c.button_id == bindparam("button"))
    .order_by(button_secret.c.created_at.desc())
)
_ADD_SECRET = insert(button_secret)
_REVOKE = (
    update(button_secret)
    .where(button_secret.c.button_id == bindparam("b_button"), button_secret.c.kid == bindparam("b_kid"))
    .values(revoked_at=bindparam("at"))
)


def every(connection: Connection) -> list[Button]:
    """All buttons, by name."""
    return [_button(row) for row in connection.all(_ALL)]


def find(connection: Connection, id: str) -> Button | None:
    """One button."""
    row = connection.one(_ONE, id=id)
    return None if row is None else _button(row)


def of_customer(connection: Connection, customer: str) -> list[Button]:
    """A customer's buttons."""
    return [_button(row) for row in connection.all(_OF_CUSTOMER, customer=customer)]


def add(connection: Connection, new: Button, at: int) -> None:
    """A new button. Raises Violation when the key is taken."""
    connection.run(_ADD, id=new.id, customer_id=new.customer_id, created_at=at, **_columns(new))


def change(connection: Connection, changed: Button) -> None:
    """Writes it."""
    connection.run(_CHANGE, b_id=changed.id, **_columns(changed))


def secrets_of(connection: Connection, id: str) -> list[Secret]:
    """Signing keys, the newest first."""
    return [
        Secret(row.kid, row.algorithm, bytes(row.key_sealed), row.revoked_at is not None)
        for row in connection.all(_SECRETS, button=id)
    ]


def add_secret(connection: Connection, id: str, kid: str, algorithm: str, sealed: bytes, at: int) -> None:
    """A signing key. Raises Violation when the kid is taken."""
    connection.run(
        _ADD_SECRET, button_id=id, kid=kid, algorithm=algorithm, key_sealed=sealed, created_at=at, revoked_at=None
    )


def revoke_secret(connection: Connection, id: str, kid: str, at: int) -> bool:
    """Tokens signed by it are refused from now on."""
    return connection.run(_REVOKE, b_button=id, b_kid=kid, at=at) > 0


def _columns(row: Button) -> dict[str, object]:
    return {
        "key": row.key, "name": row.name, "calendar_id": row.calendar_id, "origins": json.dumps(list(row.origins)),
        "policy": row.policy, "language": row.language, "active": int(row.active), "former_key": row.former_key,
        "former_until": row.former_until,
    }  # fmt: skip


def _button(row: Row) -> Button:
    return Button(
        row.id, row.key, row.customer_id, row.name, row.calendar_id, tuple(json.loads(row.origins)), row.policy,
        row.language, bool(row.active), row.former_key, row.former_until,
    )  # fmt: skip
