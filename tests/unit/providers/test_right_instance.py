"""A secret key of another application's instance stops every provider that uses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic import ResourceProvider
from pydantic import SecretStr

from clerkstack.clients.platform import PlatformClient
from clerkstack.failures import ResourceFailed
from clerkstack.intent_log import FOLDER
from clerkstack.providers.billing import BillingProvider
from clerkstack.providers.instance import InstanceProvider
from clerkstack.providers.roles import OrganizationRolesProvider
from clerkstack.providers.webhook import WebhookEndpointProvider
from local.driven import Driven, Props, config_on
from local.world import World
from local.world import seed as seeded

ON = {"application_id": seeded.APPLICATION_ID, "environment": "development"}
FINANCE = {"name": "Finance", "permissions": [], "in_initial_role_set": True}
HOOK = {"url": "https://app.example/hook", "description": "", "optional_events": []}
PLAN = {
    "name": "Pro",
    "amount": 6000,
    "currency": "usd",
    "features": [],
    "payer_type": "org",
    "publicly_visible": True,
}


def billing(**plans: Props) -> Props:
    return {**ON, "settings": {"organization_enabled": True}, "features": {}, "plans": plans}


PROVIDERS: dict[str, tuple[type[ResourceProvider], Props, Props]] = {
    "roles": (
        OrganizationRolesProvider,
        {**ON, "roles": {"org:finance": FINANCE}, "permissions": {}, "role_set": {}},
        {**ON, "roles": {"org:money": FINANCE}, "permissions": {}, "role_set": {}},
    ),
    "webhook": (
        WebhookEndpointProvider,
        {**ON, **HOOK, "events": ["user.created"]},
        {**ON, **HOOK, "events": ["user.deleted"]},
    ),
    "billing": (
        BillingProvider,
        billing(pro=PLAN, plus={**PLAN, "name": "Plus"}),
        billing(pro={**PLAN, "amount": 7000}),
    ),
}
"""Each with what is deployed with the right key, and what shall be with another one."""
ACTS: dict[str, Callable[[Driven, Props], Any]] = {
    "up": lambda driven, changed: driven.up(changed),
    "refresh": lambda driven, _: driven.refresh(),
    "destroy": lambda driven, _: driven.destroy(),
}
WITHOUT = {("billing", "refresh"), ("billing", "destroy")}
"""What asks the Platform API alone, for the application that is declared."""


@pytest.fixture
def world(running: World) -> World:
    running.reset()
    instance = running.clerk.instance(seeded.APPLICATION_ID, "development")
    running.clerk.write_config(instance, {"organization_settings": {"enabled": True}})
    return running


@pytest.fixture
def others(world: World) -> str:
    """Return the secret key of another application's instance."""
    key = "ak_other_workspace"
    world.clerk.seed_application(application_id="app_other", name="Other", platform_key=key)
    with PlatformClient(key=SecretStr(key), base_url=world.urls.clerk) as platform:
        [found] = platform.get_application("app_other", include_secret_keys=True).instances
    assert found.secret_key is not None
    return found.secret_key.get_secret_value()


def writes(world: World) -> list[str]:
    return [f"{each.method} {each.path}" for each in world.journal() if each.method != "GET"]


def asked_as_ours(world: World) -> list[str]:
    return [
        each.path
        for each in world.journal()
        if each.service == "svix"
        or (not each.path.startswith("/v1/platform") and each.path != "/v1/instance")
    ]


@pytest.mark.parametrize(
    ("name", "act"), [(n, a) for n in PROVIDERS for a in ACTS if (n, a) not in WITHOUT]
)
def test_nothing_is_written_with_anothers_key(
    world: World, others: str, name: str, act: str
) -> None:
    provider, deployed, changed = PROVIDERS[name]
    driven = Driven(provider(), config_on(world))
    driven.up(deployed)
    driven.config = {**driven.config, "clerkstack:secretKey": others}
    world.clear_journal()

    with pytest.raises(ResourceFailed, match="secretKey is the key of the instance"):
        ACTS[act](driven, changed)

    assert writes(world) == asked_as_ours(world) == []


@pytest.mark.parametrize("name", sorted({*PROVIDERS} - {"billing"}))
def test_nothing_is_made_with_anothers_key_and_no_note_says_so(
    world: World, others: str, name: str
) -> None:
    provider, deployed, _ = PROVIDERS[name]
    driven = Driven(provider(), {**config_on(world), "clerkstack:secretKey": others})
    world.clear_journal()

    with pytest.raises(ResourceFailed, match="secretKey is the key of the instance"):
        driven.up(deployed)

    assert writes(world) == asked_as_ours(world) == []
    assert not any(Path(FOLDER).rglob("*.json"))


def test_the_instance_is_not_taken_with_anothers_key(world: World, others: str) -> None:
    driven = Driven(InstanceProvider(), {**config_on(world), "clerkstack:secretKey": others})

    with pytest.raises(ResourceFailed, match="secretKey is the key of the instance"):
        driven.up({**ON, "clone_development": True})

    assert driven.id is None
    assert writes(world) == []
