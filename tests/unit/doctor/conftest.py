"""A world that the doctor's checks look at, and a stack on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.world import World
from tests.unit.doctor.here import Here
from tests.unit.rotation.bed import Bed


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    with World(proxy=False) as world:
        yield world


@pytest.fixture
def here(running: World) -> Here:
    running.reset()
    return Here(Bed(running))
