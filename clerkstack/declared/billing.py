"""What the billing resource is declared with: the settings, the catalog and the app's code."""

from __future__ import annotations

from typing import Any, cast

from clerkstack.app import AppDeclaration
from clerkstack.catalog import Catalog
from clerkstack.declared.catalog import declared_features, declared_plans, default_plans
from clerkstack.reconcile import Json, JsonObject
from clerkstack.settings import BillingSettings


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
