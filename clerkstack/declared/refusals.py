"""Why declared billing is not deployed, told from the billing resource's inputs.

The program asks before an `up` begins, the provider before a write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from clerkstack.app.agreement import disagreeing, disagreements, meant
from clerkstack.app.asked import PAYERS, Asked, Known, expanded, unknown
from clerkstack.app.facts import payer_of
from clerkstack.reconcile.billing import ENABLED_FOR, TRIAL, offered
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
        known.append(Known(offered(live), object_at(live, "features")))
    found = []
    for asked, where in undeclared_uses(inputs):
        kind, slug, _ = asked
        if live is None and f"{kind}/{slug}" in believed:
            continue
        why = unknown(asked, where, known, live=live is not None)
        if why is not None:
            found.append(why)
    return found


def unanswered(app: Mapping[str, Json], live: Mapping[str, Json]) -> list[str]:
    """What the app's code declares and asks for, and a live section answers otherwise.

    Args:
        app: as the billing resource has it; see `app_inputs`.
        live: the section `billing` of an instance, or as a write leaves it.
    """
    plans, features = offered(live), object_at(live, "features")
    known = Known(plans, features)
    found = [
        each.message
        for each in disagreeing(app, plans, features, other="the instance")
        if each.app is not False  # what only the instance has takes nothing from anybody
    ]
    for (kind, slug, payer), where in expanded(object_at(app, "uses")):
        if not known.has(kind, slug, payer):
            written = slug if payer is None else f"{payer}:{slug}"
            there = "" if slug in known.slugs(kind) else meant(slug, list(known.slugs(kind)))
            found.append(
                f"{where} asks has({{ {kind}: '{written}' }}), and no plan that is on sale on the "
                f"instance answers it{there}: it is false for everybody"
            )
    return found


def payer_refusals(inputs: Mapping[str, Json], live: Mapping[str, Json]) -> Iterator[str]:
    """The declared plans that others pay for on the instance: no write changes a plan's payer."""
    there = object_at(live, "plans")
    for slug, plan in all_plans(inputs).items():
        held = object_at(there, slug)
        here = payer_of(cast(JsonObject, plan))
        if held and payer_of(held) != here:
            yield (
                f"the plan '{slug}' is paid by {PAYERS[payer_of(held)]} on the instance, and by "
                f"{PAYERS[here]} in {inputs['catalog']}: has({{ plan: '{here}:{slug}' }}) answers "
                "false for everybody. Clerk never changes a plan's payer: give it another slug in "
                f"{inputs['catalog']}, or remove the one of the instance on the dashboard page "
                "Billing → Plans, then run pulumi up --refresh."
            )


def live_refusals(inputs: Mapping[str, Json], live: Mapping[str, Json]) -> Iterator[str]:
    """What is wrong on a live production instance although the state has it right; `live` is its
    section `billing`."""
    if asks_for_a_card(live):
        yield (
            f"{TRIAL} is on for the production instance, and this stack declares it off: trials "
            "ask for a card. Somebody turned it on since. pulumi up --refresh turns it off."
        )
    yield from payer_refusals(inputs, live)


def asks_for_a_card(live: Mapping[str, Json]) -> bool:
    """Whether free trials ask for a card by a live section `billing`."""
    return bool(live) and live.get(TRIAL) is not False


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
    if environment == "development":
        return
    if settings.get(TRIAL):
        yield (
            "free_trial_requires_payment_method is on for a production instance: trials "
            "would ask for a card. Set clerkstack:billing.freeTrialRequiresPaymentMethod "
            "to false."
        )
    if settings.get("user_enabled") and "user" not in map(
        payer_of, cast("list[JsonObject]", list(all_plans(inputs).values()))
    ):
        yield (
            f"billing of users would be on in production, and {inputs['catalog']} has no plan that "
            "they pay for: people would have Clerk's plan free_user, which nothing asks for. Set "
            "clerkstack:billing.userEnabled to false, or give the plan for them payer_type: user "
            "(the one that Clerk makes by itself: free_user, with default: true)."
        )
    yield from app_disagreements(inputs)
