"""The development instance of a test module's own world, and its Backend API."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from local.world import World, seed
from local.world.clerk.models import Instance


@pytest.fixture
def instance(world: World) -> Instance:
    found: Instance = world.clerk.instance(seed.APPLICATION_ID, "development")
    return found


@pytest.fixture
def backend(world: World, instance: Instance) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {instance.secret}"}
    with httpx.Client(base_url=f"{world.urls.clerk}/v1", headers=headers) as client:
        yield client
