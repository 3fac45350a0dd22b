"""What the tests of one module share: a local world in this process, a Python that is forked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.without_sockets import without_sockets as without_sockets

if TYPE_CHECKING:
    from local.world import World


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    """The world; whoever writes to it begins with `reset`."""
    # Here, because most unit tests need none.
    from local.world import World

    with World(proxy=False) as world:
        yield world


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Python that asks for forks."""
    from tests.forks import Forks

    started = Forks(tmp_path_factory.mktemp("forks"))
    yield str(started.environment / "bin" / "python")
    started.stop()
