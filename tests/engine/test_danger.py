"""A preview marks dangerous changes; only a stack that allows them makes them."""

from __future__ import annotations

import re
import shlex

import pytest

from local.project import Project
from local.world import World
from tests.deployments import development, protected_production
from tests.engine.by_hand import by_hand, hurry
from tests.engine.live import read_instance, requests, writes
from tests.kept import starts_from

pytestmark = pytest.mark.engine


def subscribe(world: World, plan: str, payers: int) -> None:
    world.dashboard("subscribe", environment="development", plan=plan, payers=payers)


def allow(project: Project, path: str, value: str) -> None:
    project.pulumi("config", "set", "--stack", project.stack, "--path", path, value)


@starts_from(development)
def test_a_price_with_subscribers(project: Project, world: World) -> None:
    subscribe(world, "pro", 12)
    project.edit("catalog.yaml", ("amount: 6000", "amount: 7000"))
    world.clear_journal()

    shown = project.preview(check=False)
    refused = project.up(check=False)

    for printed in (shown, refused):
        assert "plan 'pro'" in printed
        assert "its amount changes from 6000 to 7000" in printed
        assert "12 subscribers" in printed
        assert "pulumi config set --path allow.plans.pro[0]" not in printed
        command = "pulumi config set --stack local --path 'clerkstack:allow.plans.pro[0]' price"
        assert command in printed.replace("\n", " ")
    assert writes(world) == []

    allow(project, "clerkstack:allow.plans.pro[0]", "price")
    told = project.preview()
    project.up()

    assert "DANGER, allowed by clerkstack:allow: plan 'pro'" in told
    assert read_instance(world).config["billing"]["plans"]["pro"]["amount"] == 7000


@starts_from(development)
def test_a_price_that_nobody_pays_is_no_danger(project: Project, world: World) -> None:
    subscribe(world, "basic", 3)
    project.edit("catalog.yaml", ("amount: 6000", "amount: 7000"))
    world.clear_journal()

    project.up()

    assert read_instance(world).config["billing"]["plans"]["pro"]["amount"] == 7000
    sent = [line for line in requests(world) if "subscription_items" in line]
    assert len(sent) == 1


@starts_from(development)
def test_what_leaves_the_catalog(project: Project, world: World) -> None:
    text = (project.folder / "catalog.yaml").read_text()
    (project.folder / "catalog.yaml").write_text(text[: text.index("  enterprise:")])
    subscribe(world, "enterprise", 1)
    world.clear_journal()

    refused = project.up(check=False)

    assert "plan 'enterprise' on the development instance: it leaves the catalog" in refused
    assert "publicly_visible: false" in refused
    assert writes(world) == []

    subscribe(world, "enterprise", 0)  # Clerk would refuse to delete it: 409
    allow(project, "clerkstack:allow.plans.enterprise[0]", "remove")
    project.up()

    assert "enterprise" not in read_instance(world).config["billing"]["plans"]


OTHER = """
features:
  reports: { name: Reports }
plans:
  team: { name: Team, amount: 4900, features: [reports] }
"""


@starts_from(development)
def test_another_catalog_in_ones_own_sandbox(project: Project, world: World) -> None:
    subscribe(world, "basic", 1)
    (project.folder / "catalog.yaml").write_text(OTHER)

    refused = project.up(check=False)

    [command] = re.findall(r"pulumi (config set-all [^\n]*)", refused)
    assert read_instance(world).config["billing"]["plans"].keys() >= {"basic", "pro"}
    subscribe(world, "basic", 0)
    told = project.up()

    assert told.partition("Diagnostics:")[2].count("Nobody subscribes to what changes") == 1
    assert {"team"} <= read_instance(world).config["billing"]["plans"].keys()
    assert "pro" not in read_instance(world).config["billing"]["plans"]
    project.pulumi(*shlex.split(command))


def test_a_feature_that_leaves_names_the_plans_that_lose_it(project: Project, world: World) -> None:
    text = (project.folder / "catalog.yaml").read_text()
    extra = text.replace("features:\n", "features:\n  extra: { name: Extra }\n", 1)
    extra = extra.replace(
        "      - additional_workspaces\n", "      - additional_workspaces\n      - extra\n"
    )
    (project.folder / "catalog.yaml").write_text(extra)
    project.up()
    has = [
        slug
        for slug, plan in read_instance(world).config["billing"]["plans"].items()
        if "extra" in plan["features"]
    ]
    assert has
    for slug in has:
        subscribe(world, slug, 2)
    (project.folder / "catalog.yaml").write_text(text)

    refused = project.preview(check=False)

    assert "feature 'extra'" in refused
    for slug in has:
        assert slug in refused
    allow(project, "clerkstack:allow.features.extra[0]", "remove")
    project.up()
    assert "extra" not in read_instance(world).config["billing"]["features"]


