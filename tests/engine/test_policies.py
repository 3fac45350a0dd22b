"""Production previews that the pack refuses, one for each rule, by the real engine.

The settings refuse most of these before a resource is declared, so each case is a tiny program
that declares the offence itself: the pack must not rely on who declares.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from local.project import Project, copy_project
from local.world import World
from tests.engine.live import writes

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

PROGRAM = """
import pulumi
import pulumiverse_vercel as vercel
from pathlib import Path
from clerkstack.catalog import load_catalog
from clerkstack.declared.catalog import declared_features, declared_plans
from clerkstack.providers import Billing, WebhookEndpoint

catalog = load_catalog(Path("catalog.yaml"))
plans, features = declared_plans(catalog), declared_features(catalog)
settings = {
    "organization_enabled": True,
    "user_enabled": False,
    "free_trial_requires_payment_method": False,
}
app = {"plans": {s: list(p.features) for s, p in catalog.plans.items()}, "features": list(features)}
url = "https://sendero.example/api/webhooks/clerk"
key, value = "CLERK_SECRET_KEY", "sk_live_abc"
# the offence
Billing(
    "billing", application_id="app_1", environment="production", settings=settings,
    gateway="clerk", features=features, plans=plans, defaults={}, app=app, catalog="catalog.yaml",
)
WebhookEndpoint(
    "webhook", application_id="app_1", environment="production", url=url,
    events=["user.created"], description="",
)
vercel.ProjectEnvironmentVariable(
    "variable", project_id="prj_1", key=key, value=value, targets=["production"], sensitive=True,
)
"""


@pytest.fixture
def offence(tmp_path: Path, world: World) -> Project:
    """A production stack whose program a test completes with an offence."""
    made = Project(copy_project(tmp_path / "project"), world)
    made.init("prod", {})
    return made


def refused(project: Project, line: str) -> str:
    """The preview of the program with the offence; it must fail."""
    program = PROGRAM.replace("# the offence", line)
    (project.folder / "__main__.py").write_text(program)
    ran = project.pulumi(
        "preview", "--stack", "prod", "--policy-pack", "policies/pack", check=False
    )
    assert ran.returncode != 0, ran.stdout
    assert writes(project.world) == []
    return ran.stdout + ran.stderr


def test_a_clean_program_passes(offence: Project) -> None:
    (offence.folder / "__main__.py").write_text(PROGRAM)

    offence.pulumi("preview", "--stack", "prod", "--policy-pack", "policies/pack")


@pytest.mark.parametrize(
    ("line", "rule", "says"),
    [
        (
            "plans['Pro'] = plans.pop('pro')",
            "billing-slugs",
            "the plan 'Pro' would be deployed, and catalog.yaml does not have it",
        ),
        (
            "app = None; features.pop('sso_saml')",
            "billing-slugs",
            "catalog.yaml has the feature 'sso_saml', and it would not be deployed",
        ),
        ("key, value = 'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY', 'pk_test_abc'", "live-keys", "pk"),
        ("key, value = 'CLERK_SECRET_KEY', 'sk_test_abc'", "live-keys", "CLERK_SECRET_KEY"),
        (
            "key, value = 'NEXT_PUBLIC_BACKEND', 'sk_live_abc'",
            "server-only-secrets",
            "NEXT_PUBLIC_BACKEND holds a secret",
        ),
        ("url = 'http://sendero.example/hook'", "webhook-https", "is not https"),
    ],
)
def test_an_offence_is_refused(offence: Project, line: str, rule: str, says: str) -> None:
    printed = refused(offence, line)

    assert rule in printed
    if says != "pk":
        assert says in printed
    assert "abc" not in printed


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "settings['free_trial_requires_payment_method'] = True",
            "free_trial_requires_payment_method is on for a production instance",
        ),
        (
            "app['plans']['professional'] = app['plans'].pop('pro')",
            "the app asks for the plan 'professional'",
        ),
    ],
)
def test_the_two_worst_are_refused_without_the_pack_too(
    offence: Project, line: str, says: str
) -> None:
    (offence.folder / "__main__.py").write_text(PROGRAM.replace("# the offence", line))

    ran = offence.pulumi("preview", "--stack", "prod", check=False)

    assert ran.returncode != 0
    assert says in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("settings['free_trial_requires_payment_method'] = True", "trial-card"),
        ("app['plans']['professional'] = app['plans'].pop('pro')", "billing-slugs"),
    ],
)
def test_the_two_worst_are_refused_by_the_pack_alone(
    offence: Project, line: str, rule: str
) -> None:
    provider = '    if environment != "production":\n        return\n'
    offence.edit("clerkstack/reconcile/refusals.py", (provider, "    return\n    yield\n"))

    printed = refused(offence, line)

    assert rule in printed
