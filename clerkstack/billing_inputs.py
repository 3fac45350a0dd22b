"""What the billing resource is declared with, and why some of it is not deployed.

The program judges it before an `up` begins, the provider before a write; the policy pack judges
the same inputs by rules of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic.alias_generators import to_camel

from clerkstack.app import AppDeclaration
from clerkstack.app.agreement import disagreements
from clerkstack.catalog import Catalog
from clerkstack.catalog.declared import declared_features, declared_plans, default_plans
from clerkstack.reconcile import Json, JsonObject
from clerkstack.reconcile.billing import ENABLED_FOR
from clerkstack.reconcile.changes import object_at
from clerkstack.settings import BillingSettings

PAYERS = {"org": "organizations", "user": "users"}


def billing_inputs(
    settings: BillingSettings, catalog: Catalog, app: AppDeclaration | None, *, catalog_file: str
) -> dict[str, Any]:
    """Inputs of the billing resource, apart from the instance it is on.

    Args:
        settings: the toggles.
        catalog: plans and features.
        app: what the app's own code declares, or None where the stack names no declaration.
        catalog_file: where the plans come from, for messages.
    """
    return {
        "settings": {
            "organization_enabled": settings.organization_enabled,
            "user_enabled": settings.user_enabled,
            "free_trial_requires_payment_method": settings.free_trial_requires_payment_method,
        },
        "gateway": settings.gateway,
        "features": declared_features(catalog),
        "plans": declared_plans(catalog),
        "defaults": default_plans(catalog),
        "app": {} if app is None else app_inputs(app),
        "catalog": catalog_file,
    }


def app_inputs(app: AppDeclaration) -> JsonObject:
    """{plans: {slug: [features]}, features: []}, as `disagreements` takes it."""
    return {
        "plans": {slug: cast(Json, list(plan.features)) for slug, plan in app.plans.items()},
        "features": cast(Json, sorted(app.features)),
    }


def all_plans(inputs: Mapping[str, Json]) -> JsonObject:
    """The declared plans with those that Clerk makes by itself, by slug."""
    return {**object_at(inputs, "plans"), **object_at(inputs, "defaults")}


def billing_refusals(inputs: Mapping[str, Json], environment: str) -> Iterator[str]:
    """Plans nobody could buy, and the two deploys that must never reach production, whatever
    policies are run; each with its mend."""
    settings = object_at(inputs, "settings")
    for slug, plan in all_plans(inputs).items():
        payer = str(cast(JsonObject, plan).get("payer_type") or "org")
        if settings.get(ENABLED_FOR[payer]) is False:
            yield (
                f"the plan '{slug}' is paid by {PAYERS[payer]}, and billing for them is off. "
                f"Set clerkstack:billing.{to_camel(ENABLED_FOR[payer])} to true, or take the "
                f"plan out of {inputs['catalog']}."
            )
    if environment != "production":
        return
    if settings.get("free_trial_requires_payment_method"):
        yield (
            "free_trial_requires_payment_method is on for a production instance: trials "
            "would ask for a card. Set clerkstack:billing.freeTrialRequiresPaymentMethod "
            "to false."
        )
    yield from disagreements(
        object_at(inputs, "app"), all_plans(inputs), object_at(inputs, "features")
    )
