"""What one side has of a plan, in the words of Clerk's config: the app's code, the catalog, or
a live instance.

A field that a side does not have is not there, and is not compared. A price that is not there
and 0 are the same to Clerk for the yearly one; so are no trial and 0 days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from clerkstack.app.declaration import DeclaredPlan
    from clerkstack.reconcile.changes import Json, JsonObject

AMOUNT, ANNUAL, TRIAL, VISIBLE, PAYER = (
    "amount",
    "annual_monthly_amount",
    "free_trial_days",
    "publicly_visible",
    "payer_type",
)
FIELDS = (AMOUNT, ANNUAL, TRIAL, VISIBLE, PAYER)


def facts_of_code(plan: DeclaredPlan) -> JsonObject:
    """The fields that the app's code has of a plan, apart from what it includes.

    A monthly price of null says that there is no price to show, not that there is none.
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
    """The same of a plan in the spelling of the config, declared or live."""
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
    """The features of a plan in the spelling of the config."""
    return cast("list[str]", plan.get("features") or [])


def payer_of(plan: Mapping[str, Json]) -> str:
    """Who pays for a plan in the spelling of the config: `org` or `user`."""
    return str(plan.get("payer_type") or "org")


def told(field: str, value: Json) -> str:
    """A value in words, behind the name of a plan."""
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
    """The fields that both say something of, and not the same."""
    return (
        field for field in FIELDS if field in one and field in other and one[field] != other[field]
    )
