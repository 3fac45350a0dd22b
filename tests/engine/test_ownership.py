"""Destroying restores what a stack found, removes what it made, leaves what others made."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.svix import SvixClient
from local.project import Project
from local.world import World
from tests.deployments import both, development
from tests.engine.by_hand import by_hand, take_out
from tests.engine.live import read_instance, requests, variables, writes
from tests.kept import starts_from

GOOGLE_ID = "123-abc.apps.googleusercontent.com"

pytestmark = pytest.mark.engine


def plan(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "amount": 100, "payer_type": "org", "features": [], **fields}


def config(world: World, environment: str = "development") -> dict[str, Any]:
    return read_instance(world, environment).config


def assert_quiet(project: Project, world: World) -> None:
    world.clear_journal()
    assert "unchanged" in project.up()
    assert requests(world) == []


@pytest.fixture
def billing(world: World) -> World:
    """A world in which a person has switched organization billing on."""
    by_hand(world, organization_settings={"enabled": True})
    by_hand(world, billing={"organization_enabled": True})
    return world


def test_claims_lose_a_key_and_go_back_to_none(project: Project, world: World) -> None:
    project.set("signIn", {"sessionClaims": {"a": "1", "b": {"c": 1, "d": 2}}})
    project.up()
    project.set("signIn", {"sessionClaims": {"b": {"d": 2}}})
    project.up()

    assert config(world)["session"]["claims"] == {"b": {"d": 2}}
    assert_quiet(project, world)

    project.destroy()
    assert config(world)["session"] is None


def test_a_connection_that_is_taken_out_goes_back_to_what_it_was(
    project: Project, world: World
) -> None:
    before = config(world)["connection_oauth_google"]
    project.set(
        "signIn", {"oauth": {"google": {"clientId": GOOGLE_ID}, "github": {"clientId": "id"}}}
    )
    for name in ("google", "github"):
        path = f"clerkstack:signIn.oauth.{name}.clientSecret"
        words = ("config", "set", "--stack", "local", "--path", "--secret", path)
        project.pulumi(*words, "secret-1234567")
    project.up()

    project.pulumi("config", "rm", "--stack", "local", "--path", "clerkstack:signIn.oauth.google")
    project.up()

    assert config(world)["connection_oauth_google"] == before
    assert config(world)["connection_oauth_github"]["enabled"] is True
    assert_quiet(project, world)

    project.destroy()
    github = config(world)["connection_oauth_github"]
    assert (github["client_id"], github["client_secret"]) == ("", "")


def test_a_setting_that_is_declared_later_goes_back_as_well(project: Project, world: World) -> None:
    by_hand(world, organization_settings={"max_allowed_memberships": 5})
    project.up()
    project.set("organizations.maxAllowedMemberships", 9)
    project.up()

    project.destroy()

    assert config(world)["organization_settings"]["max_allowed_memberships"] == 5


def test_a_plan_that_was_there_goes_back_to_what_it_was(project: Project, billing: World) -> None:
    by_hand(billing, billing={"plans": {"pro": plan("Pro by hand", annual_monthly_amount=50)}})
    before = config(billing)["billing"]["plans"]["pro"]
    project.up()

    project.destroy()

    assert config(billing)["billing"]["plans"]["pro"] == before


def test_a_plan_that_was_there_and_leaves_the_catalog_stays_as_it_was(
    project: Project, billing: World
) -> None:
    by_hand(billing, billing={"plans": {"enterprise": plan("By hand")}})
    before = config(billing)["billing"]["plans"]["enterprise"]
    project.set("allow.plans.enterprise", ["visibility"])
    project.up()
    take_out(project, "enterprise")

    printed = project.up()

    assert config(billing)["billing"]["plans"]["enterprise"] == before
    assert "the plan 'enterprise' existed before this stack: it stays" in printed
    assert_quiet(project, billing)


@starts_from(development)
def test_a_price_that_somebody_sets_since_then_stays(project: Project, world: World) -> None:
    hand = plan("By hand", features=["white_label"])
    by_hand(world, billing={"plans": {"hand": hand}})

    project.destroy()

    left = config(world)["billing"]
    assert left["plans"]["hand"]["features"] == ["white_label"]
    assert set(left["features"]) == {"white_label"}, "a plan of somebody else has it"


def test_clerks_own_plan_loses_what_was_attached_here(project: Project, world: World) -> None:
    project.edit(
        "catalog.yaml",
        (
            "plans:\n",
            "plans:\n  free_org:\n    name: Start\n    amount: 0\n    default: true\n"
            "    features: [white_label]\n",
        ),
    )
    project.up()
    assert config(world)["billing"]["plans"]["free_org"]["features"] == ["white_label"]

    project.destroy()

    assert config(world)["billing"]["features"] == {}
    assert set(config(world)["billing"]["plans"]) == {"free_org"}


@starts_from(both)
def test_what_a_clone_brought_is_the_stacks_own(project: Project, world: World) -> None:
    take_out(project, "enterprise")

    project.up()

    assert "enterprise" not in config(world, "production")["billing"]["plans"]
    assert_quiet(project, world)

    project.destroy()
    live = read_instance(world, "production")
    assert set(live.config["billing"]["plans"]) <= {"free_org"}
    assert live.config["billing"]["features"] == {}
    assert "org:finance" not in live.roles


@pytest.mark.parametrize("kind", ["status", "drop_before", "not_persisted"])
def test_a_role_whose_making_failed_is_still_the_stacks_own(
    project: Project, world: World, kind: str
) -> None:
    world.fault(service="clerk", method="POST", path="organization_roles$", kind=kind, status=500)
    project.up(check=False)
    project.up()

    project.destroy()

    assert "org:finance" not in read_instance(world).roles


def test_a_plan_that_was_refused_and_that_a_person_then_makes_is_theirs(
    project: Project, billing: World
) -> None:
    billing.dashboard("set_limits", plans=2)
    project.up(check=False)
    billing.dashboard("set_limits", plans=None)
    by_hand(billing, billing={"plans": {"pro": plan("By hand")}})
    project.up()

    project.destroy()

    assert config(billing)["billing"]["plans"]["pro"]["name"] == "By hand"


@starts_from(development)
def test_organizations_switched_off_as_a_part_leaves_them_on_where_billing_needs_them(
    project: Project, world: World
) -> None:
    project.set("components.organizations", False)

    project.up()

    assert config(world)["organization_settings"]["enabled"] is True
    assert_quiet(project, world)


@starts_from(development)
def test_a_webhook_change_that_is_not_kept_is_an_error(project: Project, world: World) -> None:
    project.set("webhook.description", "another")
    world.fault(service="svix", method="PATCH", path="endpoint", kind="not_persisted")

    printed = project.up(check=False)

    assert "Svix accepted the webhook endpoint but does not show it as declared" in printed


def test_an_endpoint_and_roles_that_were_there_go_back(project: Project, billing: World) -> None:
    url = "https://preview.sendero.example/api/webhooks/clerk"
    key = SecretStr(read_instance(billing).secret_key)
    with BackendClient(key=key, base_url=billing.urls.clerk) as backend:
        backend.create_role(key="org:finance", name="By hand", description="Theirs")
        with SvixClient.from_link(backend.create_svix_app(), base_url=billing.urls.svix) as svix:
            svix.create_endpoint(url=url, event_types=["user.created"], description="Theirs")
    before = read_instance(billing)
    project.set(
        "organizations.roles",
        {
            "org:member": {"name": "Colleague"},
            "org:finance": {"name": "Finance", "permissions": ["org:sys_memberships:read"]},
        },
    )
    project.up()
    during = read_instance(billing)

    project.destroy()

    after = read_instance(billing)
    assert during.endpoints != before.endpoints
    assert during.roles["org:member"].name == "Colleague"
    assert after.endpoints == before.endpoints
    for role in ("org:member", "org:finance"):
        assert after.roles[role].name == before.roles[role].name
        assert set(after.roles[role].permissions) == set(before.roles[role].permissions)


@starts_from(development)
def test_a_url_that_another_endpoint_has_takes_that_one_over(
    project: Project, world: World
) -> None:
    moved = "https://other.sendero.example/api/webhooks/clerk"
    key = SecretStr(read_instance(world).secret_key)
    with (
        BackendClient(key=key, base_url=world.urls.clerk) as backend,
        SvixClient.from_link(backend.svix_url(), base_url=world.urls.svix) as svix,
    ):
        theirs = svix.create_endpoint(url=moved, event_types=["user.created"])
    project.set("webhook.url", moved)

    project.up()

    (endpoint,) = read_instance(world).endpoints
    assert endpoint.id == theirs.id
    assert_quiet(project, world)


def test_an_annual_price_that_nobody_declared_is_drift(project: Project, world: World) -> None:
    project.edit("catalog.yaml", ("    annual_monthly_amount: 1500\n", ""))
    project.up()
    by_hand(world, billing={"plans": {"basic": {"annual_monthly_amount": 999}}})

    project.pulumi("refresh", "--yes", "--skip-preview", "--stack", "local")
    printed = project.preview()
    project.up()

    assert "annual_monthly_amount" in printed
    assert not config(world)["billing"]["plans"]["basic"]["annual_monthly_amount"]


def test_a_plan_nobody_could_buy_is_refused_before_anything_is_sent(
    project: Project, world: World
) -> None:
    project.set("billing.organizationEnabled", False)

    printed = project.preview(check=False)

    assert "the plan 'pro' is paid by organizations" in printed
    assert "clerkstack:billing.organizationEnabled" in printed
    assert writes(world) == []


@starts_from(development)
def test_a_new_token_is_no_reason_to_build_again(project: Project, world: World) -> None:
    world.vercel.add_token("anotherVercelToken000001")
    words = ("config", "set", "--stack", "local", "--secret", "vercel:apiToken")
    project.pulumi(*words, "anotherVercelToken000001")
    world.clear_journal()

    project.up()

    assert requests(world) == []
    assert variables(world)


def test_a_new_client_secret_is_named_in_the_preview(project: Project, world: World) -> None:
    project.set("signIn", {"oauth": {"google": {"clientId": GOOGLE_ID}}})
    path = "clerkstack:signIn.oauth.google.clientSecret"
    words = ("config", "set", "--stack", "local", "--path", "--secret", path)
    project.pulumi(*words, "secret-1234567")
    project.up()
    project.pulumi(*words, "secret-7654321")

    printed = project.preview()

    assert re.search(r"~ fingerprints\s*: \{\s+~ google\s*: \"\w{8}\" => \"\w{8}\"", printed)
