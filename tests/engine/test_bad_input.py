"""People's mistakes as `pulumi up` reports them; nothing is left half done."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.clients.platform import PlatformClient
from local.project import Project, copy_project, production_settings_on
from local.world import World
from local.world import seed as seeded
from tests.deployments import development
from tests.engine.by_hand import hurry
from tests.engine.live import read_instance, requests, variables, writes
from tests.engine.test_deployment import assert_deployed
from tests.kept import starts_from

pytestmark = pytest.mark.engine


ENGINE_IS_GONE = "Resource monitor has terminated"


def refused(project: Project) -> str:
    """Return the output of a failing `up`."""
    ran = project.pulumi("up", "--yes", "--skip-preview", "--stack", project.stack, check=False)
    printed = ran.stdout + ran.stderr
    assert ran.returncode != 0, printed
    # On a busy machine the engine can end before the program has declared everything; then its SDK
    # prints a traceback (pulumi/pulumi, sdk/python, runtime/resource.py, do_register).
    assert "Traceback" not in printed or ENGINE_IS_GONE in printed, printed
    return printed


def set_secret(project: Project, key: str, value: str) -> None:
    project.pulumi("config", "set", "--stack", project.stack, "--secret", key, value)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            "    amount: 1900\n",
            "    amount: 1900\n    colour: red\n",
            "catalog.yaml:55: plans.basic.colour: is not a field of the catalog. Use name, amount, "
            "annual_monthly_amount, description, features, free_trial_days, publicly_visible, "
            "payer_type, is_recurring, default, includes",
        ),
        (
            "amount: 6000",
            "amount: 60.00",
            "catalog.yaml:66: plans.pro.amount: is 60.00; amounts are whole cents. "
            "If that is dollars, write cents: 6000",
        ),
        (
            "annual_monthly_amount: 5000",
            "annual_monthly_amount: 7000",
            "catalog.yaml:67: plans.pro.annual_monthly_amount: is 7000, above the 6000",
        ),
        (
            "- mcp_server_public",
            "- mcp_server_publik",
            "catalog.yaml:71: plans.pro.features[0]: there is no feature mcp_server_publik. "
            "Did you mean mcp_server_public?",
        ),
        (
            "- custom_webhooks",
            "- mcp_server_public",
            "catalog.yaml:72: plans.pro.features[1]: names mcp_server_public twice",
        ),
        ("  enterprise:", "  pro:", "catalog.yaml:75: plans.pro: "),
    ],
)
def test_a_mistake_in_the_catalog_is_reported_with_its_place(
    project: Project, world: World, before: str, after: str, says: str
) -> None:
    project.edit("catalog.yaml", (before, after))

    printed = refused(project)

    assert says in printed, printed
    assert "1 problem in what this stack declares. Nothing was sent." in printed
    assert requests(world) == []


def test_the_key_of_another_applications_instance_is_refused(
    project: Project, world: World
) -> None:
    key, application = "ak_other_workspace", "app_other"
    world.clerk.seed_application(application_id=application, name="Other", platform_key=key)
    with PlatformClient(key=SecretStr(key), base_url=world.urls.clerk) as platform:
        found = platform.get_application(application, include_secret_keys=True)
    [others] = [instance.secret_key for instance in found.instances]
    assert others is not None
    set_secret(project, "clerkstack:secretKey", others.get_secret_value())
    world.clear_journal()

    printed = refused(project)

    assert "clerkstack:secretKey is the key of the instance" in printed, printed
    assert others.get_secret_value() not in printed
    assert writes(world) == []


def test_a_declared_secret_key_is_not_in_the_state(project: Project, world: World) -> None:
    key = read_instance(world).secret_key
    set_secret(project, "clerkstack:secretKey", key)

    printed = project.up()

    assert key not in printed
    assert key not in json.dumps(project.state())


@starts_from(development)
def test_a_mistyped_project_costs_no_variable(project: Project, world: World) -> None:
    before = variables(world)
    project.set("environment.projectId", "prj_mistyped")

    printed = refused(project)

    assert "Check clerkstack:environment.projectId" in printed, printed
    assert variables(world) == before


def test_a_billing_refusal_comes_before_anything_is_written(world: World, tmp_path: Path) -> None:
    project = Project(copy_project(tmp_path / "project"), world)
    settings = production_settings_on(world)
    project.init("prod", {**settings, "billing": {"freeTrialRequiresPaymentMethod": True}})
    world.clear_journal()

    printed = refused(project)

    assert "trials would ask for a card" in printed, printed
    assert requests(world) == []


@starts_from(development)
def test_a_default_plan_that_is_not_there_is_reported_before_a_write(
    project: Project, world: World
) -> None:
    text = (project.folder / "catalog.yaml").read_text()
    own = "  gratis:\n    name: Gratis\n    amount: 0\n    default: true\n"
    (project.folder / "catalog.yaml").write_text(f"{text.rstrip()}\n{own}")
    world.clear_journal()

    printed = refused(project)

    assert "The catalog marks gratis as the plan that Clerk itself creates" in printed, printed
    assert writes(world) == []


def test_all_mistakes_are_reported_at_once(project: Project, world: World) -> None:
    project.edit(
        "catalog.yaml",
        ("amount: 1900", "amount: 19.5"),
        ("- sso_saml", "- sso"),
        ("free_trial_days: 14", "free_trial_days: 400"),
    )

    printed = refused(project)

    assert "3 problems in what this stack declares. Nothing was sent." in printed
    assert [
        printed.index(place) for place in ("basic.amount", "pro.free_trial", "enterprise.features")
    ] == sorted(
        printed.index(place) for place in ("basic.amount", "pro.free_trial", "enterprise.features")
    )
    assert requests(world) == []


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("colour", "red", "Pulumi.local.yaml:23: colour: is not a setting. Remove it"),
        ("billing.userEnabled", "no", "billing.userEnabled: is not a boolean"),
        (
            "webhook.events",
            ["user.create"],
            "webhook.events[0]: names user.create, which Clerk does not send. "
            "Did you mean user.created?",
        ),
    ],
)
def test_a_mistake_in_the_settings_is_reported_with_its_place(
    project: Project, world: World, key: str, value: Any, says: str
) -> None:
    project.set(key, value)

    printed = refused(project)

    assert says in printed, printed
    assert requests(world) == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("sk_live_abcdef0123456789", "this is a key of a production instance, but this stack is"),
        ("ak_abcdef0123456789", "this is the platform key (ak_…), but CLERK_SECRET_KEY takes"),
    ],
)
def test_a_key_of_the_wrong_kind_is_refused_and_not_repeated(
    project: Project, world: World, value: str, says: str
) -> None:
    set_secret(project, "clerkstack:secretKey", value)

    printed = refused(project)

    assert says in printed, printed
    assert "abcdef0123456789" not in printed
    assert requests(world) == []


def test_a_revoked_platform_key_is_reported_with_the_way_to_a_new_one(
    project: Project, world: World
) -> None:
    world.dashboard("add_platform_key", key="ak_another", manage=True)
    world.dashboard("revoke_platform_key", key=seeded.PLATFORM_KEY)

    printed = refused(project)

    assert "refused PlatformGetApplication (401" in printed
    assert "pulumi config set --secret clerkstack:platformKey" in printed
    assert writes(world) == []

    set_secret(project, "clerkstack:platformKey", "ak_another")
    world.dashboard("add_platform_key", key=seeded.PLATFORM_KEY, manage=True)  # for the read below
    assert_completed_by_the_next_up(project, world)


def test_a_platform_key_without_the_right_is_told_which_right(
    project: Project, world: World
) -> None:
    world.dashboard("add_platform_key", key="ak_reader", manage=False)
    set_secret(project, "clerkstack:platformKey", "ak_reader")

    printed = refused(project)

    assert "(403" in printed
    assert "applications:manage" in printed
    assert writes(world) == []

    set_secret(project, "clerkstack:platformKey", seeded.PLATFORM_KEY)
    assert_completed_by_the_next_up(project, world)


def test_an_unknown_application_is_reported(project: Project, world: World) -> None:
    project.set("applicationId", "app_elsewhere")

    printed = refused(project)

    assert "refused PlatformGetApplication (404" in printed
    assert "Check clerkstack:applicationId" in printed
    assert writes(world) == []

    project.set("applicationId", seeded.APPLICATION_ID)
    assert_completed_by_the_next_up(project, world)


def test_the_workspaces_limit_of_plans_leaves_billing_as_it_was(
    project: Project, world: World
) -> None:
    before = read_instance(world).config["billing"]
    world.dashboard("set_limits", plans=3)

    printed = refused(project)

    assert "(402" in printed
    assert "The plan of your Clerk workspace does not include this" in printed
    assert read_instance(world).config["billing"] == before
    assert variables(world) == {}, "nothing of the environment goes live without billing"

    world.dashboard("set_limits", plans=None)
    assert_completed_by_the_next_up(project, world)


def test_an_unreachable_host_is_reported_with_its_address(project: Project, world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    hurry(project)
    project.set("urls.platform", nobody)

    printed = refused(project)

    assert nobody in printed
    assert "clerkstack:urls.platform" in printed
    assert writes(world) == []

    project.set("urls.platform", world.urls.clerk)
    assert_completed_by_the_next_up(project, world)


def assert_completed_by_the_next_up(project: Project, world: World) -> None:
    """Assert that the next `up` completes the deployment, and a second one changes nothing."""
    project.up()

    assert_deployed(read_instance(world))
    world.clear_journal()
    assert "unchanged" in project.up()
    assert requests(world) == []


def test_an_address_that_nothing_follows_is_refused_before_a_token_goes_anywhere(
    project: Project, world: World
) -> None:
    project.shell["VERCEL_API_URL"] = ""

    printed = refused(project)
    recovering = project.clerkstack("recover")

    words = "without VERCEL_API_URL in this shell, Vercel's plugin sends the token to https://api"
    for told in (printed, recovering.stderr):
        assert f"urls.vercel: is {world.urls.vercel}, and {words}" in told
    assert recovering.returncode == 2
    assert requests(world) == []


def test_an_official_plugin_that_does_not_follow_is_refused_before_a_token_goes_anywhere(
    project: Project, world: World
) -> None:
    # The stand-in on PATH is skipped, and no proxy takes the official plugin to the world.
    project.shell |= {"PULUMI_IGNORE_AMBIENT_PLUGINS": "true", "HTTPS_PROXY": ""}

    recovering = project.clerkstack("recover")

    words = "Vercel's plugin in this shell does not follow VERCEL_API_URL: it sends the token to"
    assert f"urls.vercel: is {world.urls.vercel}, but {words} https://api.vercel" in (
        recovering.stderr
    )
    assert recovering.returncode == 2
    assert requests(world) == []


def test_a_shell_that_leads_elsewhere_is_refused_before_anything_is_sent(
    project: Project, world: World
) -> None:
    project.set("urls.vercel", "https://api.vercel.com")

    printed = refused(project)

    assert "urls.vercel: is https://api.vercel.com, and VERCEL_API_URL in this shell" in printed
    assert requests(world) == []
