"""Checks in the app's code, as the policy pack judges them: without an instance."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.catalog.load import load_catalog
from clerkstack.desired.catalog import declared_features, declared_plans
from policies.judge import is_violation, judge
from policies.view import BILLING
from tests.descriptions import TOP


def fired(app: dict[str, Any]) -> list[tuple[str, str]]:
    catalog = load_catalog(TOP / "catalog.yaml")
    inputs = {
        "environment": "production",
        "settings": {
            "organization_enabled": True,
            "user_enabled": False,
            "free_trial_requires_payment_method": False,
        },
        "plans": declared_plans(catalog),
        "features": declared_features(catalog),
        "defaults": {},
        "app": app,
        "catalog": "catalog.yaml",
    }
    resource = {"type": BILLING, "name": "billing", "inputs": inputs, "protect": True}
    verdicts = judge([resource], stack="prod")
    return [(verdict.check, verdict.message) for verdict in verdicts if is_violation(verdict)]


def test_checks_of_what_is_declared_fire_nothing() -> None:
    uses = {"plan": {"pro": "a.ts:1:1", "org:pro": "b.ts:2:2"}, "feature": {"sso_saml": "a.ts:1:2"}}

    assert fired({"uses": uses}) == []


@pytest.mark.parametrize("kind", ["plan", "feature"])
def test_a_check_of_what_is_not_declared_is_refused(kind: str) -> None:
    ((rule, said),) = fired({"uses": {kind: {"gone": "a.ts:1:1"}}})

    assert rule == "billing-slugs"
    assert f"a.ts:1:1 calls has({{ {kind}: 'gone' }}), but the catalog does not have" in said


def test_what_the_settings_say_is_on_the_instance_is_believed() -> None:
    uses = {"plan": {"legacy": "a.ts:1:1"}, "feature": {"legacy": "a.ts:1:1"}}

    ((_, said),) = fired({"uses": uses, "unmanaged": ["plan/legacy"]})

    assert "feature: 'legacy'" in said


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ({"amount": 6000, "annual_monthly_amount": 5000, "free_trial_days": 14}, None),
        ({"amount": 60}, "the app has plan 'pro' at 60 cents a month, the catalog at 6000 cents a "
                         "month (are these cents and dollars?)"),
        ({"annual_monthly_amount": None}, "the app has plan 'pro' without a yearly price, the "
                                          "catalog at 5000 cents a month billed yearly"),
        ({"free_trial_days": None}, "the app has plan 'pro' without a trial, the catalog with a "
                                    "trial of 14 days"),
        ({"publicly_visible": False}, "the app has plan 'pro' not publicly visible, the catalog "
                                      "publicly visible"),
    ],
)  # fmt: skip
def test_what_the_app_says_of_a_plan_is_compared(details: dict[str, Any], said: str | None) -> None:
    catalog = load_catalog(TOP / "catalog.yaml")
    app = {
        "plans": {slug: list(plan.features) for slug, plan in catalog.plans.items()},
        "features": list(catalog.features),
        "details": {"pro": details},
    }

    assert fired(app) == ([] if said is None else [("billing-slugs", said)])
