"""Why declared billing is not deployed, told from the billing resource's inputs.

The program asks before an `up` begins, the provider before a write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from pydantic.alias_generators import to_camel

from clerkstack.app.agreement import disagreements
from clerkstack.reconcile.billing import ENABLED_FOR
from clerkstack.reconcile.changes import Json, JsonObject, object_at

PAYERS = {"org": "organizations", "user": "users"}


def all_plans(inputs: Mapping[str, Json]) -> JsonObject:
    """The declared plans with those that Clerk makes by itself, by slug."""
    return {**object_at(inputs, "plans"), **object_at(inputs, "defaults")}


def app_disagreements(inputs: Mapping[str, Json]) -> list[str]:
    """See `disagreements`, of the app's declaration and all that is declared."""
    return disagreements(object_at(inputs, "app"), all_plans(inputs), object_at(inputs, "features"))


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
    yield from app_disagreements(inputs)
