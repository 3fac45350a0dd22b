"""The real engine, a fresh local world, and a copy of the project on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from local.aws import Aws, Place
from local.github import Github
from local.project import Project
from local.world import World
from tests.absent import missing
from tests.deployments import declared
from tests.forks import Forks
from tests.kept import Kept, kept
from tests.kms import Kms


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    """The engine on PATH; without it these tests cannot say anything."""
    if shutil.which("pulumi") is None:
        missing("the engine: pulumi is not on PATH; run the tests with `make test`")


@pytest.fixture(autouse=True)
def _forked(forks: Forks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python processes of the test's deployments are forks."""
    forks.use(monkeypatch)


@pytest.fixture(autouse=True)
def _sealed(sealing: Kms, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secrets of the test's stacks are encrypted by KMS; by the passphrase where the test is
    marked so, and at first where it has a KMS of its own."""
    if "aws" in request.fixturenames or request.node.get_closest_marker("passphrase"):
        return
    sealing.use(monkeypatch)


@pytest.fixture
def beginning(request: pytest.FixtureRequest) -> Kept:
    """The deployment that the test starts from: the mark's, else one where nothing is deployed."""
    mark = request.node.get_closest_marker("starts_from")
    return kept(mark.args[0] if mark else declared)


@pytest.fixture
def world(tmp_path: Path, beginning: Kept) -> Iterator[World]:
    """A local world with what the beginning has in it."""
    with World(beginning.put_world(tmp_path / "world"), at_end=True) as started:
        yield started


@pytest.fixture
def project(tmp_path: Path, world: World, beginning: Kept) -> Project:
    """The Sendero deployment, as the test starts."""
    return beginning.put_project(tmp_path / "project", world)


@pytest.fixture(scope="session")
def _moto() -> Iterator[Place]:
    """S3 and KMS, once for all tests of a process."""
    with Aws() as started:
        yield started


@pytest.fixture
def bucket(_moto: Place) -> Place:
    """A folder of its own in the bucket."""
    return replace(_moto, folder=f"team-{uuid4().hex[:8]}")


@pytest.fixture
def aws(bucket: Place) -> Place:
    """A folder of its own in the bucket, and two keys."""
    return bucket


@pytest.fixture
def github() -> Iterator[Github]:
    """A repository with a pull request."""
    with Github() as running:
        yield running
