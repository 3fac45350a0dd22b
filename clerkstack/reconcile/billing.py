"""Billing: settings, features, plans and their attachment as one section of the config.

The section `billing` of the instance config holds the three toggles, `features` keyed by
slug and `plans` keyed by slug (Clerk Platform API, PlatformGetConfig and
PlatformGetConfigSchema). They are compared and written together, because a plan that names
a feature is only valid where that feature exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

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


def _comparable(plans: Mapping[str, Json], live: Mapping[str, Json]) -> JsonObject:
    """Plans with an annual price of null where the instance has one that is not declared.

    Leaving the annual price out of the catalog says that there is none, so one that lives on
    would be a price nobody declared. Clerk shows 0 or null where there is none.
    """
    comparable: JsonObject = {}
    for slug, fields in plans.items():
        declared = dict(cast(JsonObject, fields))
        if not declared.get("annual_monthly_amount"):
            declared.pop("annual_monthly_amount", None)
            if object_at(live, slug).get("annual_monthly_amount"):
                declared["annual_monthly_amount"] = None
        comparable[slug] = declared
    return comparable


def _removals(kind: str, slugs: Iterable[str], live: Mapping[str, Json]) -> list[Change]:
    return [Change((kind, slug), live[slug], None) for slug in slugs if slug in live]


def _under(section: str, change: Change) -> Change:
    return Change((section, *change.path), change.before, change.after)
