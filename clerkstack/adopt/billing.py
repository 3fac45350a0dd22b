"""The live section `billing` as a catalog and as toggles of the stack's settings."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path

from clerkstack.adopt.unmanaged_items import Unmanaged
from clerkstack.catalog.load import load_catalog
from clerkstack.catalog.models import CLERKS_OWN, Catalog
from clerkstack.desired.billing import billing_inputs
from clerkstack.handwritten.round_trip import yaml_text
from clerkstack.problems import InputError
from clerkstack.reconcile.billing import ENABLED_FOR, DeclaredBilling, billing_plan, live_groups
from clerkstack.reconcile.changes import Change
from clerkstack.reconcile.names import BILLING_KINDS
from clerkstack.settings.models import BillingSettings
from clerkstack.shapes import Groups, JsonObject, as_objects


def billing_settings(section: JsonObject) -> JsonObject:
    """The toggles, as the settings spell them."""
    return {
        "organizationEnabled": bool(section.get("organization_enabled")),
        "userEnabled": bool(section.get("user_enabled")),
        "freeTrialRequiresPaymentMethod": bool(section.get("free_trial_requires_payment_method")),
    }


def catalog_of(section: JsonObject) -> tuple[dict[str, JsonObject], list[Unmanaged]]:
    """A catalog document that matches what is live, and what no catalog can express.

    A plan or feature that cannot be expressed exactly is left out as a whole: declaring a part of
    it could change it.
    """
    document: dict[str, JsonObject] = {
        "features": {slug: _feature(of) for slug, of in _groups(section, "features")},
        "plans": {slug: _plan(slug, of) for slug, of in _groups(section, "plans")},
    }
    left = _drop(document, "plans", _unpaid(section), "billing for its payer is off")
    while True:
        wrong = _unsayable(document, section)
        left += [gone for kind, slug, why in wrong for gone in _drop(document, kind, [slug], why)]
        if not wrong:
            return document, left


def _unsayable(document: Groups, section: JsonObject) -> list[tuple[str, str, str]]:
    """Kind, slug and reason of everything that the document does not express exactly."""
    try:
        catalog = catalog_from(document)
    except InputError as error:
        named = [(_named(problem.path), problem.message) for problem in error.problems]
        if not all(slug in document.get(kind, {}) for (kind, slug), _ in named):
            raise
        return [(kind, slug, message) for (kind, slug), message in named]
    return [
        (kind, slug, f"the catalog cannot express its {'.'.join(field) or slug}")
        for _, kind, slug, *field in (change.path for change in differing(catalog, section))
    ]


def differing(catalog: Catalog, section: JsonObject) -> tuple[Change, ...]:
    """The differences between a catalog and the live section, without toggles, which are not in the
    catalog."""
    inputs = billing_inputs(BillingSettings(), catalog, None, catalog_file="")
    desired = DeclaredBilling.of({**inputs, "settings": {}}).groups
    return billing_plan(desired, live_groups(section)).changes


def _groups(section: JsonObject, kind: str) -> Iterable[tuple[str, JsonObject]]:
    return as_objects(section.get(kind), kind).items()


def _feature(live: JsonObject) -> JsonObject:
    fields: JsonObject = {"name": live.get("name")}
    for name in ("description", "jwt_value", "avatar_url"):
        if live.get(name):
            fields[name] = live[name]
    for name in ("publicly_visible", "include_in_jwt"):
        if live.get(name) is False:
            fields[name] = False
    return fields


def _plan(slug: str, live: JsonObject) -> JsonObject:
    fields: JsonObject = {"name": live.get("name")}
    if slug in CLERKS_OWN:
        fields["default"] = True
    fields["amount"] = live.get("amount") or 0
    for name in ("annual_monthly_amount", "description"):
        if live.get(name):
            fields[name] = live[name]
    if live.get("free_trial_enabled"):
        fields["free_trial_days"] = live.get("free_trial_days")
    if live.get("payer_type") != "org":
        fields["payer_type"] = live.get("payer_type")
    for name in ("publicly_visible", "is_recurring"):
        if live.get(name) is False:
            fields[name] = False
    if live.get("features"):
        fields["features"] = live["features"]
    return fields


def _unpaid(section: JsonObject) -> list[str]:
    """Plans whose payer cannot pay; no stack declares them."""
    off = [payer for payer, toggle in ENABLED_FOR.items() if not section.get(toggle)]
    return [slug for slug, plan in _groups(section, "plans") if plan.get("payer_type") in off]


def catalog_from(document: Groups) -> Catalog:
    """The catalog in a document, read in the same way as from a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "catalog.yaml"
        file.write_text(yaml_text(document), encoding="utf-8")
        return load_catalog(file)


def _named(path: str) -> tuple[str, str]:
    """The kind and slug in a problem's path: plans.pro.features[2] → plans, pro."""
    kind, _, rest = path.partition(".")
    return kind, re.split(r"[.\[]", rest, maxsplit=1)[0]


def _drop(document: Groups, kind: str, slugs: Collection[str], why: str) -> list[Unmanaged]:
    gone = [slug for slug in slugs if document[kind].pop(slug, None) is not None]
    return [Unmanaged(f"{BILLING_KINDS[kind]} {slug}", why) for slug in gone]
