"""What the billing resource is declared with: the settings, the catalog and the app's code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from clerkstack.app.asked import compact
from clerkstack.app.facts import facts_of_code
from clerkstack.desired.catalog import declared_features, declared_plans, default_plans
from clerkstack.reconcile import Json, JsonObject
from clerkstack.safe import safe

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.catalog import Catalog
    from clerkstack.settings import BillingSettings


def billing_inputs(
    settings: BillingSettings, catalog: Catalog, app: AppCode | None, *, catalog_file: str
) -> dict[str, Any]:
    """Inputs of the billing resource, apart from the instance it is on.

    Args:
        settings: the toggles.
        catalog: plans and features.
        app: what the app's own code declares and asks for, or None where the stack names none.
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


def app_inputs(app: AppCode) -> JsonObject:
    """What the app's code says, as `disagreements` and `unknown_uses` take it.

    plans {slug: [features]}, features, details {slug: fields of the plan}; uses {kind: {slug:
    first place}}, unmanaged. What was not read is left out.
    """
    found: JsonObject = {}
    if app.declaration is not None:
        plans = app.declaration.plans
        found["plans"] = {slug: cast(Json, list(plan.features)) for slug, plan in plans.items()}
        found["features"] = cast(Json, sorted(app.declaration.features))
        details = {slug: facts_of_code(plan) for slug, plan in plans.items()}
        found["details"] = {slug: cast(Json, said) for slug, said in details.items() if said}
    if app.uses:
        found["uses"] = compact(app.uses)
    if app.unmanaged:
        found["unmanaged"] = cast(Json, sorted(app.unmanaged))
    # The engine shows it in previews and keeps it in the state. No slug loses anything by it.
    shown: JsonObject = safe(found)
    return shown
