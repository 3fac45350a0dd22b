"""What may not be deployed. Pure functions of a resource's inputs, without engine or network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clerkstack.catalog import load_catalog
from clerkstack.problems import InputError
from clerkstack.reconcile.refusals import app_disagreements, unknown_uses
from policies.view import BILLING, INSTANCE, WEBHOOK, Resource, Variable

TOP = Path(__file__).resolve().parent.parent
SECRET_FORMS = ("sk_", "ak_", "whsec_")
SECRET_NAMES = ("SECRET", "PRIVATE", "TOKEN", "PASSWORD", "PLATFORM_KEY")
TEST_FORMS = ("pk_test_", "sk_test_")


@dataclass(frozen=True)
class Rule:
    """One thing that may not reach production.

    `violations` yields one message for each offence; messages name keys, never values.
    """

    id: str
    summary: str
    mend: str
    violations: Callable[[Resource], Iterator[str]]


def _slugs(resource: Resource) -> Iterator[str]:
    if resource.type != BILLING:
        return
    plans = resource.inputs.get("plans") or {}
    features = resource.inputs.get("features") or {}
    yield from _catalog_slugs(resource, set(plans), set(features))
    yield from app_disagreements(resource.inputs)
    # A policy sees no instance: what the settings say is on it (app.unmanaged) is believed here,
    # and looked up by the provider.
    yield from unknown_uses(resource.inputs, None)


def _catalog_slugs(resource: Resource, plans: set[str], features: set[str]) -> Iterator[str]:
    name = str(resource.inputs.get("catalog") or "catalog.yaml")
    try:
        catalog = load_catalog(TOP / name)
    except InputError as error:
        yield f"the catalog {name} can't be read: {error}"
        return
    defaults = set(resource.inputs.get("defaults") or {})
    for kind, declared, known in (
        ("plan", plans | defaults, set(catalog.plans)),
        ("feature", features, set(catalog.features)),
    ):
        for slug in sorted(declared - known):
            yield f"the {kind} '{slug}' would be deployed, and {name} does not have it"
        for slug in sorted(known - declared):
            yield f"{name} has the {kind} '{slug}', and it would not be deployed"


def _trial_card(resource: Resource) -> Iterator[str]:
    settings = resource.inputs.get("settings") or {}
    if resource.type == BILLING and settings.get("free_trial_requires_payment_method"):
        yield "free trials would ask for a payment method"


def _test_key(resource: Resource) -> Iterator[str]:
    if resource.type == INSTANCE:
        for name in ("publishable_key", "declared_publishable_key", "declared_secret_key"):
            if str(resource.inputs.get(name) or "").startswith(TEST_FORMS):
                yield f"{name} of the production instance is a development key"
    for variable in resource.variables():
        if "production" in variable.targets and _starts(variable, TEST_FORMS):
            yield f"{variable.key} would carry a development key into production"


def _public_secret(resource: Resource) -> Iterator[str]:
    for variable in resource.variables():
        if not variable.key.startswith("NEXT_PUBLIC_"):
            continue
        if _starts(variable, SECRET_FORMS):
            yield f"{variable.key} holds a secret, and NEXT_PUBLIC_ puts it into every browser"
        elif any(word in variable.key for word in SECRET_NAMES):
            yield f"{variable.key} is named as a secret, and NEXT_PUBLIC_ makes it public"


def _plain_webhook(resource: Resource) -> Iterator[str]:
    url = str(resource.inputs.get("url") or "https:")
    if resource.type == WEBHOOK and not url.lower().startswith("https:"):
        yield "the webhook endpoint is not https: events would travel in the clear"


def _starts(variable: Variable, forms: tuple[str, ...]) -> bool:
    return variable.value is not None and variable.value.startswith(forms)


RULES = (
    Rule(
        "billing-slugs",
        "Plans and features are those of the catalog and of the app's code.",
        "Make the slugs agree: has({ plan }) answers false for a slug that differs.",
        _slugs,
    ),
    Rule(
        "trial-card",
        "Free trials ask for no payment method.",
        "Set clerkstack:billing.freeTrialRequiresPaymentMethod to false.",
        _trial_card,
    ),
    Rule(
        "live-keys",
        "Production has the production instance's keys.",
        "Use the pk_live_ and sk_live_ keys of the production instance.",
        _test_key,
    ),
    Rule(
        "server-only-secrets",
        "No secret has a NEXT_PUBLIC_ name.",
        "Name it without NEXT_PUBLIC_, and rotate the secret if it was ever deployed.",
        _public_secret,
    ),
    Rule(
        "webhook-https",
        "Webhooks are sent over https.",
        "Set clerkstack:appUrl (or clerkstack:webhook.url) to an https URL.",
        _plain_webhook,
    ),
)
