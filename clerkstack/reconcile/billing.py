"""Billing: settings, features, plans and their attachment as one section of the config.

The section `billing` of the instance config holds the three toggles, `features` keyed by
slug and `plans` keyed by slug (Clerk Platform API, PlatformGetConfig and
PlatformGetConfigSchema). They are compared and written together, because a plan that names
a feature is only valid where that feature exists.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import cast

from clerkstack.reconcile.changes import (
    Change,
    Json,
    JsonObject,
    changes_between,
    live_view,
    object_at,
)
from clerkstack.reconcile.names import CLERKS_PLANS
from clerkstack.reconcile.write import WritePlan

SECTION = "billing"
PLANS = ("plans", "defaults")
ANNUAL = "annual_monthly_amount"
# Clerk makes one plan for each payer by itself when billing is switched on for that payer.
ENABLED_FOR = {"org": "organization_enabled", "user": "user_enabled"}
TRIAL = "free_trial_requires_payment_method"
"""The toggle that makes a free trial ask for a card; true on a new instance (ConfigBilling)."""


def billing_plan(
    declared: Mapping[str, Json],
    live: Mapping[str, Json],
    *,
    back: Mapping[str, Json] | None = None,
    removed_features: Iterable[str] = (),
    removed_plans: Iterable[str] = (),
) -> WritePlan:
    """The one write that makes `live` (the section as it is) agree with what is declared; the
    first of two where billing goes off for a payer whose plans go back.

    `declared` and `back` hold settings, features, plans and defaults; `back` is what goes back to
    what it was. `removed_*` are slugs this stack made and no longer declares. Slugs it neither
    made nor declares are never named in a write, and a feature that one of them uses stays.
    """
    live_plans = object_at(live, "plans")
    gone = set(removed_plans)
    back = without_features(back or {}, set(removed_features))
    unused = set(removed_features) - features_in_use(declared, live, back=back, without=gone)
    changes = [
        *_declared_changes(declared, live, plans=_comparable(declared, live_plans)),
        *_declared_changes(back, live, plans=object_at(back, "plans")),
        *_removals("plans", removed_plans, live_plans),
        *_removals(
            "features", [f for f in removed_features if f in unused], object_at(live, "features")
        ),
    ]
    held = _held_back(back, changes, live_plans)
    return WritePlan(tuple(_under(SECTION, each) for each in changes if each not in held))


def _held_back(
    back: Mapping[str, Json], changes: Sequence[Change], live_plans: Mapping[str, Json]
) -> list[Change]:
    """The switches that have to wait for a second write: a plan is changed only while billing is
    on for its payer (Clerk: billing_not_enabled), and plans that go back are changed."""
    changed = {change.path[1] for change in changes if change.path[0] == "plans"}
    returning = object_at(back, "plans").keys() & changed
    payers = {str(object_at(live_plans, slug).get("payer_type")) for slug in returning}
    switches = [(ENABLED_FOR[payer],) for payer in payers if payer in ENABLED_FOR]
    return [change for change in changes if change.path in switches and change.after is False]


def features_in_use(
    declared: Mapping[str, Json],
    live: Mapping[str, Json],
    *,
    back: Mapping[str, Json],
    without: Container[str],
) -> set[str]:
    """The features that plans have after such a write; `without` are the plans that go."""
    used: set[str] = set()
    for slug, plan in object_at(live, "plans").items():
        if slug not in without:
            said = (object_at(object_at(at, k), slug) for at in (declared, back) for k in PLANS)
            now = cast(JsonObject, plan).get("features")
            then = next((each["features"] for each in said if "features" in each), now)
            used.update(cast(list[str], then or []))
    return used


def without_features(document: Mapping[str, Json], features: Container[str]) -> JsonObject:
    """The same declaration, its plans without some features."""
    left = dict(document)
    for kind in PLANS:
        left[kind] = {
            slug: {
                name: [each for each in value if each not in features]
                if name == "features" and isinstance(value, list)
                else value
                for name, value in cast(JsonObject, fields).items()
            }
            for slug, fields in object_at(document, kind).items()
        }
    return left


def _declared_changes(
    declared: Mapping[str, Json], live: Mapping[str, Json], *, plans: Mapping[str, Json]
) -> Iterator[Change]:
    live_plans = object_at(live, "plans")
    # A default plan that is not there yet appears with the write that switches billing on.
    present = {s: f for s, f in object_at(declared, "defaults").items() if s in live_plans}
    yield from changes_between(object_at(declared, "settings"), live)
    yield from changes_between(
        object_at(declared, "features"), object_at(live, "features"), at=("features",)
    )
    yield from changes_between(plans, live_plans, at=("plans",))
    yield from changes_between(present, live_plans, at=("plans",))


def offered(live: Mapping[str, Json]) -> JsonObject:
    """The live plans that somebody can have: those of a payer whose billing is off stay in the
    config, and are nobody's."""
    return {
        slug: plan
        for slug, plan in object_at(live, "plans").items()
        if live.get(ENABLED_FOR.get(str(cast(JsonObject, plan).get("payer_type") or "org"), ""))
        is not False
    }


