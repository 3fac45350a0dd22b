"""A local world in this process, for the tests of one module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local.world import World


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    """The world; whoever writes to it begins with `reset`."""
    # Here, because most unit tests need none.
    from local.world import World

    with World(proxy=False) as world:
        yield world
