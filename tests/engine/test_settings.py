"""The effect of a stack's settings: parts switched off, sign-in, API keys, gateway."""

from __future__ import annotations

import json
import re

import pytest

from clerkstack.settings.variable_names import UNREAD
from local.project import Project
from local.world import World
from tests import sendero
from tests.deployments import development
from tests.engine.live import read_instance, requests, variables, writes
from tests.kept import starts_from

pytestmark = pytest.mark.engine

GOOGLE_ID = "123-abc.apps.googleusercontent.com"
GOOGLE_SECRET = "GOCSPX-hush-hush-0123456789"
PARTS = {
    "organizations": {"OrganizationSettings", "OrganizationRoles"},
    "billing": {"Billing"},
    "apiKeys": {"ApiKeys"},
    "webhook": {"WebhookEndpoint"},
    "environment": {"ProjectEnvironmentVariable", "Command"},
}


def declared(project: Project) -> set[str]:
    """Return the last parts of the types in the state."""
    return {
        resource["type"].rsplit(":", 1)[-1]
        for resource in project.state()["deployment"]["resources"]
    }


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_switched_off_is_not_declared(
    project: Project, world: World, part: str
) -> None:
    project.set(f"components.{part}", False)
    if part == "organizations":
        # A person has switched them on already: billing for organizations needs them.
        world.dashboard(
            "set_config",
            environment="development",
            changes={"organization_settings": {"enabled": True}},
        )

    project.up()

    types = declared(project)
    assert not types & PARTS[part]
    for other in PARTS.keys() - {part}:
        assert types >= PARTS[other]
    live = read_instance(world)
    assert (len(live.endpoints) == 0) is (part == "webhook")
    assert (variables(world) == {}) is (part == "environment")
    if part == "webhook":
        assert ("CLERK_WEBHOOK_SECRET", "preview") not in variables(world)
        assert len(variables(world)) == 2 * (len(sendero.VARIABLES) - 1)


@starts_from(development)
def test_a_part_that_is_switched_off_later_goes_and_comes_back(
    project: Project, world: World
) -> None:
    project.set("components.webhook", False)
    project.up()
    without = read_instance(world).endpoints
    keys = {key for key, _ in variables(world)}

    project.set("components.webhook", True)
    project.up()

    assert without == []
    assert "CLERK_WEBHOOK_SECRET" not in keys
    assert len(read_instance(world).endpoints) == 1
    assert {key for key, _ in variables(world)} == sendero.VARIABLES


@starts_from(development)
def test_the_variables_have_the_names_that_the_app_reads(project: Project, world: World) -> None:
    project.set("environment.names", ["guide", "nextjs"])
    project.up()
    both = variables(world)

    project.set("environment.names", ["nextjs"])
    project.up()
    current = variables(world)
    world.clear_journal()
    again = project.up()

    signing = "CLERK_WEBHOOK_SIGNING_SECRET"
    added = {
        signing: both["CLERK_WEBHOOK_SECRET", "development"]["value"],
        "NEXT_PUBLIC_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL": "/dashboard",
        "NEXT_PUBLIC_CLERK_SIGN_UP_FALLBACK_REDIRECT_URL": "/onboarding",
    }
    assert {key for key, _ in both} == sendero.VARIABLES | added.keys()
    assert {key for key, _ in current} == {key for key, _ in both} - UNREAD.keys()
    for key, value in added.items():
        assert current[key, "development"]["value"] == value
    assert current[signing, "preview"]["type"] == "sensitive"
    assert "unchanged" in again
    assert requests(world) == []


def test_a_connection_gets_the_stacks_own_credentials_and_its_secret_is_not_in_the_state(
    project: Project, world: World
) -> None:
    project.set("signIn", {"oauth": {"google": {"clientId": GOOGLE_ID}}, "sessionClaims": {"a": 1}})
    path = "clerkstack:signIn.oauth.google.clientSecret"
    set_secret = ("config", "set", "--stack", "local", "--path", "--secret", path)
    project.pulumi(*set_secret, GOOGLE_SECRET)

    printed = project.preview() + project.up()

    config = read_instance(world).config
    assert config["connection_oauth_google"]["enabled"] is True
    assert config["connection_oauth_google"]["client_id"] == GOOGLE_ID
    assert config["session"]["claims"] == {"a": 1}
    assert GOOGLE_SECRET not in printed
    assert GOOGLE_SECRET not in json.dumps(project.state())

    world.clear_journal()
    project.up()
    assert requests(world) == []

    project.pulumi(*set_secret, f"{GOOGLE_SECRET}-new")
    printed = project.up()

    assert [line.split()[1] for line in writes(world)] == ["PATCH"]
    assert GOOGLE_SECRET not in printed


def test_switches_of_api_keys_are_set_where_the_config_advertises_them(
    project: Project, world: World
) -> None:
    world.dashboard("advertise_api_keys", on=True)
    world.dashboard("set_api_keys", environment="development", organizations=False, users=True)

    project.up()

    switches = read_instance(world).environment.api_keys
    assert (switches.orgs_api_keys_enabled, switches.user_api_keys_enabled) == (True, False)


def test_switches_that_only_a_person_can_move_are_named_with_their_page(
    project: Project, world: World
) -> None:
    world.dashboard("set_api_keys", environment="development", organizations=False, users=True)

    printed = project.up(check=False)

    assert "Enable Organization API keys: switch it ON" in printed
    assert "Enable User API keys: switch it OFF" in printed
    assert "dashboard page API keys" in printed
    assert variables(world) == {}, "nothing goes live before"

    world.dashboard("set_api_keys", environment="development", organizations=True, users=False)
    project.up()

    assert len(variables(world)) == 2 * len(sendero.VARIABLES)


def test_stripe_as_gateway_is_explained(project: Project, world: World) -> None:
    project.set("billing.gateway", "stripe")

    printed = project.preview()

    assert "No API connects a Stripe account" in printed
    assert re.search(r"gateway\s*: \"stripe\"", printed)
    assert writes(world) == []
