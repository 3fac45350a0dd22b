"""Reasons to refuse the billing that a stack declares.

The program checks them before an `up` begins, the provider before a write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from clerkstack.app.agreement import disagreeing, disagreements, meant
from clerkstack.app.asked import PAYERS, Asked, Available, expanded, unknown
from clerkstack.app.facts import payer_of
from clerkstack.desired.afterwards import Access, access_afterwards, sold_afterwards
from clerkstack.reconcile.app_says import AppSays, app_says
from clerkstack.reconcile.billing import ENABLED_FOR, SECTION, TRIAL, DeclaredBilling, offered
from clerkstack.shapes import Json, JsonObject, as_object, as_objects

SWITCHES = {"org": "organizationEnabled", "user": "userEnabled"}
"""The settings that switch billing on, by payer."""

Asking = tuple[Asked, str | None]
"""A check in the app's code and its place; None if the code only declares the feature."""


def app_disagreements(declared: DeclaredBilling) -> list[str]:
    """See `disagreements`: of the app's declaration with what the stack declares."""
    return disagreements(
        declared.app, declared.all_plans, declared.features, clerks=clerks_plans(declared)
    )


def clerks_plans(declared: DeclaredBilling) -> set[str]:
    """The plans that Clerk itself creates: nobody has to declare them."""
    return {*declared.defaults, *sold_afterwards(replace(declared, plans={})).plans}


def asked_for(app: AppSays, features: Collection[str] = ()) -> list[Asking]:
    """What the app's code checks. It is assumed to check a feature that it declares and that is
    among the stack's declared `features` too."""
    asking: list[Asking] = list(expanded(app.get("uses", {})))
    features_asked = {slug for (kind, slug, _), _ in asking if kind == "feature"}
    for slug in app.get("features", []):
        if slug in features and slug not in features_asked:
            asking.append((("feature", slug, None), None))
    return asking


def asked_of_billing(declared: DeclaredBilling) -> list[Asking]:
    """The plans and features that the app's code checks."""
    return asked_for(declared.app, declared.features if declared.plans_known else ())


def undeclared_uses(declared: DeclaredBilling) -> list[Asking]:
    """The plans and features that the app's code checks and the stack does not declare."""
    return _uncertain(asked_of_billing(declared), sold_afterwards(declared))


def unknown_uses(declared: DeclaredBilling, live: Mapping[str, Json] | None) -> list[str]:
    """Why checks of the app's code can never be true.

    Args:
        declared: what the billing resource declares.
        live: the section `billing` of the instance, or as an update leaves it. None if it cannot be
            read (policies have no network): then the settings are trusted about what the instance
            has.
    """
    asked = asked_of_billing(declared)
    known = sold_afterwards(declared, live)
    return _unknown(asked, known, _believed(declared.app, live), live=live is not None)


def undeclared_access(inputs: Mapping[str, Json]) -> list[Asking]:
    """The roles and permissions that the app's code checks and the stack does not declare."""
    return _uncertain(asked_for(app_says(inputs.get("app"))), access_afterwards(inputs))


def unknown_access(
    inputs: Mapping[str, Json], live: Access | None, *, gone: Collection[str] = ()
) -> list[str]:
    """Why checks of roles and permissions can never be true. `inputs` come from `access_inputs`;
    `live` is as in `unknown_uses`; `gone` are the keys that the update removes."""
    app, known = app_says(inputs.get("app")), access_afterwards(inputs, live, gone=gone)
    return _unknown(asked_for(app), known, _believed(app, live), live=live is not None)


def _believed(app: AppSays, live: object) -> list[str]:
    """What the instance has according to the settings, if the instance cannot be read."""
    return app.get("unmanaged", []) if live is None else []


def _uncertain(asking: Sequence[Asking], declared: Available) -> list[Asking]:
    return [
        (asked, where)
        for asked, where in asking
        if not (declared.surely_has(asked) or (where is None and declared.attaches(asked[1])))
    ]


def _unknown(
    asking: Sequence[Asking], known: Available, believed: Collection[str], *, live: bool
) -> list[str]:
    reasons = (
        unknown(asked, where, known, live=live)
        for asked, where in asking
        if "/".join(asked[:2]) not in believed
    )
    return [reason for reason in reasons if reason is not None]