def with_plans_to_come(
    plans: Mapping[str, Json], payers: Iterable[str], before: Mapping[str, Json]
) -> JsonObject:
    """The plans with those that Clerk makes by itself as billing comes on for these payers;
    `before` is the section. Where it was on already, Clerk has made its plan."""
    found = dict(plans)
    for payer in payers:
        if not before.get(ENABLED_FOR[payer]):
            found.setdefault(CLERKS_PLANS[payer], {"payer_type": payer, "features": []})
    return found


def billing_known(declared: Mapping[str, Json]) -> JsonObject:
    """What is declared in the shape of the config: the section as a run left it."""
    if not declared:
        return {}
    plans = {
        slug: {ANNUAL: None, **cast(JsonObject, fields)}
        for slug, fields in object_at(declared, "plans").items()
    }
    return {
        SECTION: {
            **object_at(declared, "settings"),
            "features": object_at(declared, "features"),
            "plans": {**plans, **object_at(declared, "defaults")},
        }
    }


def missing_defaults(defaults: Mapping[str, Json], live: Mapping[str, Json]) -> list[str]:
    """Default plans that are declared and that the instance does not have."""
    return [slug for slug in defaults if slug not in object_at(live, "plans")]


def unlikely_defaults(defaults: Mapping[str, Json], live: Mapping[str, Json]) -> list[str]:
    """Those of `missing_defaults` that no write brings: billing is on for their payer already."""

    def payer(slug: str) -> str:
        return str(object_at(defaults, slug).get("payer_type"))

    return [slug for slug in missing_defaults(defaults, live) if live.get(ENABLED_FOR[payer(slug)])]


def billing_view(inputs: Mapping[str, Json], live: Mapping[str, Json]) -> JsonObject:
    """The live values of what the inputs declare, in the shape of the inputs."""
    plans = live_view(object_at(inputs, "plans"), object_at(live, "plans"))
    for slug, fields in plans.items():
        # An annual price that nobody declared is drift, see `_comparable`.
        annual = object_at(object_at(live, "plans"), slug).get(ANNUAL)
        if annual:
            cast(JsonObject, fields)[ANNUAL] = annual
    return {
        "settings": live_view(object_at(inputs, "settings"), live),
        "features": live_view(object_at(inputs, "features"), object_at(live, "features")),
        "plans": plans,
        "defaults": live_view(object_at(inputs, "defaults"), object_at(live, "plans")),
    }


def _comparable(inputs: Mapping[str, Json], live: Mapping[str, Json]) -> JsonObject:
    """Plans with an annual price of null where the instance has the plan and none is declared.

    Leaving the annual price out of the catalog says that there is none, so one that lives on
    would be a price nobody declared.
    """
    return {
        slug: {ANNUAL: None, **cast(JsonObject, fields)} if slug in live else fields
        for slug, fields in object_at(inputs, "plans").items()
    }


def _removals(kind: str, slugs: Iterable[str], live: Mapping[str, Json]) -> list[Change]:
    return [Change((kind, slug), live[slug], None) for slug in slugs if slug in live]


def _under(section: str, change: Change) -> Change:
    return Change((section, *change.path), change.before, change.after)
