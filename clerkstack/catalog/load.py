"""Reads the catalog from its file; reports every problem at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from clerkstack.catalog.fields import CENTS, FEATURES, SLUG, Payer
from clerkstack.catalog.models import CLERKS_OWN, Catalog, CatalogModel, Feature, Plan
from clerkstack.handwritten.document import Broken, Document
from clerkstack.handwritten.fields import did_you_mean
from clerkstack.handwritten.models import NotSetError
from clerkstack.handwritten.values import REPORTED, Value
from clerkstack.problems import hidden_name, shown

CURRENCY = "usd"  # Clerk: currency_invalid for any other
TOP_LEVEL = ("currency", "features", "plans")
# The file's name comes from a setting, an option or a default, relative to the working directory.
NO_FILE = "Run this in the project's folder, or name another: clerkstack:catalog, or --catalog"
EMPTY = "Write at least `features:` and `plans:`"
MERGED = "Write the fields out; a plan takes over another's features with `includes`"
MISSING = {"amount": CENTS}

Entry = TypeVar("Entry", bound=CatalogModel)


def load_catalog(path: Path) -> Catalog:
    """Read and check a catalog.

    Raises:
        InputError: every problem, with file, line, path and fix.
    """
    loading = _Loading(shown(path), unknown="is not a field of the catalog")
    value = loading.read(path, empty=EMPTY, missing=NO_FILE, merged=MERGED)
    catalog = None if value is None else loading.catalog(value)
    loading.done()
    assert catalog is not None
    return catalog


@dataclass(frozen=True)
class _Draft:
    """A plan as written, without its invalid fields, and its place in the file."""

    plan: Plan
    path: str
    value: Value


class _Loading(Document):
    """The catalog's file."""

    def catalog(self, document: Value) -> Catalog | None:
        if document.value is REPORTED:
            return None
        if not isinstance(document.value, dict):
            self.report(document.line, "", "is not a group of fields", "Write `plans:` and so on")
            return None
        top: dict[str, Value] = document.value
        for key in top:
            if key not in TOP_LEVEL:
                remedy = did_you_mean(key, TOP_LEVEL) or f"Use {', '.join(TOP_LEVEL)}"
                self.report(document.line_of(key), key, "is not a section of the catalog", remedy)
        features = {
            slug: self._entry(Feature, "features", slug, value, ())
            for slug, value in self._slugs("features", top)
        }
        # Plans may use a refused slug, so that one mistake gives one message.
        known = _keys(top, "features")
        drafts = {
            slug: _Draft(self._entry(Plan, "plans", slug, value, known), f"plans.{slug}", value)
            for slug, value in self._slugs("plans", top)
        }
        if "plans" not in top or top["plans"].value is None:
            line = document.line_of("plans")
            self.report(line, "plans", "is missing", "Write at least one plan, or `plans: {}`")
        for draft in drafts.values():
            for rule in RULES:
                self.judge(draft.value, draft.path, rule(draft.plan))
        self._together(drafts)
        known = _keys(top, "plans")
        plans = {slug: self._resolved(slug, drafts, known) for slug in drafts}
        currency = self._currency(top)
        if self.problems:
            return None
        return Catalog(currency=currency, features=features, plans=plans)

    def _currency(self, top: Mapping[str, Value]) -> str:
        currency = top.get("currency")
        if currency is not None and currency.value not in (CURRENCY, REPORTED, None):
            remedy = f"Write {CURRENCY}, or leave it out"
            self.report(
                currency.line, "currency", "is not a currency that Clerk Billing supports", remedy
            )
        return CURRENCY

    def _slugs(self, kind: str, top: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
        group = top.get(kind)
        if group is None or group.value in (None, REPORTED):
            return
        if not isinstance(group.value, dict):
            self.report(group.line, kind, "is not a group by slug", "Write `<slug>:` under it")
            return
        seen: dict[str, str] = {}
        for slug, value in group.value.items():
            path, line = f"{kind}.{slug}", group.line_of(slug)
            # The fields of an invalid slug are read too, to report all mistakes at once.
            if not re.fullmatch(SLUG, slug):
                remedy = "Use letters, digits, - and _ only"
                self.report(line, path, "is not a slug that Clerk accepts", remedy)
            elif hidden := hidden_name(slug):
                self.report(line, path, hidden, "Use another slug")
            twin = seen.setdefault(slug.lower(), slug)
            if twin != slug:
                remedy = "has() is case-sensitive: keep one of the two"
                self.report(line, path, f"differs from {twin} only in case", remedy)
            yield slug, Value(line, value.value, value.key_lines)

    def _entry(
        self, model: type[Entry], kind: str, slug: str, value: Value, features: Collection[str]
    ) -> Entry:
        """A feature or a plan, without its invalid fields."""
        path = f"{kind}.{slug}"
        group = value.value if isinstance(value.value, dict) else {}
        fields = {name: inner.plain() for name, inner in group.items() if inner.value is not None}
        twice = fields.pop("slug", None)
        known = {FEATURES: features}
        entry = self.entry(
            model, value, path, fields={"slug": slug, **fields}, context=known, own=MISSING
        )
        if twice is not None:
            known_names = [name for name in model.model_fields if name != "slug"]
            self.unknown(path, "slug", value.line_of("slug"), known_names)
        return entry

    def _together(self, drafts: Mapping[str, _Draft]) -> None:
        """Rules across plans; Clerk's own default plans may share a name."""
        names: dict[tuple[Payer, str], str] = {}
        defaults: dict[Payer, str] = {}
        for slug, draft in drafts.items():
            self.judge(draft.value, draft.path, _same_name(slug, draft.plan, names))
            self.judge(draft.value, draft.path, _second_default(slug, draft.plan, defaults))

    def _resolved(self, slug: str, drafts: Mapping[str, _Draft], known: Collection[str]) -> Plan:
        """The plan with the features of the plan it includes, then its own."""
        draft = drafts[slug]
        chain: dict[str, None] = {}
        at: str | None = slug
        while at is not None and at not in chain:
            chain[at] = None
            at = _included(drafts[at].plan) if at in drafts else None
        if at is not None:
            if at == slug:
                path = " → ".join([*chain, at])
                message = f"includes itself ({path})"
                self.judge(
                    draft.value, draft.path, iter([("includes", message, "Break the cycle")])
                )
            return draft.plan
        self.judge(draft.value, draft.path, _included_wrongly(draft.plan, drafts, known))
        features: dict[str, None] = {}
        with suppress(NotSetError):
            for slug_in_chain in reversed(chain):
                if slug_in_chain in drafts:
                    features |= dict.fromkeys(drafts[slug_in_chain].plan.features)
        return draft.plan.model_copy(update={"features": tuple(features)})


def _annual(plan: Plan) -> Iterator[Broken]:
    annual = plan.annual_monthly_amount
    if annual is not None and annual > plan.amount:
        message = f"is {annual}, above the {plan.amount} of a plan billed monthly"
        remedy = "It is the price of one month when billed yearly: write it at or below amount"
        yield "annual_monthly_amount", message, remedy


def _trial(plan: Plan) -> Iterator[Broken]:
    if plan.amount == 0 and plan.free_trial_days is not None:
        yield "free_trial_days", "is set on a free plan", "Remove it"


def _price_of_default(plan: Plan) -> Iterator[Broken]:
    if plan.default and plan.amount:
        yield "amount", "is not 0 on a default plan", "Clerk keeps default plans free"


def _attached_twice(plan: Plan) -> Iterator[Broken]:
    for number, slug in enumerate(plan.features):
        if slug in plan.features[:number]:
            yield f"features[{number}]", f"names {slug} twice", "Name it once"


def _marked(plan: Plan) -> Iterator[Broken]:
    """Clerk's own plans must have `default: true`."""
    if plan.slug in CLERKS_OWN and not plan.default:
        message = "is missing on the plan that Clerk itself creates"
        yield "default", message, "Write true, or use another slug"


def _payer_of_own(plan: Plan) -> Iterator[Broken]:
    own = CLERKS_OWN.get(plan.slug)
    if own is not None and plan.default and plan.payer_type is not own:
        message = f"is not {own.value}, but Clerk creates {plan.slug} for that payer"
        yield "payer_type", message, f"Write {own.value}"


# A rule is silent if a field that it needs is invalid.
RULES: tuple[Callable[[Plan], Iterator[Broken]], ...] = (
    _annual,
    _trial,
    _price_of_default,
    _attached_twice,
    _marked,
    _payer_of_own,
)


def _same_name(slug: str, plan: Plan, seen: dict[tuple[Payer, str], str]) -> Iterator[Broken]:
    if plan.default:
        return
    twin = seen.setdefault((plan.payer_type, plan.name), slug)
    if twin != slug:
        remedy = "Clerk refuses two plans of one name for the same payer; rename one"
        yield "name", f"is also the name of {twin}", remedy


def _second_default(slug: str, plan: Plan, seen: dict[Payer, str]) -> Iterator[Broken]:
    if not plan.default:
        return
    twin = seen.setdefault(plan.payer_type, slug)
    if twin != slug:
        message = f"is a second default plan for {plan.payer_type.value}, after {twin}"
        yield "default", message, "Keep one of the two"


def _included(plan: Plan) -> str | None:
    with suppress(NotSetError):
        return plan.includes
    return None


def _included_wrongly(
    plan: Plan, drafts: Mapping[str, _Draft], known: Collection[str]
) -> Iterator[Broken]:
    if plan.includes is None:
        return
    if plan.includes not in known:
        remedy = did_you_mean(plan.includes, known) or "Name a plan of this catalog"
        yield "includes", f"there is no plan {plan.includes}", remedy
    elif plan.includes in drafts and drafts[plan.includes].plan.payer_type is not plan.payer_type:
        message = f"names {plan.includes}, which has another payer"
        yield "includes", message, "Include a plan of the same payer"


def _keys(top: Mapping[str, Value], kind: str) -> Collection[str]:
    group = top.get(kind)
    return group.value.keys() if group is not None and isinstance(group.value, dict) else ()
