"""The instances on which the properties are tested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.world import World
from tests.property.instance import Instance
from tests.without_sockets import without_sockets as without_sockets


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The development instance of one world, for all examples of a test."""
    yield from listened(tmp_path_factory.mktemp("stack"), "development")


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The same for a production instance."""
    yield from listened(tmp_path_factory.mktemp("stack"), "production")


def listened(folder: Path, environment: str) -> Iterator[Instance]:
    """Yield an instance of a new world, with its writes recorded."""
    with World(proxy=False) as world, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # the stack stores its intent log where it runs
        with Instance(world, folder, environment).listening() as listening:
            yield listening
