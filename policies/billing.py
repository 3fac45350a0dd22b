"""Billing: the slugs that the app checks, trials without a card, payers, who creates API keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clerkstack.checks.finding import Finding
from clerkstack.desired.refusals import app_disagreements, unknown_uses
from clerkstack.problems import InputError
from clerkstack.reconcile.billing import DeclaredBilling
from policies.policy import Policy, Values, unjudged, violation
from policies.view import API_KEYS, BILLING, UNKNOWN, Resource, Stack, unknown_in

TOP = Path(__file__).resolve().parent.parent
COMPARED = ("plans", "features", "defaults", "app")
TRIAL = "free_trial_requires_payment_method"


def _slugs(resource: Resource, _values: Values) -> Iterator[Finding]:
    if resource.type != BILLING:
        return
    unknown = [name for name in COMPARED if unknown_in(resource.inputs.get(name))]
    yield from (violation(message) for message in _catalog(resource))
    if unknown:
        yield unjudged(f"{' and '.join(unknown)} (of billing)")
    elif resource.part("app"):
        yield from (violation(message) for message in _with_the_app(resource))


def _app_code(resource: Resource, _values: Values) -> Iterator[Finding]:
    if resource.type != BILLING:
        return
    if resource.inputs.get("app") is UNKNOWN:
        yield unjudged("app (of billing)")
    elif not {"plans", "uses"} & resource.part("app").keys():
        yield violation(
            "the app's code is not compared with the catalog: clerkstack:app names no code "
            "that declares or checks a plan"
        )


def _app_named(stack: Stack, _values: Values) -> Iterator[Finding]:
    """Without a billing resource, the program compares, if the settings name the app."""
    parts = {"billing", "organizations"} & {*(stack.parts or ())}
    if parts and stack.names_app is False and not stack.of(BILLING):
        yield violation("the stack does not name the app's code (clerkstack:app)")


def _catalog(resource: Resource) -> Iterator[str]:
    from clerkstack.catalog.load import load_catalog

    file = resource.inputs.get("catalog")
    name = file if isinstance(file, str) and file else "catalog.yaml"
    try:
        catalog = load_catalog(TOP / name)
    except InputError as error:
        yield f"the catalog {name} cannot be read: {error}"
        return
    for word, parts, known in (
        ("plan", ("plans", "defaults"), set(catalog.plans)),
        ("feature", ("features",), set(catalog.features)),
    ):
        if any(resource.inputs.get(part) is UNKNOWN for part in parts):
            continue
        declared = {slug for part in parts for slug in resource.part(part)}
        for slug in sorted(declared - known):
            yield f"the {word} '{slug}' would be deployed, but {name} does not have it"
        for slug in sorted(known - declared):
            yield f"{name} has the {word} '{slug}', but it would not be deployed"


def _with_the_app(resource: Resource) -> list[str]:
    try:
        known = {name: of for name, of in resource.inputs.items() if of is not UNKNOWN}
        declared = DeclaredBilling.of(known)
        # A policy can't see the instance: it believes the settings (app.unmanaged), and the
        # provider checks them.
        return [*app_disagreements(declared), *unknown_uses(declared, None)]
    except (AttributeError, LookupError, TypeError, ValueError):
        # A program other than ours may declare anything; what can't be compared does not pass.
        return ["plans, features and the app's declaration are malformed and cannot be compared"]


def _trial_card(resource: Resource, _values: Values) -> Iterator[Finding]:
    if resource.type != BILLING:
        return
    settings = resource.inputs.get("settings")
    asks = resource.part("settings").get(TRIAL)
    if settings is UNKNOWN or asks is UNKNOWN:
        yield unjudged(f"{TRIAL} (of billing)")
    elif asks is None:
        # ConfigBilling: the default is true.
        yield violation(f"{TRIAL} is not declared, and Clerk asks for a card unless it is off")
    elif asks is not False:
        yield violation("free trials would ask for a payment method")


def _payers(resource: Resource, _values: Values) -> Iterator[Finding]:
    if resource.type == BILLING:
        yield from _switches(
            resource, "settings", "billing", on="organization_enabled", off="user_enabled"
        )


def _key_switches(resource: Resource, _values: Values) -> Iterator[Finding]:
    if resource.type == API_KEYS:
        yield from _switches(
            resource,
            "switches",
            "API keys",
            on="orgs_api_keys_enabled",
            off="user_api_keys_enabled",
        )


def _switches(resource: Resource, part: str, what: str, *, on: str, off: str) -> Iterator[Finding]:
    switches = resource.part(part)
    whole = resource.inputs.get(part) is UNKNOWN
    if whole or switches.get(on) is UNKNOWN:
        yield unjudged(f"{on} ({what})")
    elif switches.get(on) is not True:
        yield violation(f"{what} of organizations would be off ({on})")
    if whole or switches.get(off) is UNKNOWN:
        yield unjudged(f"{off} ({what})")
    elif switches.get(off) not in (False, None):
        yield violation(f"{what} of users would be on ({off})")


POLICIES = (
    Policy(
        "billing-slugs",
        "Plans and features match the catalog and the app's code.",
        "has({ plan }) and has({ feature }) return false for a slug that differs, without an "
        "error: customers lose what they pay for.",
        "Use the same slugs in the catalog, in the app's declaration and in what is deployed.",
        check_resource=_slugs,
        non_overridable=True,
    ),
    Policy(
        "app-code",
        "Production's catalog is compared with the app's code.",
        "A check of a slug that does not exist returns false for everybody, without an error. "
        "Without the app's code, nothing finds this.",
        "Set clerkstack:app.path or clerkstack:app.git, and clerkstack:app.declaration.",
        check_resource=_app_code,
        check_stack=_app_named,
        production_only=True,
    ),
    Policy(
        "trial-card",
        "Free trials ask for no payment method.",
        "People who were promised a trial without a card see a form that asks for one.",
        "Set clerkstack:billing.freeTrialRequiresPaymentMethod to false.",
        check_resource=_trial_card,
        non_overridable=True,
    ),
    Policy(
        "billing-payers",
        "Organizations are billed, users are not.",
        "With billing of organizations off, nobody can buy a plan; with billing of users on, "
        "people buy plans for themselves that the app never checks.",
        "Set clerkstack:billing.organizationEnabled to true and clerkstack:billing.userEnabled "
        "to false.",
        check_resource=_payers,
    ),
    Policy(
        "api-key-switches",
        "Organizations may create API keys, users may not.",
        "With the organization switch off, every API call of customers fails; a user's key "
        "belongs to no organization and no plan.",
        "Set clerkstack:apiKeys.organizationEnabled to true and clerkstack:apiKeys.userEnabled "
        "to false.",
        check_resource=_key_switches,
    ),
)
