"""Clerk inside a running world: our own clients, faults, journal, a kill."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.errors import Conflict
from clerkstack.clients.frontend import FrontendClient
from clerkstack.clients.platform import PlatformClient
from clerkstack.clients.svix import SvixClient
from local.world import World, background, seed
from local.world.store import Home

DEVELOPMENT = (seed.APPLICATION_ID, "development")
SETTINGS = {"organization_settings": {"enabled": True}}
GOOGLE_ID = "123-abc.apps.googleusercontent.com"
CONNECTION = {"connection_oauth_google": {"client_id": GOOGLE_ID, "client_secret": "hidden_value"}}


@pytest.fixture
def world() -> Iterator[World]:
    with World(proxy=False) as started:
        yield started


def platform(url: str) -> PlatformClient:
    return PlatformClient(key=SecretStr(seed.PLATFORM_KEY), base_url=url, sleep=lambda _: None)


def backend(client: PlatformClient, url: str) -> BackendClient:
    found = client.get_application(seed.APPLICATION_ID, include_secret_keys=True)
    key = found.instances[0].secret_key
    assert key is not None
    return BackendClient(key=key, base_url=url, sleep=lambda _: None)


def test_our_clients_make_roles_and_reach_the_webhooks(world: World) -> None:
    with platform(world.urls.clerk) as client, backend(client, world.urls.clerk) as own:
        client.patch_config(*DEVELOPMENT, SETTINGS, if_match=None)
        reading = [p.id for p in own.list_permissions() if p.key.endswith(":read")]
        made = own.create_role(key="org:finance", name="Finance", permissions=reading)
        own.update_role(made.id, name="Money")
        roles = {role.key: role for role in own.list_roles()}
        own.delete_role(made.id)
        left = {role.key for role in own.list_roles()}
        link = own.create_svix_app()
        with SvixClient.from_link(link, base_url=world.urls.svix) as svix:
            endpoints = svix.list_endpoints()

    assert roles["org:finance"].name == "Money"
    assert {permission.key for permission in roles["org:finance"].permissions} == {
        "org:sys_memberships:read",
        "org:sys_domains:read",
        "org:sys_billing:read",
        "org:sys_api_keys:read",
    }
    assert left == {"org:admin", "org:member"}
    assert endpoints == []


@pytest.mark.parametrize(("version", "status"), [("2025-11-10", 200), ("2026-05-13", 400)])
def test_a_version_that_there_is_not_is_refused(world: World, version: str, status: int) -> None:
    url = f"{world.urls.clerk}/v1/instance"
    key = world.clerk.instance(*DEVELOPMENT).secret
    headers = {"Authorization": f"Bearer {key}", "Clerk-API-Version": version}

    answer = httpx.get(url, headers=headers)

    codes = [each["code"] for each in answer.json().get("errors", [])]
    assert (answer.status_code, codes) == (status, ["api_version_invalid"] * (status == 400))


def test_the_host_says_whose_environment_it_is(world: World) -> None:
    with platform(world.urls.clerk) as client:
        made = client.create_instance(seed.APPLICATION_ID, domain="a.dev")
        found = client.get_application(seed.APPLICATION_ID)
    keys = [instance.publishable_key for instance in found.instances]
    assert made.publishable_key in keys

    seen = []
    for key in keys:
        assert key is not None
        with FrontendClient(publishable_key=key, base_url=world.urls.frontend) as frontend:
            seen.append(frontend.environment().api_keys.orgs_api_keys_enabled)

    assert seen == [True, False]  # development has the seed's switch, production is fresh


def test_the_api_keys_feature_can_be_set_apart_from_its_switches(tmp_path: Path) -> None:
    switches = {"environment": "development", "organizations": True, "users": False}
    with World(tmp_path, proxy=False) as world:
        at_first = api_keys(world)
        world.dashboard("set_api_keys", **switches, enabled=False)
    with World(tmp_path, proxy=False) as world:
        apart = api_keys(world)
        development = world.clerk.instance(*DEVELOPMENT)
        world.clerk.create_instance(seed.APPLICATION_ID, domain="a.dev", clone_of=development.id)
        cloned = api_keys(world, "production")
        world.dashboard("set_api_keys", **switches)
        again = api_keys(world)
        world.dashboard("set_api_keys", **{**switches, "organizations": False}, enabled=True)
        without_switches = api_keys(world)
        with pytest.raises(ValueError, match="enabled is of the wrong type"):
            world.dashboard("set_api_keys", **switches, enabled="no")

    assert (at_first["enabled"], again["enabled"]) == (True, True)
    assert apart == {**at_first, "enabled": False}
    assert cloned == apart
    assert list(without_switches.values()) == [True, False, False]


def api_keys(world: World, environment: str = "development") -> dict[str, bool]:
    host = world.clerk.instance(seed.APPLICATION_ID, environment).host
    answer = httpx.get(f"{world.urls.frontend}/v1/environment", headers={"Host": host})
    found: dict[str, bool] = answer.json()["api_keys_settings"]
    return found


def test_a_conflict_fault_moves_the_version_on(world: World) -> None:
    world.fault(kind="conflict", service="clerk", method="PATCH")
    with platform(world.urls.clerk) as client:
        read = client.get_config(*DEVELOPMENT)

        with pytest.raises(Conflict) as caught:
            client.patch_config(*DEVELOPMENT, SETTINGS, if_match=read.version)

        again = client.get_config(*DEVELOPMENT)
        client.patch_config(*DEVELOPMENT, SETTINGS, if_match=again.version)
    assert caught.value.code == "config_version_conflict"


def test_a_write_can_be_answered_and_one_field_not_kept(world: World) -> None:
    path = "billing.free_trial_requires_payment_method"
    world.fault(kind="not_persisted", service="clerk", method="PATCH", field=path)
    change = {
        **SETTINGS,
        "billing": {"organization_enabled": True, "free_trial_requires_payment_method": False},
    }
    with platform(world.urls.clerk) as client:
        answer = client.patch_config(*DEVELOPMENT, change, if_match=None)
        billing: Any = client.get_config(*DEVELOPMENT).sections["billing"]

    after: Any = answer.after["billing"]
    assert after["free_trial_requires_payment_method"] is False
    assert billing["free_trial_requires_payment_method"] is True
    assert billing["organization_enabled"] is True


def test_the_journal_names_what_was_written_and_holds_no_secret(world: World) -> None:
    with platform(world.urls.clerk) as client, backend(client, world.urls.clerk) as own:
        client.patch_config(*DEVELOPMENT, CONNECTION, if_match=None)
        own.get_instance()
        secret = client.get_application(seed.APPLICATION_ID, include_secret_keys=True)
    journal = world.journal()

    text = json.dumps([entry.to_json() for entry in journal])
    key = secret.instances[0].secret_key
    assert key is not None
    for hidden in ("hidden_value", seed.PLATFORM_KEY, key.get_secret_value()):
        assert hidden not in text
    written = next(entry for entry in journal if entry.method == "PATCH")
    assert "connection_oauth_google.client_secret" in written.body_keys


@pytest.mark.parametrize("query", ["keys=session&keys=billing", "keys=billing,session"])
def test_keys_are_repeated_or_have_commas(world: World, query: str) -> None:
    path = f"/v1/platform/applications/{seed.APPLICATION_ID}/instances/development/config"
    headers = {"Authorization": f"Bearer {seed.PLATFORM_KEY}"}

    answer = httpx.get(f"{world.urls.clerk}{path}?{query}", headers=headers)

    assert set(answer.json()) == {"config_version", "billing", "session"}


def test_an_unknown_url_is_clerks_own_404(world: World) -> None:
    answers = [
        httpx.get(f"{world.urls.clerk}/v1/nothing"),
        httpx.get(f"{world.urls.clerk}/v1/platform/nothing"),
        httpx.get(f"{world.urls.frontend}/v1/nothing"),
    ]

    for answer in answers:
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["code"] == "resource_not_found"


def test_a_killed_world_has_kept_every_answered_write(tmp_path: Path) -> None:
    home = Home(tmp_path / "world")
    first = background.start(home, 0)
    with platform(first.clerk) as client, backend(client, first.clerk) as own:
        change = {
            **SETTINGS,
            "billing": {
                "organization_enabled": True,
                "plans": {"pro": {"name": "Pro", "payer_type": "org", "amount": 6000}},
            },
        }
        client.patch_config(*DEVELOPMENT, change, if_match=None)
        before = client.get_config(*DEVELOPMENT)
        plans = own.list_plans()
        roles = own.list_roles()
    pid = home.pid()
    assert pid is not None

    os.kill(pid, signal.SIGKILL)
    second = background.start(home, 0)
    try:
        with platform(second.clerk) as client, backend(client, second.clerk) as own:
            assert client.get_config(*DEVELOPMENT) == before
            assert own.list_plans() == plans
            assert own.list_roles() == roles
    finally:
        background.stop(home)


def test_a_fault_stores_otherwise_than_it_answers(world: World) -> None:
    with platform(world.urls.clerk) as client:
        world.fault(
            kind="stored_otherwise",
            service="clerk",
            method="PATCH",
            field="auth_access_control.sign_up_mode",
            value="waitlist",
        )
        change = {"auth_access_control": {"sign_up_mode": "restricted"}}

        answer = client.patch_config(*DEVELOPMENT, change, if_match=None)
        read = client.get_config(*DEVELOPMENT)

    assert answer.after["auth_access_control"]["sign_up_mode"] == "restricted"
    assert read.sections["auth_access_control"]["sign_up_mode"] == "waitlist"


def test_a_fault_turns_lists_round(world: World) -> None:
    with platform(world.urls.clerk) as client:
        both = {"auth_email": {"sign_in_strategies": ["email_code", "email_link"]}}
        client.patch_config(*DEVELOPMENT, both, if_match=None)
        world.fault(kind="lists_reordered", service="clerk", method="GET")

        turned = client.get_config(*DEVELOPMENT)
        again = client.get_config(*DEVELOPMENT)

    assert turned.version == again.version
    assert turned.sections["auth_email"]["sign_in_strategies"] == ["email_link", "email_code"]
    assert again.sections["auth_email"]["sign_in_strategies"] == ["email_code", "email_link"]
