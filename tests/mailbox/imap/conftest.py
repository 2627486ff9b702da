"""What every test of the wire needs: a way in, and certificates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from mailbox.imap.command import Limits
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Endpoint, Password
from tests.support.imap_certificates import Authority

Into = Callable[..., Awaitable[Connection]]


def at(port: int, **others: Any) -> Endpoint:
    """A mailbox of this machine."""
    fields: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "plain",
        "user": "anna",
        "auth": Password("secret"),
    }
    return Endpoint(**(fields | others))


@pytest.fixture
async def into() -> AsyncIterator[Into]:
    """`await into(port, **fields of the endpoint, limits=…)`: a connection that the test need not close."""
    async with AsyncExitStack() as stack:

        async def opened(port: int, limits: Limits | None = None, **others: Any) -> Connection:
            return await stack.enter_async_context(await Connection.open(at(port, **others), limits))

        yield opened


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))
