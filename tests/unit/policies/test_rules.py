"""Each rule: a clean deployment fires nothing, and breaking one thing fires one rule."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerkstack.catalog import load_catalog
from clerkstack.declared.catalog import declared_features, declared_plans
from policies.binding import policies
from policies.rules import RULES
from policies.view import BILLING, INSTANCE, VARIABLE, VARIABLES, WEBHOOK, Resource

TOP = Path(__file__).resolve().parents[3]

Deployment = dict[str, Resource]


@pytest.fixture
def clean() -> Deployment:
    """A production deployment without an offence."""
    catalog = load_catalog(TOP / "catalog.yaml")
    plans = declared_plans(catalog)
    app = {
        "plans": {slug: list(plan.features) for slug, plan in catalog.plans.items()},
        "features": list(catalog.features),
    }
    return {
        "instance": Resource(
            INSTANCE,
            "instance",
            {"environment": "production", "declared_publishable_key": "pk_live_abc"},
        ),
        "billing": Resource(
            BILLING,
            "billing",
            {
                "environment": "production",
                "settings": {"free_trial_requires_payment_method": False},
                "plans": plans,
                "features": declared_features(catalog),
                "defaults": {},
                "app": app,
                "catalog": "catalog.yaml",
            },
        ),
        "webhook": Resource(
            WEBHOOK,
            "webhook",
            {"environment": "production", "url": "https://app.test/api/webhooks/clerk"},
        ),
        "secret": _variable("CLERK_SECRET_KEY", "sk_live_abc"),
        "public": _variable("NEXT_PUBLIC_APP_URL", "https://app.test"),
    }


def _variable(key: str, value: str | None, target: str = "production") -> Resource:
    return Resource(VARIABLE, key, {"key": key, "value": value, "targets": [target]})


def _fired(deployment: Deployment) -> list[tuple[str, str]]:
    return [
        (rule.id, violation)
        for resource in deployment.values()
        if resource.in_production
        for rule in RULES
        for violation in rule.violations(resource)
    ]


def _inputs(deployment: Deployment, name: str) -> dict[str, Any]:
    changed = copy.deepcopy(dict(deployment[name].inputs))
    deployment[name] = Resource(deployment[name].type, name, changed)
    return changed


def test_a_clean_deployment_fires_nothing(clean: Deployment) -> None:
    assert _fired(clean) == []


def _wrong_case(deployment: Deployment) -> None:
    plans = _inputs(deployment, "billing")["plans"]
    plans["Pro"] = plans.pop("pro")


def _missing_plan(deployment: Deployment) -> None:
    del _inputs(deployment, "billing")["plans"]["basic"]


def _extra_feature(deployment: Deployment) -> None:
    _inputs(deployment, "billing")["features"]["sso"] = {"name": "SSO"}


def _app_differs(deployment: Deployment) -> None:
    app = _inputs(deployment, "billing")["app"]
    app["plans"]["professional"] = app["plans"].pop("pro")


def _app_attaches_more(deployment: Deployment) -> None:
    _inputs(deployment, "billing")["app"]["plans"]["free"].append("white_label")


def _trial_card(deployment: Deployment) -> None:
    _inputs(deployment, "billing")["settings"]["free_trial_requires_payment_method"] = True


def _test_secret(deployment: Deployment) -> None:
    _inputs(deployment, "secret")["value"] = "sk_test_abc"


def _test_publishable_key(deployment: Deployment) -> None:
    _inputs(deployment, "instance")["declared_publishable_key"] = "pk_test_abc"


def _public_secret(deployment: Deployment) -> None:
    _inputs(deployment, "public").update(key="NEXT_PUBLIC_BACKEND", value="sk_live_abc")


def _public_name(deployment: Deployment) -> None:
    _inputs(deployment, "public").update(key="NEXT_PUBLIC_CLERK_SECRET_KEY", value=None)


def _public_in_a_list(deployment: Deployment) -> None:
    one = {"key": "NEXT_PUBLIC_X", "value": "whsec_abc", "targets": ["production"]}
    deployment["plural"] = Resource(VARIABLES, "plural", {"variables": [one]})


def _plain_http(deployment: Deployment) -> None:
    _inputs(deployment, "webhook")["url"] = "http://app.test/api/webhooks/clerk"


@pytest.mark.parametrize(
    ("breakage", "rule"),
    [
        (_wrong_case, "billing-slugs"),
        (_missing_plan, "billing-slugs"),
        (_extra_feature, "billing-slugs"),
        (_app_differs, "billing-slugs"),
        (_app_attaches_more, "billing-slugs"),
        (_trial_card, "trial-card"),
        (_test_secret, "live-keys"),
        (_test_publishable_key, "live-keys"),
        (_public_secret, "server-only-secrets"),
        (_public_name, "server-only-secrets"),
        (_public_in_a_list, "server-only-secrets"),
        (_plain_http, "webhook-https"),
    ],
)
def test_one_breakage_fires_one_rule(
    clean: Deployment, breakage: Callable[[Deployment], None], rule: str
) -> None:
    breakage(clean)

    assert {fired for fired, _ in _fired(clean)} == {rule}


def test_messages_never_hold_a_value(clean: Deployment) -> None:
    _test_secret(clean)
    _public_secret(clean)

    assert not [message for _, message in _fired(clean) if "abc" in message]


def test_development_is_judged_by_none_of_these(clean: Deployment) -> None:
    inputs = _inputs(clean, "billing")
    inputs["environment"] = "development"
    inputs["settings"]["free_trial_requires_payment_method"] = True

    assert _fired(clean) == []


def test_every_rule_is_bound_as_mandatory() -> None:
    bound = policies()

    assert [policy.name for policy in bound] == [rule.id for rule in RULES]
    assert {str(policy.enforcement_level) for policy in bound} == {"EnforcementLevel.MANDATORY"}
