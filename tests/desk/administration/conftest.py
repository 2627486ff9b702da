"""The administration of a small world."""

from __future__ import annotations

import pytest

from desk.administration import Administration
from desk.identity import Identity
from tests.support.world import SEALER, World


@pytest.fixture
def admin(world: World) -> Administration:
    return Administration(world.desk, SEALER, Identity(world.desk, SEALER))
