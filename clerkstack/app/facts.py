"""The comparable fields of a plan in the app's code, the catalog or a live instance.

The names are those of Clerk's config. A field that one side does not have is missing here, and is
not compared. Clerk treats a yearly price of 0 as no yearly price, and a trial of 0 days as none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from clerkstack.shapes import as_texts

if TYPE_CHECKING:
    from clerkstack.app.declaration import DeclaredPlan
    from clerkstack.shapes import Json, JsonObject

AMOUNT, ANNUAL, TRIAL, VISIBLE, PAYER = (
    "amount",
    "annual_monthly_amount",
    "free_trial_days",
    "publicly_visible",
    "payer_type",
)
FIELDS = (AMOUNT, ANNUAL, TRIAL, VISIBLE, PAYER)


def facts_of_code(plan: DeclaredPlan) -> JsonObject:
    """Return the fields of a plan in the app's code, without its features.

    A monthly price of null means that the app shows no price, not that the plan has none.
    """
    held: JsonObject = {
        AMOUNT: plan.monthly_cents,
        ANNUAL: plan.annual_monthly_cents or None,
        TRIAL: plan.trial_days or None,
        VISIBLE: plan.publicly_listed,
    }
    unsaid = {name for name in (AMOUNT, VISIBLE) if held[name] is None}
    return {name: held[name] for name in FIELDS if name in plan.said - unsaid}


def facts_of_config(plan: Mapping[str, Json]) -> JsonObject:
    """Return the same fields of a plan in the form of Clerk's config, declared or live."""
    facts: JsonObject = {}
    if AMOUNT in plan:
        facts[AMOUNT] = plan[AMOUNT]
        facts[ANNUAL] = plan.get(ANNUAL) or None
    if "free_trial_enabled" in plan:
        facts[TRIAL] = (plan.get(TRIAL) or None) if plan["free_trial_enabled"] else None
    if VISIBLE in plan:
        facts[VISIBLE] = plan[VISIBLE]
    if PAYER in plan:
        facts[PAYER] = plan[PAYER]
    return facts


def attached_to(plan: Mapping[str, Json]) -> list[str]:
    """Return the features of a plan in the form of Clerk's config."""
    return as_texts(plan.get("features"), "features")


def payer_of(plan: Mapping[str, Json]) -> str:
    """Return the payer of a plan in the form of Clerk's config: `org` or `user`."""
    return str(plan.get("payer_type") or "org")


def in_words(field: str, value: Json) -> str:
    """Return a value in words, to follow the name of a plan."""
    if field == AMOUNT:
        return f"at {value} cents a month"
    if field == ANNUAL:
        return f"at {value} cents a month billed yearly" if value else "without a yearly price"
    if field == TRIAL:
        return f"with a trial of {value} days" if value else "without a trial"
    if field == PAYER:
        return f"paid by {'users' if value == 'user' else 'organizations'}"
    return "publicly visible" if value else "not publicly visible"


def differing(one: Mapping[str, Json], other: Mapping[str, Json]) -> Iterable[str]:
    """Return the fields that both have with different values."""
    return (
        field for field in FIELDS if field in one and field in other and one[field] != other[field]
    )