def unanswered(app: AppSays, live: Mapping[str, Json]) -> list[str]:
    """Where the app's code and a live section disagree.

    Args:
        app: what the app's code declares and checks.
        live: the section `billing` of an instance, or as a write leaves it.
    """
    plans, features = offered(live), as_objects(live.get("features"), f"{SECTION}.features")
    known = Available(plans, features)
    refused = [
        difference.message
        for difference in disagreeing(app, plans, features, other="the instance")
        if difference.app is not False  # nobody loses anything by what only the instance has
    ]
    for asked, where in expanded(app.get("uses", {})):
        kind, slug, payer = asked
        if not known.has(asked):
            written = slug if payer is None else f"{payer}:{slug}"
            hint = "" if slug in known.slugs(kind) else meant(slug, list(known.slugs(kind)))
            refused.append(
                f"{where} calls has({{ {kind}: '{written}' }}), but no plan on sale on the "
                f"instance has it{hint}, so it is false for everybody"
            )
    return refused


def payer_refusals(declared: DeclaredBilling, live: Mapping[str, Json]) -> Iterator[str]:
    """The declared plans that have another payer on the instance: no write changes a plan's
    payer."""
    live_plans = as_objects(live.get("plans"), f"{SECTION}.plans")
    for slug, here in declared.payers.items():
        held = live_plans.get(slug, {})
        if held and payer_of(held) != here:
            yield (
                f"the plan '{slug}' is paid by {PAYERS[payer_of(held)]} on the instance, and "
                f"by {PAYERS[here]} in {declared.catalog}: has({{ plan: '{here}:{slug}' }}) "
                "is false for everybody. Clerk never changes a plan's payer: give it "
                f"another slug in {declared.catalog}, or remove the instance's plan on the "
                "dashboard page Billing → Plans, then run pulumi up --refresh."
            )


def live_refusals(declared: DeclaredBilling, live: Mapping[str, Json]) -> Iterator[str]:
    """What is wrong on a live production instance although the state is right; `live` is its
    section `billing`."""
    if asks_for_a_card(live):
        yield (
            f"{TRIAL} is on for the production instance, but this stack declares it off: "
            "trials ask for a card. Somebody turned it on after the last update. To turn it "
            "off: pulumi up --refresh"
        )
    yield from payer_refusals(declared, live)


def asks_for_a_card(live: Mapping[str, Json]) -> bool:
    """Whether free trials ask for a card, according to a live section `billing`."""
    return bool(live) and live.get(TRIAL) is not False


def without_places(inputs: Mapping[str, Json]) -> JsonObject:
    """The inputs to compare: a check that only moved in the app's code is not a change."""
    app = as_object(inputs.get("app"), "app")
    if not app:  # the state of an older version has none
        return {key: value for key, value in inputs.items() if key != "app"}
    uses = as_objects(app.get("uses"), "app.uses")
    if not uses:
        return dict(inputs)
    slugs: JsonObject = {kind: [*sorted(places)] for kind, places in uses.items()}
    return {**inputs, "app": {**app, "uses": slugs}}


def billing_refusals(declared: DeclaredBilling) -> Iterator[str]:
    """Plans that nobody could buy, and the two deploys that must never reach production, whatever
    policies run; each with its remedy."""
    settings, catalog = declared.settings, declared.catalog
    for slug, payer in declared.payers.items():
        if settings.get(ENABLED_FOR[payer]) is False:
            yield (
                f"the plan '{slug}' is paid by {PAYERS[payer]}, and billing for them is off. "
                f"Set clerkstack:billing.{SWITCHES[payer]} to true, or take the "
                f"plan out of {catalog}."
            )
    if not declared.in_production:
        return
    if settings.get(TRIAL):
        yield (
            "free_trial_requires_payment_method is on for a production instance: trials "
            "would ask for a card. Set clerkstack:billing.freeTrialRequiresPaymentMethod "
            "to false."
        )
    if settings.get("user_enabled") and "user" not in declared.payers.values():
        yield (
            f"billing of users would be on in production, but {catalog} has no plan that they "
            "pay for: people would have Clerk's plan free_user, which nothing checks. Set "
            "clerkstack:billing.userEnabled to false, or add a plan with payer_type: user "
            "(the one that Clerk itself creates: free_user, with default: true)."
        )
    yield from app_disagreements(declared)
