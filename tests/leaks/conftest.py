"""One deployment for all commands of a module: two stacks, the app, a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from local.github import Github
from local.world import World, minted
from tests.engine.cutting_over import HOST
from tests.kept import kept
from tests.leaks.deployed import GIVEN_OUT, with_every_secret
from tests.leaks.scene import Scene
from tests.smoke.deployment import need_app


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Development and production are deployed, the app runs, nothing was found."""
    need_app()
    folder = tmp_path_factory.mktemp("scene")
    others = set(minted.given_out)
    beginning = kept(with_every_secret)
    with World(beginning.put_world(folder / "world")) as world, Github() as github:
        app = world.deploy("production", HOST)
        project = beginning.put_project(folder / "project", world)
        given_out = project.folder / GIVEN_OUT
        for name, value in json.loads(given_out.read_text()):
            minted.minted(name, value)
            others.discard((name, value))
        given_out.unlink()
        app.settle()
        yield Scene(project, world, github, folder / "temporary", frozenset(others))
