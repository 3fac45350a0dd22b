"""The complete deployment by the real engine: created, unchanged, updated, destroyed."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from local.project import TOP, Project, production_settings_on
from local.world import World
from local.world import seed as seeded
from local.world.vercel.models import digest
from tests import sendero
from tests.deployments import development
from tests.engine.live import Live, read_instance, requests, variables, writes
from tests.engine.written_app import write_app
from tests.kept import starts_from

pytestmark = pytest.mark.engine


def assert_deployed(live: Live) -> None:
    """Assert every value of the deployment that Clerk holds."""
    sendero.assert_billing(live.config["billing"])
    for slug, (cents, _, _, public, _) in sendero.PLANS.items():
        sold = live.plans[slug]
        assert (sold.fee.amount if sold.fee else 0) == cents
        assert {feature.slug for feature in sold.features} == sendero.features_of(slug)
        assert sold.publicly_visible is public
    # Clerk's default plan, made when billing was switched on.
    assert live.plans["free_org"].is_default
    assert live.config["organization_settings"]["enabled"] is True
    assert {"org:admin", "org:member", "org:finance"} <= set(live.roles)
    assert {permission.key for permission in live.roles["org:finance"].permissions} == {
        "org:sys_memberships:read",
        "org:sys_billing:read",
    }
    assert live.environment.api_keys.orgs_api_keys_enabled is True
    assert live.environment.api_keys.user_api_keys_enabled is False
    assert live.environment.billing.free_trial_requires_payment_method is False
    assert len(live.endpoints) == 1
    assert set(live.endpoints[0].event_types or ()) == sendero.EVENTS


def test_up_brings_the_whole_deployment(project: Project, world: World) -> None:
    printed = project.up("--policy-pack", "policies/pack")

    live = read_instance(world)
    assert "Resources:" in printed
    assert_deployed(live)
    assert live.endpoints[0].url == "https://preview.sendero.example/api/webhooks/clerk"
    found = variables(world)
    assert set(found) == {
        (key, target) for key in sendero.VARIABLES for target in ("preview", "development")
    }
    for target in ("preview", "development"):
        for key, value in sendero.PATHS.items():
            assert found[key, target]["value"] == value
        key = found["NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", target]
        assert key["value"] == live.publishable_key
        for secret in sendero.SECRETS:
            kind = "sensitive" if target == "preview" else "encrypted"
            assert found[secret, target]["type"] == kind
    assert found["NEXT_PUBLIC_APP_URL", "preview"]["value"] == "https://preview.sendero.example"
    assert found["NEXT_PUBLIC_APP_URL", "development"]["value"] == "http://localhost:3000"
    assert found["CLERK_SECRET_KEY", "development"]["value"] == live.secret_key
    signing = live.signing_secrets[live.endpoints[0].id]
    assert found["CLERK_WEBHOOK_SECRET", "development"]["value"] == signing


def test_a_first_preview_ends_well_and_the_redeploy_has_no_secret_in_a_list(
    project: Project, world: World
) -> None:
    """The command's plugin loses a secret element of a list that is still unknown."""
    assert "environment-redeploy" in project.preview()

    project.up()

    (command,) = [
        resource
        for resource in project.state()["deployment"]["resources"]
        if resource["type"] == "command:local:Command"
    ]
    trigger, restored = command["inputs"]["triggers"]
    assert re.fullmatch(r"[0-9a-f]{32}", trigger)
    assert restored == ""
    signing = read_instance(world).signing_secrets.values()
    assert not any(each in json.dumps(command) for each in (*signing, seeded.VERCEL_TOKEN))


@starts_from(development)
def test_resources_stand_under_their_component_and_in_the_guides_order(project: Project) -> None:
    resources = project.state()["deployment"]["resources"]
    by_urn = {resource["urn"]: resource for resource in resources}
    order = ["organizations", "billing", "api-keys", "webhook", "environment"]
    for resource in resources:
        parent = by_urn.get(resource.get("parent", ""))
        if not resource["custom"] or parent is None or parent["type"] == "pulumi:pulumi:Stack":
            continue
        if resource["type"].endswith(":VercelProject"):
            assert not resource.get("dependencies"), "it is looked at before anything is written"
            continue
        name = parent["urn"].rsplit("::", 1)[-1]
        assert resource["urn"].rsplit("::", 1)[-1].startswith(f"{name}-")
        waited_for = {
            by_urn[by_urn[urn]["parent"]]["urn"].rsplit("::", 1)[-1]
            for urn in resource["dependencies"]
        }
        assert set(order[: order.index(name)]) <= waited_for, resource["urn"]


