"""A desk that sends, on both kinds of record, and a server that takes mail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.engine import Record
from tests.mailbox.outbound import Office
from tests.support.smtp_server import SmtpServer


@pytest.fixture
def office(record: Record, tmp_path: Path) -> Office:
    return Office(record, tmp_path / "files")


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with SmtpServer() as started:
        yield started
