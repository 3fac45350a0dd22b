"""Levels, configuration, waivers and what a preview cannot know, by the real engine."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.project import Project
from local.world import World
from policies.completeness import PROTECTED
from policies.view import SHARED, SIGN_IN, VARIABLES
from tests.deployments import (
    declared_production,
    production_of_an_app,
)
from tests.engine.live import writes
from tests.engine.violations import PACK, leave_to_the_pack, unsettled, violations_of, write
from tests.engine.written_app import write_app
from tests.kept import starts_from

pytestmark = pytest.mark.engine

TODAY = datetime.now(UTC).date()
USERS = (
    "billing('billing', settings=toggles(user_enabled=True), "
    "defaults={'free_user': {'name': 'Free', 'payer_type': 'user', 'features': []}})"
)


def waive(project: Project, until: object, **changes: str) -> None:
    """Write a waiver for billing of users."""
    entry = {
        "id": "billing-payers",
        "stack": "prod",
        "subject": "billing",
        "reason": "A pilot with single people.",
        "by": "ana@sendero.example",
        "until": str(until),
        **changes,
    }
    (project.folder / "waivers.yaml").write_text(json.dumps({"waivers": [entry]}))


def write_users(project: Project, *lines: str) -> None:
    """Switch on billing of users with a plan: without a plan, no waiver helps."""
    plan = "plans:\n  free_user: { name: Free, amount: 0, payer_type: user, default: true }\n"
    project.edit("catalog.yaml", ("plans:\n", plan))
    write(project, USERS, *lines)


def config(project: Project, **policies: object) -> str:
    """Write a policy configuration of Pulumi's own, and return its name."""
    (project.folder / "strict.json").write_text(
        json.dumps({name.replace("_", "-"): value for name, value in policies.items()})
    )
    return "strict.json"


@starts_from(unsettled)
def test_a_waiver_lets_pass_until_its_day_and_is_reported(project: Project) -> None:
    write_users(project)
    waive(project, TODAY + timedelta(days=1))

    found, printed = violations_of(project, fails=False)

    assert found == {("advisory", "billing-payers", "billing")}
    for said in ("A pilot with single people", "ana@sendero.example", str(TODAY.year)):
        assert said in printed

    waive(project, TODAY - timedelta(days=1))
    found, printed = violations_of(project, fails=True)

    assert ("mandatory", "billing-payers", "billing") in found
    assert ("mandatory", "waivers", "clerkstack-prod") in found
    assert "expired on" in printed


@starts_from(unsettled)
def test_a_waiver_that_is_wrong_stops_the_run_with_its_line(project: Project) -> None:
    write_users(project)
    waive(project, TODAY + timedelta(days=1), id="billing-payer", reason="")

    _, printed = violations_of(project, fails=True)

    assert "waivers.yaml:1: waivers[0].reason: is missing" in printed
    assert "there is no policy billing-payer" in printed
    assert "Traceback" not in printed


@starts_from(unsettled)
def test_pulumis_own_policy_configuration(project: Project) -> None:
    write_users(project, "webhook('webhook', events=['user.deleted'])")
    name = config(
        project,
        billing_payers="advisory",
        webhook_events={"events": ["user.deleted"]},
    )

    found, _ = violations_of(project, "--policy-pack-config", name, fails=False)

    assert found == {("advisory", "billing-payers", "billing")}


@pytest.mark.parametrize(
    ("policies", "says"),
    [
        ({"trial_card": "disabled"}, "stay mandatory in production"),
        ({"all": "disabled"}, "stay mandatory in production"),
        ({"billing_slugs": {"enforcementLevel": "advisory"}}, "stay mandatory in production"),
        ({"trial_crad": "advisory"}, "trial-crad: is not a policy"),
        ({"secret_age": {"max_days": "many"}}, "max_days"),
        ({"secret_age": {"max_dayz": 5}}, "max_dayz: is not known"),
    ],
)
@starts_from(unsettled)
def test_a_configuration_that_may_not_be_stops_the_run(
    project: Project, policies: dict[str, object], says: str
) -> None:
    write(project, "billing('billing')")

    _, printed = violations_of(
        project, "--policy-pack-config", config(project, **policies), fails=True
    )

    assert says in printed
    assert writes(project.world) == []


def test_a_changed_development_stack_is_reported_and_goes_on(project: Project) -> None:
    project.up(*PACK)
    project.set("webhook", {"events": ["user.created"]})

    found, _ = violations_of(project, fails=False)
    printed = project.up(*PACK)

    assert found == {("advisory", "webhook-events", "webhook-endpoint")}
    assert "[advisory]  webhook-events" in printed

    name = config(project, webhook_events={"development": "mandatory"})
    found, _ = violations_of(project, "--policy-pack-config", name, fails=True)

    assert found == {("mandatory", "webhook-events", "webhook-endpoint")}


