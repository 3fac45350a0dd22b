"""A world that the doctor's checks look at, and a stack on it."""

from __future__ import annotations

import pytest

from local.world import World
from tests.unit.doctor.here import Here
from tests.unit.rotation.testbed import RotationTestbed


@pytest.fixture
def here(running: World) -> Here:
    running.reset()
    return Here(RotationTestbed(running))
