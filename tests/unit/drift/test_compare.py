"""Drift on instances that read as live ones do: what is unset is no difference."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from clerkstack.app.code import AppCode
from clerkstack.app.uses import Use
from clerkstack.catalog.load import load_catalog
from clerkstack.checks.finding import Finding
from clerkstack.clients.platform import ApplicationInstance
from clerkstack.drift.compare import differences, without_billing
from clerkstack.reconcile.billing import TRIAL
from clerkstack.settings.models import Settings
from clerkstack.state.known import Known
from local.world.clerk.kinds import KINDS, config_of
from tests.unit.live.given import GivenInstance

CATALOG = Path(__file__).parents[3] / "catalog.yaml"
GITHUB = "connection_oauth_github"
OWN = {"github": {"clientId": "own", "clientSecret": "hush-hush-0123"}}
INSTANCE = ApplicationInstance.model_validate(
    {
        "instance_id": "ins_1",
        "environment_type": "development",
        "publishable_key": "pk_test_" + "Y2xlcmsuYS5kZXYk",
    }
)


def settings(**changes: Any) -> Settings:
    parts = ("apiKeys", "webhook", "environment", "organizations")
    values = {
        "instance": "development",
        "applicationId": "app_1",
        "platformKey": "ak_platform_key_123",
        "vercel:apiToken": "vercel-token-12345",
        "appUrl": "https://sendero.example",
        "environment": {"projectId": "prj_1"},
        "catalog": str(CATALOG),
        "components": {**dict.fromkeys(parts, False), "billing": False},
        **changes,
    }
    return Settings.model_validate(values, by_alias=True, by_name=False)


def found(config: dict[str, Any], **changes: Any) -> list[Finding]:
    live = GivenInstance(found=INSTANCE, sections=config)
    return differences(settings(**changes), load_catalog(CATALOG), live, Known())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_declared_and_live_in_another_form_is_no_difference(kind: str) -> None:
    config = config_of(kind, "development")
    config[GITHUB] |= {"enabled": True, "client_id": "own", "client_secret": "REDACTED"}

    assert found(config, signIn={"oauth": OWN}) == []


def test_claims_of_an_instance_that_has_no_template_of_the_token() -> None:
    config = config_of("young", "development")

    none = found(config, signIn={"sessionClaims": {}})
    (some,) = found(config, signIn={"sessionClaims": {"a": "b"}})

    assert none == []
    assert (some.subject, some.found) == ("session token", None)


@pytest.mark.parametrize(("shown", "differs"), [("", True), ("REDACTED", False), ("***", False)])
def test_a_client_secret_differs_where_none_is_set(shown: str, differs: bool) -> None:
    config = config_of("young", "development")
    config[GITHUB] |= {"enabled": True, "client_id": "own", "client_secret": shown}

    differing = found(config, signIn={"oauth": OWN})

    expected = [Finding("drift", "OAuth github", "client_secret", "set", None)] if differs else []
    assert differing == expected


def test_an_instance_that_shows_no_client_secret_has_no_difference() -> None:
    config = config_of("young", "development")
    config[GITHUB] = {"enabled": True, "client_id": "own"}

    assert found(config, signIn={"oauth": OWN}) == []


def test_plans_with_unset_fields_in_each_form_are_the_catalogs() -> None:
    from clerkstack.desired.billing import billing_inputs

    own = settings(components={"billing": True})
    inputs = billing_inputs(own.billing, load_catalog(CATALOG), None, catalog_file="catalog.yaml")
    config = config_of("young", "development")
    config["billing"] |= {**inputs["settings"], "features": inputs["features"]}
    unset: list[dict[str, Any]] = [
        {"description": "", "annual_monthly_amount": 0, "free_trial_days": None},
        {"description": None, "annual_monthly_amount": None},
        {},
    ]
    off = dict.fromkeys(("apiKeys", "webhook", "environment", "organizations"), False)
    for form in unset:
        plans = copy.deepcopy(inputs["plans"])
        for slug, plan in plans.items():
            plans[slug] = {**form, **plan, "features": plan["features"][::-1]}
        config["billing"]["plans"] = {**plans, **inputs["defaults"]}

        assert found(config, components=off) == []


def test_production_without_billing_is_compared_with_what_the_app_asks_for() -> None:
    page = Use("plan", "gold", None, "page.tsx", 3, 9)
    app = AppCode(None, (page, Use("plan", "free_org", None, "page.tsx", 4, 9)))
    config = config_of("young", "production")
    config["billing"] |= {
        "organization_enabled": True,
        TRIAL: True,
        "plans": {"free_org": {"name": "Free", "payer_type": "org", "features": []}},
    }
    live = GivenInstance(found=INSTANCE, sections=config)

    found = without_billing(settings(instance="production"), app, live)

    assert [(finding.subject, finding.field) for finding in found] == [
        ("the app's code", "always false"),
        ("billing", TRIAL),
    ]
    assert "page.tsx:3:9 calls has({ plan: 'gold' })" in str(found[0].expected)
    config["billing"][TRIAL] = False
    assert without_billing(settings(instance="production"), None, live) == []
    assert without_billing(settings(), app, live) == []
    on = settings(instance="production", components={"billing": True})
    assert without_billing(on, app, live) == []