@starts_from(declared_production)
def test_what_the_settings_declare_must_exist(project: Project, world: World) -> None:
    write_app(project)
    project.edit("__main__.py", ("if use.webhook:\n    webhook = ", "if False:\n    webhook = "))

    found, printed = violations_of(project, fails=True)

    assert ("mandatory", "complete", "clerkstack-prod") in found
    assert "the webhook endpoint would be missing" in printed
    assert "the variable production/CLERK_WEBHOOK_SECRET would be missing" in printed

    project.set("components", {"webhook": False})
    found, _ = violations_of(project, fails=False)

    assert {name for level, name, _ in found if level == "mandatory"} == set()


@starts_from(production_of_an_app)
def test_old_secrets(project: Project, world: World, tmp_path: Path) -> None:
    found, _ = violations_of(project, fails=False)
    assert "secret-age" not in {name for _, name, _ in found}

    state = project.state()
    # The policy wants protection for what components make to last.
    protected = {
        resource["type"] for resource in state["deployment"]["resources"] if resource.get("protect")
    }
    assert protected == set(PROTECTED) - {SIGN_IN, VARIABLES, SHARED}
    for resource in state["deployment"]["resources"]:
        if resource["urn"].endswith("::environment-written"):
            written = resource["outputs"]["written"]
            assert set(written) == {
                "production/CLERK_SECRET_KEY",
                "production/CLERK_WEBHOOK_SECRET",
            }
            written["production/CLERK_SECRET_KEY"] -= 91 * 24 * 60 * 60 * 1000
            written["production/CLERK_WEBHOOK_SECRET"] = None
    (tmp_path / "state.json").write_text(json.dumps(state))
    project.pulumi("stack", "import", "--stack", "prod", "--file", str(tmp_path / "state.json"))

    found, printed = violations_of(project, fails=True)

    assert ("mandatory", "secret-age", "environment-written") in found
    assert ("advisory", "secret-age", "environment-written") in found
    assert "production/CLERK_SECRET_KEY was last written 91 days ago" in printed
    assert "the age of production/CLERK_WEBHOOK_SECRET is unknown" in printed

    words = ("policy", "analyze", "--stack", "prod", *PACK)
    ran = project.pulumi(*words, check=False)

    assert ran.returncode != 0
    assert re.findall(r"\[mandatory\]\s+(\S+)", ran.stdout) == ["secret-age"], ran.stdout


LATE = "late = command.local.Command('late', create='true').stdout"
UNKNOWN = [
    (
        "billing('billing', settings=toggles(free_trial_requires_payment_method="
        "late.apply(lambda _: True)))",
        "trial-card",
        "free_trial_requires_payment_method",
    ),
    (
        "billing('billing', settings=late.apply(lambda _: "
        "toggles(free_trial_requires_payment_method=True)))",
        "trial-card",
        "free_trial_requires_payment_method",
    ),
    (
        "billing('billing', plans=late.apply(lambda _: renamed(declared_plans(catalog), 'pro', "
        "'Pro')))",
        "billing-slugs",
        "'pro'",
    ),
    (
        "billing('billing', app=late.apply(lambda _: {**app(), 'plans': "
        "renamed(app()['plans'], 'pro', 'professional')}))",
        "billing-slugs",
        "'professional'",
    ),
]


@pytest.mark.parametrize(("line", "policy", "says"), UNKNOWN)
@starts_from(unsettled)
def test_what_a_preview_cannot_know_is_judged_before_the_write(
    project: Project, line: str, policy: str, says: str
) -> None:
    write(project, LATE, line)
    up = ("up", "--yes", "--stack", "prod")

    by_the_provider = project.pulumi(*up, check=False)
    leave_to_the_pack(project)
    # The next run would know the value that this run made: use another one.
    write(project, LATE.replace("'late'", "'later'"), line)
    found, _ = violations_of(project, fails=False)
    by_the_pack = project.pulumi(*up, *PACK, check=False)

    assert by_the_provider.returncode != 0
    assert says in by_the_provider.stdout + by_the_provider.stderr
    assert ("advisory", policy, "billing") in found
    assert by_the_pack.returncode != 0
    assert re.search(rf"\[mandatory\]\s+{policy}", by_the_pack.stdout), by_the_pack.stdout
    assert writes(project.world) == []


@starts_from(unsettled)
def test_the_form_of_a_key_that_comes_late_is_judged_before_the_write(project: Project) -> None:
    value = "late.apply(lambda _: 'ak_hidden')"
    write(project, LATE, f"variable('key', 'CLERK_SECRET_KEY', {value}, sensitive=True)")

    found, _ = violations_of(project, fails=False)
    ran = project.pulumi("up", "--yes", "--stack", "prod", *PACK, check=False)

    assert found == set()
    assert ran.returncode != 0
    assert re.search(r"\[mandatory\]\s+key-forms", ran.stdout), ran.stdout
    assert "hidden" not in ran.stdout + ran.stderr
    assert writes(project.world) == []
