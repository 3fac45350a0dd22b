"""An account that is probed: the development instance of a world, with a deployed webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from clerkstack.live.instance import LiveInstance
from clerkstack.live.session import Session
from clerkstack.probe.account import Account
from local.world import World
from local.world import seed as seeded
from tests.unit.rotation.testbed import RotationTestbed

PROJECT = {"projectId": seeded.VERCEL_PROJECT_ID}


@pytest.fixture
def account(running: World) -> Iterator[Account]:
    yield from _account(running, PROJECT)


@pytest.fixture
def account_with_named_projects(running: World) -> Iterator[Account]:
    yield from _account(running, {"projects": {"app": PROJECT}})


def _account(world: World, environment: dict[str, object]) -> Iterator[Account]:
    world.reset()
    settings = RotationTestbed(world, configured={"environment": json.dumps(environment)}).settings
    with LiveInstance.of(settings, Session(settings.connection)) as live:
        yield Account(settings, live)
