"""The inputs of the billing resource, from the settings, the catalog and the app's code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clerkstack.app.asked import compact
from clerkstack.app.facts import facts_of_code
from clerkstack.desired.catalog import declared_features, declared_plans, default_plans
from clerkstack.reconcile.app_says import AppSays
from clerkstack.reconcile.billing import DeclaredBilling
from clerkstack.safe import safe

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.catalog.models import Catalog
    from clerkstack.settings.models import BillingSettings, Settings


def billing_inputs(
    settings: BillingSettings, catalog: Catalog, app: AppCode | None, *, catalog_file: str
) -> dict[str, Any]:
    """Inputs of the billing resource, apart from its instance.

    Args:
        settings: the toggles.
        catalog: plans and features.
        app: what the app's own code declares and checks; None if the stack names no app.
        catalog_file: the catalog's file, for messages.
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


def declared_billing(
    settings: Settings, catalog: Catalog, app: AppCode | None = None, *, catalog_file: str = ""
) -> DeclaredBilling:
    """The billing that a stack declares, without a resource. `catalog_file` defaults to the
    settings' own."""
    file = catalog_file or settings.catalog
    inputs = billing_inputs(settings.billing, catalog, app, catalog_file=file)
    return DeclaredBilling.of({**inputs, "environment": settings.instance})


def app_inputs(app: AppCode) -> AppSays:
    """What the app's code says, as in the resource's inputs."""
    says: AppSays = {}
    if app.declaration is not None:
        plans = app.declaration.plans
        says["plans"] = {slug: list(plan.features) for slug, plan in plans.items()}
        says["features"] = sorted(app.declaration.features)
        details = {slug: facts_of_code(plan) for slug, plan in plans.items()}
        says["details"] = {slug: fields for slug, fields in details.items() if fields}
    if app.uses:
        says["uses"] = compact(app.uses)
    if app.unmanaged:
        says["unmanaged"] = sorted(app.unmanaged)
    # Made safe, because the engine shows it in previews and keeps it in the state. Slugs stay the
    # same.
    shown: AppSays = safe(says)
    return shown
