"""Programs of a production stack that a test fills with violations. The pack must not rely on the
program, and the settings refuse most violations before a resource is declared."""

from __future__ import annotations

import re

from local.project import Project, write_source

PACK = ("--policy-pack", "policies/pack")
VIOLATION = re.compile(r"- \[(mandatory|advisory)\]\s+(\S+)\s+\((\S+): (\S+)\)")

HEAD = """
import base64
import pulumi
import pulumi_command as command
import pulumiverse_vercel as vercel
from pathlib import Path
from clerkstack.catalog.load import load_catalog
from clerkstack.desired.catalog import declared_features, declared_plans
from clerkstack.providers.api_keys import ApiKeys
from clerkstack.providers.billing import Billing
from clerkstack.providers.instance import Instance
from clerkstack.providers.roles import OrganizationRoles
from clerkstack.providers.sections import OrganizationSettings, SignIn
from clerkstack.providers.webhook import WebhookEndpoint
from clerkstack.settings.events import SENDERO_EVENTS

ENVIRONMENT = "production"
catalog = load_catalog(Path("catalog.yaml"))
AT = dict(application_id="app_1", environment=ENVIRONMENT)
KEY = "pk_live_" + base64.b64encode(b"clerk.sendero.example$").decode().rstrip("=")


def kept(protect=True, **more):
    return pulumi.ResourceOptions(protect=protect, **more)


def app():
    plans = {slug: list(plan.features) for slug, plan in catalog.plans.items()}
    return {"plans": plans, "features": list(catalog.features)}


def toggles(**changes):
    found = dict(organization_enabled=True, user_enabled=False)
    return {**found, "free_trial_requires_payment_method": False, **changes}


def renamed(plans, before, after):
    return {after if slug == before else slug: plan for slug, plan in plans.items()}


def billing(name, protect=True, **changes):
    inputs = dict(
        settings=toggles(), gateway="clerk", features=declared_features(catalog),
        plans=declared_plans(catalog), defaults={}, app=app(), catalog="catalog.yaml",
    )
    return Billing(name, **AT, **{**inputs, **changes}, opts=kept(protect))


def webhook(name, url=None, events=SENDERO_EVENTS):
    url = url or f"https://sendero.example/{name}"
    return WebhookEndpoint(
        name, **AT, url=url, events=list(events), description="", opts=kept()
    )


def variable(name, key, value, *targets, sensitive=False, protect=True):
    return vercel.ProjectEnvironmentVariable(
        name, project_id="prj_1", key=key, value=value, sensitive=sensitive,
        targets=list(targets) or ["production"], opts=kept(protect),
    )


def api_keys(name, organizations=True, users=False):
    switches = dict(orgs_api_keys_enabled=organizations, user_api_keys_enabled=users)
    return ApiKeys(name, **AT, publishable_key=KEY, switches=switches, opts=kept())


def google(name, client_id=None, secret=None, enabled=True):
    fields = dict(enabled=enabled, **({"client_id": client_id} if client_id else {}))
    return SignIn(
        name, **AT, sections={"connection_oauth_google": fields},
        client_secrets={"google": secret} if secret else {}, opts=kept(),
    )


def instance(name, **keys):
    return Instance(name, **AT, domain="sendero.example", **keys, opts=kept())


def organizations(name, **more):
    settings = {"enabled": True, **more}
    return OrganizationSettings(name, **AT, settings=settings, opts=kept())


def roles(name, *keys):
    found = {key: {"name": key} for key in keys}
    return OrganizationRoles(
        name, **AT, roles=found, permissions={}, role_set={}, opts=kept()
    )

"""

# Disables the provider's own refusals, so that the pack judges.
PROVIDER_LETS_PASS = "\n\ndef billing_refusals(*_anything):\n    return iter(())\n"


def unsettled(project: Project) -> None:
    """Create a production stack without settings, for a program that a test writes."""
    project.init("prod", {})


def write(project: Project, *lines: str) -> None:
    """Write the program: common definitions, and the lines of the test."""
    write_source(project.folder / "__main__.py", HEAD + "\n".join(lines) + "\n")


def leave_to_the_pack(project: Project) -> None:
    """Remove the refusals from the provider."""
    file = project.folder / "clerkstack" / "desired" / "refusals.py"
    write_source(file, file.read_text() + PROVIDER_LETS_PASS)


def violations_of(
    project: Project, *words: str, fails: bool
) -> tuple[set[tuple[str, str, str]], str]:
    """Return the pack's violations at a preview, as (level, policy, resource), and the output."""
    ran = project.pulumi("preview", "--stack", project.stack, *PACK, *words, check=False)
    printed = ran.stdout + ran.stderr
    assert (ran.returncode != 0) is fails, printed
    return {(level, name, about) for level, name, _, about in VIOLATION.findall(printed)}, printed
