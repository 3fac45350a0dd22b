"""Rotated secrets and the end of their overlap: moved by hand, and stored."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from svix.models import EndpointIn, EndpointSecretRotateIn
from svix.webhooks import Webhook, WebhookVerificationError

from local.world import World, seed
from local.world.svix.inputs import EndpointCreate, SecretRotation, read
from local.world.svix.signing import signed_headers
from tests.world.svix_accounts import emulated
from tests.world.test_commands import home, run, start

__all__ = ["home"]
KEYS = ["whsec_" + letter * 32 for letter in "AB"]
OTHER = "whsec_" + "C" * 32


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

    # The same after a restart.
    with World(tmp_path) as again:
        assert not again.clerk.instance(seed.APPLICATION_ID, "development").accepts(old, now)


def test_a_secret_that_was_gone_back_to_keeps_the_end_it_had() -> None:
    world = World()
    app, endpoint = signing(world)
    rotate(world, app, endpoint, key=KEYS[1])
    rotate(world, app, endpoint, key=KEYS[0])
    assert world.svix.valid_secrets(app, endpoint) == KEYS

    rotate(world, app, endpoint, gracePeriodSeconds=0)

    # The first rotation gave it a day, which no later one shortens.
    assert set(KEYS) < set(world.svix.valid_secrets(app, endpoint))


def test_the_official_client_rotates_twice_and_back() -> None:
    with emulated() as world:
        app, svix = world.sdk()
        url = "https://sendero.example/hook"
        endpoint = svix.endpoint.create(app, EndpointIn(url=url, secret=KEYS[0])).id
        holder = world.backend.apps()[app]

        def rotated(key: str | None, seconds: int) -> None:
            form = EndpointSecretRotateIn(key=key, grace_period_seconds=seconds)
            # The description has no body in the answer; the client reads one all the same.
            with pytest.raises(json.JSONDecodeError):
                svix.endpoint.rotate_secret(app, endpoint, form)

        def verified_with() -> list[str]:
            secrets = world.backend.valid_secrets(holder, endpoint)
            words = {"message_id": "msg_1", "timestamp": int(time.time()), "body": b"{}"}
            return [key for key in (*KEYS, OTHER) if _is_verified(key, secrets, words)]

        rotated(KEYS[1], 60)
        assert verified_with() == KEYS
        rotated(OTHER, 3600)
        assert verified_with() == [*KEYS, OTHER]
        world.time += 61
        assert verified_with() == [KEYS[1], OTHER]
        rotated(KEYS[1], 0)
        assert verified_with() == [KEYS[1]]
        assert svix.endpoint.get_secret(app, endpoint).key == KEYS[1]


def _is_verified(key: str, secrets: list[str], words: dict[str, Any]) -> bool:
    try:
        Webhook(key).verify(b"{}", signed_headers(secrets, **words))
    except WebhookVerificationError:
        return False
    return True


def test_the_command_and_the_control_api(home: Path) -> None:
    urls = start(home)
    assert run("advance", home, "24").returncode == 0
    for wrong in ({}, {"hours": -1}, {"hours": "24"}, {"hours": True}, [24]):
        answer = httpx.post(f"{urls['control']}/advance", json=wrong)
        assert answer.status_code == 400, wrong


@pytest.mark.parametrize("hours", ["-1", "soon"])
def test_no_number_of_hours_is_refused(home: Path, hours: str) -> None:
    assert run("advance", home, hours).returncode == 2
