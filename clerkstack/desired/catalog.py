"""The catalog in the shape of Clerk's instance config (section `billing`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkstack.shapes import JsonObject

if TYPE_CHECKING:
    from clerkstack.catalog.models import Catalog, Feature, Plan


def declared_features(catalog: Catalog) -> JsonObject:
    """The catalog's features as the config spells them, without fields that are not managed."""
    return {slug: _feature(feature) for slug, feature in catalog.features.items()}


def declared_plans(catalog: Catalog) -> JsonObject:
    """The catalog's plans as the config spells them. Amounts are cents a month.

    Plans that Clerk itself creates (`default: true`) are left out: see `default_plans`.
    """
    return {
        slug: _plan(plan, catalog.currency)
        for slug, plan in catalog.plans.items()
        if not plan.default
    }


def default_plans(catalog: Catalog) -> JsonObject:
    """The managed fields of the plans that Clerk itself creates; never created or removed here.

    Clerk fixes their price (`default_plan_amount_update_forbidden`).
    """
    clerks = {"amount", "annual_monthly_amount", "currency", "free_trial_enabled"}
    return {
        slug: {k: v for k, v in _plan(plan, catalog.currency).items() if k not in clerks}
        for slug, plan in catalog.plans.items()
        if plan.default
    }


def _feature(feature: Feature) -> JsonObject:
    fields: JsonObject = {
        "name": feature.name,
        "description": feature.description,
        "include_in_jwt": feature.include_in_jwt,
        "jwt_value": feature.jwt_value,
        "publicly_visible": feature.publicly_visible,
        "avatar_url": feature.avatar_url,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _plan(plan: Plan, currency: str) -> JsonObject:
    fields: JsonObject = {
        "name": plan.name,
        "description": plan.description,
        "amount": plan.amount,
        "annual_monthly_amount": plan.annual_monthly_amount,
        "currency": currency,
        "features": [*plan.features],
        "free_trial_enabled": plan.free_trial_days is not None,
        "free_trial_days": plan.free_trial_days,
        "is_recurring": plan.is_recurring,
        "payer_type": plan.payer_type.value,
        "publicly_visible": plan.publicly_visible,
    }
    return {key: value for key, value in fields.items() if value is not None}