@starts_from(development)
def test_visibility_and_attachment(project: Project, world: World) -> None:
    subscribe(world, "pro", 1)
    project.edit("catalog.yaml", ("amount: 6000", "amount: 6000\n    publicly_visible: false"))
    text = (project.folder / "catalog.yaml").read_text()
    (project.folder / "catalog.yaml").write_text(text.replace("      - audit_log_export\n", ""))
    world.clear_journal()

    shown = project.preview(check=False)

    assert "plan 'pro' on the development instance: it is no longer shown" in shown
    assert "plan 'pro' on the development instance: it loses audit_log_export. 1 sub" in shown
    assert writes(world) == []

    project.set("allow", {"plans": {"pro": ["visibility", "features"]}})
    project.up()

    pro = read_instance(world).config["billing"]["plans"]["pro"]
    assert pro["publicly_visible"] is False
    assert "audit_log_export" not in pro["features"]


@pytest.mark.parametrize("toggle", ["organizations.personalWorkspaces", "billing.userEnabled"])
def test_a_toggle_that_breaks_sessions(project: Project, world: World, toggle: str) -> None:
    project.set("billing.userEnabled", True)
    project.up()
    subscribe(world, "free_user", 3)
    project.set(toggle, False)
    world.clear_journal()

    shown = project.preview(check=False)

    assert f"toggle '{toggle}' on the development instance: it is turned off" in shown
    assert ("3 subscribers" in shown) is (toggle == "billing.userEnabled")
    assert writes(world) == []

    project.set("allow", {"toggles": [toggle]})
    project.up()


@starts_from(development)
def test_api_keys_that_are_in_use(project: Project, world: World) -> None:
    project.set("apiKeys.organizationEnabled", False)

    shown = project.preview(check=False)

    assert "toggle 'apiKeys.organizationEnabled'" in shown
    project.set("allow", {"toggles": ["apiKeys.organizationEnabled"]})
    assert "DANGER, allowed" in project.preview()


def test_a_first_up_on_an_instance_with_other_prices(project: Project, world: World) -> None:
    by_hand(world, organization_settings={"enabled": True}, billing={"organization_enabled": True})
    plan = {"name": "Pro", "payer_type": "org", "amount": 9900, "features": []}
    by_hand(world, billing={"plans": {"pro": plan}})
    subscribe(world, "pro", 5)

    shown = project.preview(check=False)

    assert "its amount changes from 9900 to 6000. 5 subscribers" in shown.replace("\n", " ")
    assert writes(world) == []


@starts_from(development)
def test_a_destroy_keeps_plans_that_somebody_pays_for(project: Project, world: World) -> None:
    subscribe(world, "pro", 4)
    world.clear_journal()

    ran = project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "local", check=False)

    assert ran.returncode
    assert "plan 'pro'" in ran.stdout + ran.stderr
    assert "4 subscribers" in ran.stdout + ran.stderr
    assert "pro" in read_instance(world).config["billing"]["plans"]
    assert [line for line in writes(world, "clerk") if "PATCH" in line] == []


@starts_from(protected_production)
def test_production_is_protected_and_its_instance_is_left_behind(
    project: Project, world: World
) -> None:
    refused = project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod", check=False)
    by_name = {
        resource["urn"].rpartition("::")[2]: resource
        for resource in project.state()["deployment"]["resources"]
    }

    assert refused.returncode
    assert "protected" in refused.stdout + refused.stderr
    protected = {name for name, each in by_name.items() if each.get("protect")}
    assert protected == {
        "instance",
        "organizations-settings",
        "organizations-roles",
        "billing-catalog",
        "api-keys-switches",
        "webhook-endpoint",
        "rotations",
        *(name for name in by_name if name.startswith("environment-production-")),
    }
    assert writes(world) == []
    assert {name for name, each in by_name.items() if each.get("retainOnDelete")} == {
        "instance",
    }

    project.set("protect", False)
    project.up()
    project.destroy()

    assert "org:finance" not in read_instance(world, "production").roles


@starts_from(development)
def test_what_a_preview_can_not_see_is_judged_before_the_write(
    project: Project, world: World
) -> None:
    subscribe(world, "pro", 12)
    project.edit("catalog.yaml", ("amount: 6000", "amount: 7000"))
    # All reads of the preview fail, despite retries; then only the first reads of the update.
    down = {"kind": "status", "service": "clerk", "method": "GET", "path": "config$", "status": 403}
    world.fault(**down)
    shown = project.preview()
    world.fault(**down)
    world.clear_journal()

    refused = project.up(check=False)

    assert "the instance cannot be read" in shown
    assert "12 subscribers" in refused
    assert writes(world) == []


def test_a_preview_without_a_network_is_a_preview(project: Project, world: World) -> None:
    hurry(project)
    project.set("urls.platform", "http://127.0.0.1:9")

    shown = project.preview()

    assert "the instance cannot be read" in shown
    assert writes(world) == []
