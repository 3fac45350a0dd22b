"""What the properties are tried on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.world import World
from tests.property.instance import Instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The development instance of one world, for all examples of a test."""
    folder = tmp_path_factory.mktemp("stack")
    with World(proxy=False) as world, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # the notes of the stack are kept where it runs
        with Instance(world, folder).listening() as listening:
            yield listening
