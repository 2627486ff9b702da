"""The second step of agents: the sealed secret of their authenticator, and hashes of codes for the day it is lost."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, insert, select, update

from store.engine import Connection
from store.schema import agent, recovery_code

_SET = (
    update(agent)
    .where(agent.c.id == bindparam("b_id"))
    .values(totp_secret=bindparam("secret"), totp_step=bindparam("step"))
)
_IS_ON = select(agent.c.id).where(agent.c.id == bindparam("id"), agent.c.totp_secret.is_not(None))
_DROP = delete(recovery_code).where(recovery_code.c.agent_id == bindparam("agent"))
_ADD = insert(recovery_code)
_USE = (
    update(recovery_code)
    .where(recovery_code.c.agent_id == bindparam("b_agent"), recovery_code.c.code_hash == bindparam("b_hash"),
           recovery_code.c.used_at.is_(None))
    .values(used_at=bindparam("at"))
)  # fmt: skip
_LEFT = select(func.count()).select_from(recovery_code).where(
    recovery_code.c.agent_id == bindparam("agent"), recovery_code.c.used_at.is_(None)
)  # fmt: skip


def is_on(connection: Connection, agent_id: str) -> bool:
    """Whether this agent signs in with a second step."""
    return connection.one(_IS_ON, id=agent_id) is not None


def begin(connection: Connection, agent_id: str, sealed: str, step: int) -> None:
    """From now on; codes up to this time step are used up."""
    connection.run(_SET, b_id=agent_id, secret=sealed, step=step)


def end(connection: Connection, agent_id: str) -> None:
    """The password alone is enough again."""
    connection.run(_SET, b_id=agent_id, secret=None, step=0)
    connection.run(_DROP, agent=agent_id)


def put_codes(connection: Connection, agent_id: str, hashes: Sequence[str]) -> None:
    """New recovery codes; those before are void."""
    connection.run(_DROP, agent=agent_id)
    for hash in hashes:
        connection.run(_ADD, agent_id=agent_id, code_hash=hash, used_at=None)


def use_code(connection: Connection, agent_id: str, hash: str, at: int) -> bool:
    """True when this code had not been used: each works once."""
    return connection.run(_USE, b_agent=agent_id, b_hash=hash, at=at) > 0


def codes_left(connection: Connection, agent_id: str) -> int:
    """How many have not been used."""
    return int(connection.scalar(_LEFT, agent=agent_id) or 0)
