"""Rotated secrets and the end of their overlap: moved by hand, and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from local.world import World, seed
from local.world.svix.inputs import EndpointCreate, SecretRotation, read
from tests.world.test_commands import home, run, start

__all__ = ["home"]
KEYS = ["whsec_" + letter * 32 for letter in "AB"]


def signing(world: World) -> tuple[Any, str]:
    app = world.svix.apps()[world.svix.create_app("ins_1")]
    form = {"url": "https://sendero.example/hook", "secret": KEYS[0]}
    return app, world.svix.create_endpoint(app, read(EndpointCreate, form)).id


def rotate(world: World, app: Any, endpoint: str, **body: Any) -> None:
    world.svix.rotate_secret(app, endpoint, read(SecretRotation, body))


def test_both_vendors_overlaps_end_when_the_hours_have_passed(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        app, endpoint = signing(world)
        instance = world.clerk.instance(seed.APPLICATION_ID, "development")
        old, now = instance.secret, world.clerk.clock()
        world.clerk.rotate([instance], 24)
        rotate(world, app, endpoint)

        world.advance(23.5)
        assert instance.accepts(old, now)
        assert KEYS[0] in world.svix.valid_secrets(app, endpoint)
        world.advance(0.6)
        assert not instance.accepts(old, now)
        assert instance.accepts(instance.secret, now)
        assert KEYS[0] not in world.svix.valid_secrets(app, endpoint)

    # It is so after a restart, too.
    with World(tmp_path) as again:
        assert not again.clerk.instance(seed.APPLICATION_ID, "development").accepts(old, now)


def test_a_secret_that_was_gone_back_to_has_its_newest_end() -> None:
    world = World()
    app, endpoint = signing(world)
    rotate(world, app, endpoint, key=KEYS[1])
    rotate(world, app, endpoint, key=KEYS[0])
    assert world.svix.valid_secrets(app, endpoint) == KEYS

    rotate(world, app, endpoint, gracePeriodSeconds=0)

    # The first rotation gave it a day. It counted again since, and was ended at once.
    assert KEYS[0] not in world.svix.valid_secrets(app, endpoint)
    assert KEYS[1] in world.svix.valid_secrets(app, endpoint)


def test_the_command_and_the_control_api(home: Path) -> None:
    urls = start(home)
    assert run("advance", home, "24").returncode == 0
    for wrong in ({}, {"hours": -1}, {"hours": "24"}, {"hours": True}, [24]):
        answer = httpx.post(f"{urls['control']}/advance", json=wrong)
        assert answer.status_code == 400, wrong


@pytest.mark.parametrize("hours", ["-1", "soon"])
def test_no_number_of_hours_is_refused(home: Path, hours: str) -> None:
    assert run("advance", home, hours).returncode == 2
