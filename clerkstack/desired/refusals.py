"""Why declared billing is not deployed, told from the billing resource's inputs.

The program asks before an `up` begins, the provider before a write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import cast

from clerkstack.app.agreement import disagreeing, disagreements, meant
from clerkstack.app.asked import PAYERS, Asked, Known, expanded, unknown
from clerkstack.app.facts import payer_of
from clerkstack.desired.afterwards import (
    Access,
    access_afterwards,
    all_plans,
    sold_afterwards,
)
from clerkstack.reconcile.billing import ENABLED_FOR, TRIAL, offered
from clerkstack.reconcile.changes import Json, JsonObject, groups_at, object_at

SWITCHES = {"org": "organizationEnabled", "user": "userEnabled"}
"""The settings that switch billing on, by who pays."""

Asking = tuple[Asked, str | None]
"""What the app's code asks for, and where; None where it only declares the feature."""


def app_disagreements(inputs: Mapping[str, Json]) -> list[str]:
    """See `disagreements`, of the app's declaration and all that is declared."""
    return disagreements(
        object_at(inputs, "app"),
        all_plans(inputs),
        object_at(inputs, "features"),
        clerks=clerks_plans(inputs),
    )


def clerks_plans(inputs: Mapping[str, Json]) -> set[str]:
    """The plans that Clerk makes by itself: nobody has to declare them."""
    return {*object_at(inputs, "defaults"), *sold_afterwards({**inputs, "plans": {}}).plans}


def asked_for(inputs: Mapping[str, Json]) -> list[Asking]:
    """What the app's code asks for, of the inputs of a resource. A feature that it declares, and
    that is declared here as well, it is taken to ask for."""
    app = object_at(inputs, "app")
    found: list[Asking] = list(expanded(object_at(app, "uses")))
    there = {slug for (kind, slug, _), _ in found if kind == "feature"}
    if not isinstance(inputs.get("plans"), Mapping):
        return found  # of roles, or plans that are known only at `up`
    for slug in cast("list[str]", app.get("features") or []):
        if slug in object_at(inputs, "features") and slug not in there:
            found.append((("feature", slug, None), None))
    return found


def undeclared_uses(inputs: Mapping[str, Json]) -> list[Asking]:
    """The plans and features that the app's code asks for and the stack does not declare."""
    return _uncertain(inputs, sold_afterwards(inputs))


def unknown_uses(inputs: Mapping[str, Json], live: Mapping[str, Json] | None) -> list[str]:
    """Why checks of the app's code can never be true.

    Args:
        inputs: of the billing resource.
        live: the section `billing` of the instance, or as an update leaves it. None where it can't
            be seen (a policy sees no network): then what the settings say is on the instance is
            believed.
    """
    return _unknown(inputs, sold_afterwards(inputs, live), live=live is not None)


def undeclared_access(inputs: Mapping[str, Json]) -> list[Asking]:
    """The roles and permissions that the app's code asks for and the stack does not declare."""
    return _uncertain(inputs, access_afterwards(inputs))


def unknown_access(
    inputs: Mapping[str, Json], live: Access | None, *, gone: Collection[str] = ()
) -> list[str]:
    """Why checks of roles and permissions can never be true; `inputs` as `access_inputs` makes
    them, `live` as `unknown_uses` takes it; `gone` are the keys that the update removes."""
    return _unknown(inputs, access_afterwards(inputs, live, gone=gone), live=live is not None)


def _uncertain(inputs: Mapping[str, Json], declared: Known) -> list[Asking]:
    return [
        (asked, where)
        for asked, where in asked_for(inputs)
        if not (declared.surely_has(asked) or (where is None and declared.attaches(asked[1])))
    ]


def _unknown(inputs: Mapping[str, Json], known: Known, *, live: bool) -> list[str]:
    believed = cast("list[str]", object_at(inputs, "app").get("unmanaged") or [])
    found = []
    for asked, where in asked_for(inputs):
        if not live and "/".join(asked[:2]) in believed:
            continue
        why = unknown(asked, where, known, live=live)
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
    for asked, where in expanded(object_at(app, "uses")):
        kind, slug, payer = asked
        if not known.has(asked):
            written = slug if payer is None else f"{payer}:{slug}"
            there = "" if slug in known.slugs(kind) else meant(slug, list(known.slugs(kind)))
            found.append(
                f"{where} asks has({{ {kind}: '{written}' }}), and no plan that is on sale on the "
                f"instance answers it{there}: it is false for everybody"
            )
    return found


def payer_refusals(inputs: Mapping[str, Json], live: Mapping[str, Json]) -> Iterator[str]:
    """The declared plans that others pay for on the instance: no write changes a plan's payer."""
    there = groups_at(live, "plans")
    for slug, plan in all_plans(inputs).items():
        held = there.get(slug, {})
        here = payer_of(plan)
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
    if not app:  # a state of before has none
        return {key: value for key, value in inputs.items() if key != "app"}
    uses = object_at(app, "uses")
    slugs = {kind: cast(Json, sorted(object_at(uses, kind))) for kind in uses}
    return {**inputs, "app": {**app, "uses": cast(Json, slugs)}} if slugs else dict(inputs)


def billing_refusals(inputs: Mapping[str, Json], environment: str) -> Iterator[str]:
    """Plans nobody could buy, and the two deploys that must never reach production, whatever
    policies are run; each with its mend."""
    settings = object_at(inputs, "settings")
    for slug, plan in all_plans(inputs).items():
        payer = str(plan.get("payer_type") or "org")
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
    if settings.get("user_enabled") and "user" not in map(payer_of, all_plans(inputs).values()):
        yield (
            f"billing of users would be on in production, and {inputs['catalog']} has no plan that "
            "they pay for: people would have Clerk's plan free_user, which nothing asks for. Set "
            "clerkstack:billing.userEnabled to false, or give the plan for them payer_type: user "
            "(the one that Clerk makes by itself: free_user, with default: true)."
        )
    yield from app_disagreements(inputs)
