"""One deployment for all commands of a module: two stacks, the app, a pull request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.github import Github
from local.world import World, minted
from tests.engine.cutting_over import HOST
from tests.kept import kept
from tests.leaks.deployed import hold_the_secret_key, with_every_secret
from tests.leaks.scene import Scene
from tests.smoke.deployment import need_app


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Development and production are deployed, the app runs, nothing was found."""
    need_app()
    folder = tmp_path_factory.mktemp("scene")
    beginning = kept(with_every_secret)
    others = set(minted.given_out) - set(beginning.minted)
    with World(beginning.put_world(folder / "world")) as world, Github() as github:
        app = world.deploy("production", HOST)
        project = beginning.put_project(folder / "project", world)
        app.settle()
        hold_the_secret_key(world)
        yield Scene(project, world, github, folder / "temporary", frozenset(others))
