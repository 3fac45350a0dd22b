"""One deployment for all commands of a module: two stacks, the app, a pull request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.github import Github
from local.project import Project
from local.world import World, minted
from tests.engine.cutting_over import HOST
from tests.forks import Forks
from tests.kept import kept, notes_of
from tests.kms import Kms
from tests.leaks.deployed import hold_the_secret_key, with_every_secret
from tests.leaks.scene import Scene
from tests.smoke.deployment import need_app


@pytest.fixture(scope="module")
def scene(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    forks: Forks,
    sealing: Kms,
) -> Iterator[Scene]:
    """Development and production are deployed, the app runs, nothing was found.

    Python processes are forks, and a KMS encrypts the secrets. In modules marked `passphrase`, a
    passphrase does, and no process is a fork.
    """
    need_app()
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("passphrase") is None:
            forks.use(patch)
            sealing.use(patch)
        yield from deployed(tmp_path_factory, forks)


def note_calls(project: Project) -> None:
    """Have the engine note its calls, as it does for users: here the notes are read."""
    notes_of(project).unlink()
    notes_of(project).mkdir()


def deployed(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Iterator[Scene]:
    """The scene, with the environment as it is."""
    folder = tmp_path_factory.mktemp("scene")
    beginning = kept(with_every_secret)
    others = set(minted.given_out) - set(beginning.minted)
    world = World(beginning.put_world(folder / "world"), at_end=True)
    with world, Github() as github:
        app = world.deploy("production", HOST)
        project = beginning.put_project(folder / "project", world)
        note_calls(project)
        app.settle()
        hold_the_secret_key(world)
        yield Scene(project, world, github, folder / "temporary", forks.pid, frozenset(others))
