"""One running demo desk for a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.running import RunningDesk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """In office hours."""
    folder = tmp_path_factory.mktemp("desk") / "data"
    with RunningDesk(folder, {"VIPDESK_CLOCK": "2026-03-04T09:00:00Z"}) as running:
        yield running
