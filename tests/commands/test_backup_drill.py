"""A desk is backed up under load, killed, restored elsewhere; its open clients go on. Longer ones: `make faults`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.drill import Drill
from tests.support.services import PostgresServer


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_what_was_acknowledged_before_the_backup_is_there_once_and_open_clients_begin_anew(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    urls = ("", "")
    if database == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        urls = (server.url(server.fresh()), server.url(server.fresh()))
    drill = Drill(tmp_path, urls)
    await drill.run()
    assert drill.broken == []