def test_a_variable_made_by_hand_is_taken_over_as_the_page_says(
    project: Project, world: World
) -> None:
    held = world.vercel.create_variable(
        world.vercel.projects[seeded.VERCEL_PROJECT_ID],
        {"key": "CLERK_SECRET_KEY", "value": "x", "type": "sensitive", "target": ["preview"]},
    )
    project.up(check=False)
    page = (TOP / "docs" / "trouble.md").read_text()
    block = page[page.index("## Variables that are there already") :].split("```")[1]
    for line in block.strip().splitlines():
        words = shlex.split(line.replace("dev", "local"))
        if words[0] == "pulumi":
            project.pulumi(*words[1:], *(("--yes",) if words[1] == "up" else ()))
        else:
            ran = project.own_command(*words[1:])
            assert ran.returncode == 0, ran.stderr

    assert variables(world)["CLERK_SECRET_KEY", "preview"]["id"] == held.id
    world.clear_journal()
    assert "unchanged" in project.up()
    assert requests(world) == []


@starts_from(development)
def test_the_redeploy_comes_after_every_variable_and_is_built_with_them(
    project: Project, world: World
) -> None:
    resources = project.state()["deployment"]["resources"]
    declared = {
        resource["urn"]
        for resource in resources
        if "ProjectEnvironmentVariable" in resource["type"]
    }
    (redeploy,) = (
        resource for resource in resources if resource["type"] == "command:local:Command"
    )
    assert declared <= set(redeploy["dependencies"])
    (built,) = (
        deployment for deployment in world.vercel.deployments.values() if deployment.redeploy_of
    )
    assert (built.target, built.state) == ("preview", "READY")
    assert set(built.environment) == sendero.VARIABLES

    project.set("environment.afterSignInUrl", "/home")
    project.up()

    (_, again) = (
        deployment for deployment in world.vercel.deployments.values() if deployment.redeploy_of
    )
    assert again.environment["NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL"] == digest("/home")


def test_no_secret_lies_in_the_clear(project: Project, world: World) -> None:
    printed = project.up()
    printed += project.preview()

    live = read_instance(world)
    state = json.dumps(project.state())
    files = "".join(
        path.read_text(errors="replace")
        for path in project.folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    for secret in (live.secret_key, *live.signing_secrets.values()):
        assert secret not in printed
        assert secret not in state
        assert secret not in files


@starts_from(development)
def test_a_second_up_changes_nothing_and_sends_nothing(project: Project, world: World) -> None:
    world.clear_journal()

    printed = project.up()

    assert re.search(r"\d+ unchanged", printed)
    assert "to update" not in printed
    assert requests(world) == []


@starts_from(development)
def test_one_price_is_one_diff_and_one_write(project: Project, world: World) -> None:
    project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
    world.clear_journal()

    preview = project.preview()
    assert re.search(r"~ amount\s*: 6000 => 6500", preview)
    assert preview.count("=>") == 1
    # Reads whether anybody pays that price: the config, the instance's key, the plan's id, the
    # subscriptions to it.
    assert [line.split()[1] for line in requests(world)] == ["GET"] * 4
    world.clear_journal()

    project.up()

    assert [line.split()[1] for line in requests(world)] == ["GET"] * 4 + ["PATCH", "GET"]
    assert read_instance(world).plans["pro"].fee.amount == 6500  # type: ignore[union-attr]


def test_destroy_leaves_nothing_and_touches_nothing_else(project: Project, world: World) -> None:
    world.dashboard(
        "set_config",
        environment="development",
        changes={"branding": {}, "session_settings": {}},
    )
    before = read_instance(world)
    project.up()

    project.destroy()

    after = read_instance(world)
    assert set(after.config["billing"]["plans"]) <= {"free_org"}
    assert after.config["billing"]["features"] == before.config["billing"]["features"]
    assert after.endpoints == []
    assert set(after.roles) == set(before.roles)
    assert variables(world) == {}
    for section in set(before.config) - {"billing"}:
        assert after.config[section] == before.config[section], section
    toggles = ("organization_enabled", "user_enabled", "free_trial_requires_payment_method")
    assert [after.config["billing"][key] for key in toggles] == [
        before.config["billing"][key] for key in toggles
    ]


@starts_from(development)
def test_production_is_made_by_cloning_and_never_twice(project: Project, world: World) -> None:
    project.init("prod", {**production_settings_on(world), "protect": True})
    write_app(project)

    project.up("--policy-pack", "policies/pack")

    live = read_instance(world, "production")
    assert_deployed(live)
    assert live.secret_key.startswith("sk_live_")
    assert live.endpoints[0].url == "https://sendero.example/api/webhooks/clerk"
    found = {
        key: each for (key, target), each in variables(world).items() if target == "production"
    }
    assert set(found) == sendero.VARIABLES
    assert all(found[secret]["type"] == "sensitive" for secret in sendero.SECRETS)
    assert found["NEXT_PUBLIC_APP_URL"]["value"] == "https://sendero.example"
    assert found["NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY"]["value"] == live.publishable_key
    assert_deployed(read_instance(world, "development"))
    made = [line for line in writes(world, "clerk") if line.endswith("/instances")]
    assert len(made) == 1

    project.set("protect", False)
    # Its app asks for what the update would remove.
    project.set("allow", {"billingLeft": True})
    project.up()
    project.destroy()
    project.up()

    assert len([line for line in writes(world, "clerk") if line.endswith("/instances")]) == 1
