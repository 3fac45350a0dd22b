"""What unit tests share: a local world for each module, and a Python that is forked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from clerkstack.clients import retries
from tests.without_sockets import without_sockets as without_sockets

if TYPE_CHECKING:
    from local.world import World
    from tests.forks import Forks


@pytest.fixture(autouse=True)
def _no_pauses(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are sent again at once; the clients' own tests are about how long they wait."""
    if "clients" not in request.path.parts:
        monkeypatch.setattr(retries, "_back_off", lambda _state: 0.0)


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    """The world; whoever writes to it begins with `reset`."""
    # Here, because most unit tests need none.
    from local.world import World

    with World(proxy=False) as world:
        yield world


@pytest.fixture
def python(forks: Forks) -> str:
    """The Python that asks for forks."""
    return str(forks.environment / "bin" / "python")
