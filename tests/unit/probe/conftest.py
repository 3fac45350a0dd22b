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


@pytest.fixture
def account(running: World) -> Iterator[Account]:
    running.reset()
    project = json.dumps({"projectId": seeded.VERCEL_PROJECT_ID})
    settings = RotationTestbed(running, configured={"environment": project}).settings
    with LiveInstance.of(settings, Session(settings.connection)) as live:
        yield Account(settings, live)
