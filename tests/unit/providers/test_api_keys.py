"""The switches of API keys: what a stack changed is reverted, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from clerkstack.clients.platform import PlatformClient
from clerkstack.failures import ResourceFailed
from clerkstack.providers.api_keys import ApiKeysProvider
from local import driven as driving
from local.driven import Driven, Props, config_on, end_run
from local.world import World
from local.world import seed as seeded
from tests.two_stacks import SharedTestbed, declared, killed_at

OFF = {"enabled": False, "orgs_api_keys_enabled": False, "user_api_keys_enabled": False}
ON = {"enabled": True, "orgs_api_keys_enabled": True, "user_api_keys_enabled": False}
STACK = "organization/clerkstack/dev"


@pytest.fixture(scope="module")
def _world() -> Iterator[World]:
    with World(proxy=False) as started:
        yield started
        end_run()


@pytest.fixture
def world(_world: World) -> World:
    """Return a fresh world whose config has the switches, all off."""
    end_run()
    _world.reset()
    _world.dashboard("advertise_api_keys", on=True)
    by_hand(_world, **OFF)
    return _world


def by_hand(world: World, environment: str = "development", **switches: bool) -> None:
    world.clerk.instance(seeded.APPLICATION_ID, environment).config["api_keys_settings"] = switches


def shown(world: World, environment: str = "development") -> dict[str, bool]:
    instance = world.clerk.instance(seeded.APPLICATION_ID, environment)
    return dict(instance.config["api_keys_settings"])


def inputs(world: World, environment: str = "development", **changes: bool) -> Props:
    instance = world.clerk.instance(seeded.APPLICATION_ID, environment)
    switches = {"orgs_api_keys_enabled": True, "user_api_keys_enabled": False, **changes}
    return {
        "application_id": seeded.APPLICATION_ID,
        "environment": environment,
        "publishable_key": instance.publishable_key,
        "switches": switches,
    }


def stack_on(world: World) -> Driven:
    return Driven(ApiKeysProvider(), config_on(world), STACK)


@pytest.mark.parametrize(
    "before",
    [OFF, OFF | {"enabled": True}, ON | {"enabled": False}, ON | {"user_api_keys_enabled": True}],
)
def test_a_destroy_restores_what_was_there(world: World, before: dict[str, bool]) -> None:
    by_hand(world, **before)
    stack = stack_on(world)

    stack.up(inputs(world))
    assert shown(world) == ON
    stack.destroy()

    assert shown(world) == before


def test_a_change_keeps_what_the_first_run_found(world: World) -> None:
    stack = stack_on(world)

    stack.up(inputs(world))
    stack.up(inputs(world, user_api_keys_enabled=True))
    assert shown(world) == ON | {"user_api_keys_enabled": True}
    stack.up(inputs(world, orgs_api_keys_enabled=False))
    assert shown(world) == OFF
    stack.destroy()

    assert shown(world) == OFF


def test_what_somebody_changed_since_stays(world: World) -> None:
    stack = stack_on(world)
    stack.up(inputs(world))

    by_hand(world, **ON | {"user_api_keys_enabled": True})
    stack.destroy()

    assert shown(world) == {**OFF, "enabled": True, "user_api_keys_enabled": True}


def test_an_update_does_not_undo_what_no_preview_showed(world: World) -> None:
    stack = stack_on(world)
    stack.up(inputs(world, orgs_api_keys_enabled=False))
    by_hand(world, **OFF | {"enabled": True, "user_api_keys_enabled": True})

    with pytest.raises(ResourceFailed, match="user_api_keys_enabled: True → False"):
        stack.up(inputs(world))

    stack.refresh()
    stack.up(inputs(world))
    assert shown(world) == ON


def test_what_a_person_had_to_set_stays(world: World) -> None:
    world.dashboard("advertise_api_keys", on=False)
    stack = stack_on(world)
    with pytest.raises(ResourceFailed, match="Enable Organization API keys: switch it ON"):
        stack.up(inputs(world))

    by_hand(world, **ON)
    stack.up(inputs(world))
    stack.destroy()

    assert shown(world) == ON


@pytest.mark.parametrize("allowed", [False, True])
def test_production_loses_no_keys_in_use(
    world: World,
    allowed: bool,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = config_on(world)["clerkstack:platformKey"]
    with PlatformClient(key=SecretStr(key), base_url=world.urls.clerk) as person:
        person.create_instance(seeded.APPLICATION_ID, domain="sendero.example")
    by_hand(world, "production", **OFF)
    stack = stack_on(world)
    stack.up(inputs(world, "production"))

    if not allowed:
        monkeypatch.setattr(driving, "_everything", lambda *_: {})
    stack.destroy()

    assert shown(world, "production") == (OFF if allowed else ON)
    told = "the production instance keeps apiKeys.organizationEnabled on"
    assert (told in capfd.readouterr().err) is not allowed


@pytest.mark.parametrize("first", [0, 1])
def test_the_last_of_two_stacks_restores_it(world: World, tmp_path: Path, first: int) -> None:
    testbed = SharedTestbed(world, tmp_path)
    stacks = testbed.stack("one"), testbed.stack("two", checkout="two")
    for stack in stacks:
        stack.up(declared(world, parts=["api_keys"]))

    stacks[first].destroy()
    assert shown(world) == ON
    stacks[1 - first].destroy()

    assert shown(world) == OFF


@pytest.mark.parametrize("moment", ["before", "after", "written"])
def test_a_killed_run_is_continued(world: World, tmp_path: Path, moment: str) -> None:
    number = 0
    struck = [True]
    while struck:
        number += 1
        by_hand(world, **OFF)
        folder = tmp_path / str(number)
        folder.mkdir()
        stack = SharedTestbed(world, folder).stack("one")
        with killed_at(stack, number, moment) as struck:
            stack.up(declared(world, parts=["api_keys"]))
        stack.up(declared(world, parts=["api_keys"]))
        assert shown(world) == ON

        with killed_at(stack, number, moment) as of_destroy:
            stack.destroy()
        struck += of_destroy
        stack.recover()
        stack.destroy()
        assert shown(world) == OFF, (moment, number)

    assert number > 2
