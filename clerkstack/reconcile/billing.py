"""Billing: settings, features, plans and their attachment as one section of the config.

The section `billing` of the instance config holds the three toggles, `features` keyed by
slug and `plans` keyed by slug (Clerk Platform API, PlatformGetConfig and
PlatformGetConfigSchema). They are compared and written together, because a plan that names
a feature is only valid where that feature exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from clerkstack.catalog import Catalog, Feature, Plan

from clerkstack.reconcile.changes import (
    Change,
    Json,
    JsonObject,
    changes_between,
    live_view,
    object_at,
)
from clerkstack.reconcile.write import WritePlan

SECTION = "billing"
# Clerk makes one plan for each payer by itself when billing is switched on for that payer.
ENABLED_FOR = {"org": "organization_enabled", "user": "user_enabled"}


def declared_features(catalog: Catalog) -> JsonObject:
    """The catalog's features as the config spells them; what is not managed is left out."""
    return {slug: _feature(feature) for slug, feature in catalog.features.items()}


def declared_plans(catalog: Catalog) -> JsonObject:
    """The catalog's plans as the config spells them. Amounts are cents a month.

    Plans that Clerk makes by itself (`default: true`) are left out: see `default_plans`.
    """
    return {
        slug: _plan(plan, catalog.currency)
        for slug, plan in catalog.plans.items()
        if not plan.default
    }


def default_plans(catalog: Catalog) -> JsonObject:
    """The fields managed of the plans that Clerk makes by itself, never made or removed here.

    Price and payer are Clerk's (`default_plan_amount_update_forbidden`).
    """
    clerks = {"amount", "annual_monthly_amount", "currency", "payer_type", "free_trial_enabled"}
    return {
        slug: {k: v for k, v in _plan(plan, catalog.currency).items() if k not in clerks}
        for slug, plan in catalog.plans.items()
        if plan.default
    }


def billing_plan(
    *,
    settings: Mapping[str, Json],
    features: Mapping[str, Json],
    plans: Mapping[str, Json],
    defaults: Mapping[str, Json],
    live: Mapping[str, Json],
    removed_features: Iterable[str] = (),
    removed_plans: Iterable[str] = (),
) -> WritePlan:
    """The one write that makes `live` (the section as it is) agree with what is declared.

    `removed_*` are slugs this stack made and no longer declares. Slugs it neither made nor
    declares are never named in a write.
    """
    live_plans = object_at(live, "plans")
    live_features = object_at(live, "features")
    # A default plan that is not there yet appears with the write that switches billing on.
    present = {slug: fields for slug, fields in defaults.items() if slug in live_plans}
    changes = [
        *changes_between(settings, live),
        *changes_between(features, live_features, at=("features",)),
        *changes_between(_comparable(plans, live_plans), live_plans, at=("plans",)),
        *changes_between(present, live_plans, at=("plans",)),
        *_removals("plans", removed_plans, live_plans),
        *_removals("features", removed_features, live_features),
    ]
    return WritePlan(tuple(_under(SECTION, change) for change in changes))


def missing_defaults(defaults: Mapping[str, Json], live: Mapping[str, Json]) -> list[str]:
    """Default plans that are declared and that the instance does not have."""
    return [slug for slug in defaults if slug not in object_at(live, "plans")]


def billing_view(inputs: Mapping[str, Json], live: Mapping[str, Json]) -> JsonObject:
    """The live values of what the inputs declare, in the shape of the inputs."""
    return {
        "settings": live_view(object_at(inputs, "settings"), live),
        "features": live_view(object_at(inputs, "features"), object_at(live, "features")),
        "plans": live_view(object_at(inputs, "plans"), object_at(live, "plans")),
        "defaults": live_view(object_at(inputs, "defaults"), object_at(live, "plans")),
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
        "features": cast(Json, list(plan.features)),
        "free_trial_enabled": plan.free_trial_days is not None,
        "free_trial_days": plan.free_trial_days,
        "is_recurring": plan.is_recurring,
        "payer_type": plan.payer_type.value,
        "publicly_visible": plan.publicly_visible,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _comparable(plans: Mapping[str, Json], live: Mapping[str, Json]) -> JsonObject:
    """Plans with an annual price of null where the instance has one that is not declared.

    Leaving the annual price out of the catalog says that there is none, so one that lives on
    would be a price nobody declared. Clerk shows 0 or null where there is none.
    """
    comparable: JsonObject = {}
    for slug, fields in plans.items():
        declared = dict(cast(JsonObject, fields))
        if "annual_monthly_amount" not in declared:
            if object_at(live, slug).get("annual_monthly_amount"):
                declared["annual_monthly_amount"] = None
        elif not declared["annual_monthly_amount"]:
            if not object_at(live, slug).get("annual_monthly_amount"):
                del declared["annual_monthly_amount"]
        comparable[slug] = declared
    return comparable


def _removals(kind: str, slugs: Iterable[str], live: Mapping[str, Json]) -> list[Change]:
    return [Change((kind, slug), live[slug], None) for slug in slugs if slug in live]


def _under(section: str, change: Change) -> Change:
    return Change((section, *change.path), change.before, change.after)
