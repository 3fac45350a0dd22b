"""Why declared billing is not deployed, told from the billing resource's inputs.

The program asks before an `up` begins, the provider before a write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from clerkstack.app.agreement import disagreements
from clerkstack.app.asked import PAYERS, Asked, Known, expanded, unknown
from clerkstack.reconcile.billing import ENABLED_FOR
from clerkstack.reconcile.changes import Json, JsonObject, object_at

SWITCHES = {"org": "organizationEnabled", "user": "userEnabled"}
"""The settings that switch billing on, by who pays."""


def all_plans(inputs: Mapping[str, Json]) -> JsonObject:
    """The declared plans with those that Clerk makes by itself, by slug."""
    return {**object_at(inputs, "plans"), **object_at(inputs, "defaults")}


def app_disagreements(inputs: Mapping[str, Json]) -> list[str]:
    """See `disagreements`, of the app's declaration and all that is declared."""
    return disagreements(object_at(inputs, "app"), all_plans(inputs), object_at(inputs, "features"))


def undeclared_uses(inputs: Mapping[str, Json]) -> list[tuple[Asked, str]]:
    """The plans and features that the app's code asks for and the stack does not declare."""
    declared = Known(all_plans(inputs), object_at(inputs, "features"))
    uses = expanded(object_at(object_at(inputs, "app"), "uses"))
    return [(asked, where) for asked, where in uses if not declared.has(*asked)]


def unknown_uses(inputs: Mapping[str, Json], live: Mapping[str, Json] | None) -> list[str]:
    """Why checks of the app's code can never be true.

    Args:
        inputs: of the billing resource.
        live: the section `billing` of the instance. None where it can't be seen (a policy sees
            no network): then what the settings say is on the instance is believed.
    """
    declared = Known(all_plans(inputs), object_at(inputs, "features"))
    believed = cast("list[str]", object_at(inputs, "app").get("unmanaged") or [])
    known = [declared]
    if live is not None:
        known.append(Known(object_at(live, "plans"), object_at(live, "features")))
    found = []
    for asked, where in undeclared_uses(inputs):
        kind, slug, _ = asked
        if live is None and f"{kind}/{slug}" in believed:
            continue
        why = unknown(asked, where, known, live=live is not None)
        if why is not None:
            found.append(why)
    return found


def without_places(inputs: Mapping[str, Json]) -> JsonObject:
    """The inputs as they are compared: a check that only moved in the app's code is no change."""
    app = object_at(inputs, "app")
    uses = object_at(app, "uses")
    slugs = {kind: cast(Json, sorted(object_at(uses, kind))) for kind in uses}
    return {**inputs, "app": {**app, "uses": cast(Json, slugs)}} if slugs else dict(inputs)


def billing_refusals(inputs: Mapping[str, Json], environment: str) -> Iterator[str]:
    """Plans nobody could buy, and the two deploys that must never reach production, whatever
    policies are run; each with its mend."""
    settings = object_at(inputs, "settings")
    for slug, plan in all_plans(inputs).items():
        payer = str(cast(JsonObject, plan).get("payer_type") or "org")
        if settings.get(ENABLED_FOR[payer]) is False:
            yield (
                f"the plan '{slug}' is paid by {PAYERS[payer]}, and billing for them is off. "
                f"Set clerkstack:billing.{SWITCHES[payer]} to true, or take the "
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
