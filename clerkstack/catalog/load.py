"""From the catalog file to the catalog; every problem at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from clerkstack.catalog.document import REPORTED, Value, read_document
from clerkstack.catalog.fields import Fields, did_you_mean
from clerkstack.catalog.models import CLERKS_OWN, SLUG, Catalog, Feature, Payer, Plan
from clerkstack.problems import InputError, Problem, hidden_name, shown

CURRENCY = "usd"  # Clerk: currency_invalid for any other
TOP_LEVEL = ("currency", "features", "plans")


def load_catalog(path: Path) -> Catalog:
    """Read and check a catalog.

    Raises:
        InputError: every problem, with file, line, path and mend.
    """
    loading = _Loading(shown(path))
    document = read_document(path, loading.report)
    catalog = None if document is None else loading.catalog(document)
    if catalog is None or loading.problems:
        ordered = sorted(loading.problems, key=lambda problem: problem.line or 0)
        raise InputError(ordered)
    return catalog


@dataclass
class _Draft:
    """A plan as written, before what it includes is added."""

    plan: Plan
    name: str | None  # None: wrong, and reported
    payer: Payer | None  # None: wrong, and reported
    includes: str | None
    fields: Fields


class _Loading:
    def __init__(self, file: str) -> None:
        self._file = file
        self.problems: list[Problem] = []

    def report(self, line: int | None, path: str, message: str, mend: str) -> None:
        self.problems.append(Problem(self._file, line, path, message, mend))

    def catalog(self, document: Value) -> Catalog | None:
        if document.value is REPORTED:
            return None
        if not isinstance(document.value, dict):
            self.report(document.line, "", "is not a group of fields", "Write `plans:` and so on")
            return None
        top: dict[str, Value] = document.value
        for key in top:
            if key not in TOP_LEVEL:
                mend = did_you_mean(key, TOP_LEVEL) or f"Use {', '.join(TOP_LEVEL)}"
                self.report(document.line_of(key), key, "is not a part of the catalog", mend)
        features = {
            slug: self._feature(slug, value) for slug, value in self._slugs("features", top)
        }
        # A slug that was refused is still a name that plans may use: one mistake, one message.
        known = _keys(top, "features")
        drafts = {slug: self._plan(slug, value, known) for slug, value in self._slugs("plans", top)}
        if "plans" not in top or top["plans"].value is None:
            line = document.line_of("plans")
            self.report(line, "plans", "is missing", "Write at least one plan, or `plans: {}`")
        self._names(drafts)
        self._defaults(drafts)
        plans = {slug: self._resolved(slug, drafts, _keys(top, "plans")) for slug in drafts}
        return Catalog(currency=self._currency(top), features=features, plans=plans)

    def _currency(self, top: Mapping[str, Value]) -> str:
        found = top.get("currency")
        if found is None:
            return CURRENCY
        if found.value not in (CURRENCY, REPORTED):
            mend = f"Write {CURRENCY}, or leave it out"
            self.report(found.line, "currency", "is not a currency Clerk Billing sells in", mend)
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
            # The fields of a slug that is wrong are read as well: all mistakes are told at once.
            if not re.fullmatch(SLUG, slug):
                mend = "Use letters, digits, - and _ only"
                self.report(line, path, "is not a slug that Clerk takes", mend)
            elif hidden := hidden_name(slug):
                self.report(line, path, hidden, "Use another slug")
            twin = seen.setdefault(slug.lower(), slug)
            if twin != slug:
                mend = "has() tells upper from lower case; keep one of the two"
                self.report(line, path, f"differs from {twin} only in case", mend)
            yield slug, Value(line, value.value, value.key_lines)

    def _feature(self, slug: str, value: Value) -> Feature:
        fields = Fields(value, f"features.{slug}", self.report)
        visible = fields.flag("publicly_visible")
        feature = Feature(
            slug=_well_formed(slug),
            name=fields.name() or slug,
            description=fields.text("description"),
            include_in_jwt=fields.flag("include_in_jwt"),
            jwt_value=fields.text("jwt_value"),
            publicly_visible=True if visible is None else visible,
            avatar_url=fields.url("avatar_url"),
        )
        fields.refuse_unknown()
        return feature

    def _plan(self, slug: str, value: Value, features: Collection[str]) -> _Draft:
        fields = Fields(value, f"plans.{slug}", self.report)
        visible = fields.flag("publicly_visible")
        amount = fields.cents("amount", required=True)
        name, payer = fields.name(), fields.payer()
        plan = Plan(
            slug=_well_formed(slug),
            name=name or slug,
            amount=amount or 0,
            # Clerk shows no annual price where it is 0.
            annual_monthly_amount=fields.cents("annual_monthly_amount") or None,
            description=fields.text("description"),
            features=self._attached(fields, features),
            free_trial_days=fields.days("free_trial_days"),
            publicly_visible=True if visible is None else visible,
            payer_type=payer or Payer.ORG,
            is_recurring=fields.flag("is_recurring"),
            default=bool(fields.flag("default")),
        )
        includes = fields.text("includes")
        fields.refuse_unknown()
        if amount is not None:
            self._prices(plan, fields)
        return _Draft(plan, name, payer, includes, fields)

    def _attached(self, fields: Fields, features: Collection[str]) -> tuple[str, ...]:
        found = fields.take("features")
        if found is None:
            return ()
        if not isinstance(found.value, list):
            fields.wrong("features", "is not a list", "Write `- <feature slug>` under it")
            return ()
        attached: dict[str, None] = {}
        for number, item in enumerate(found.value):
            path = f"{fields.path}.features[{number}]"
            if item.value is REPORTED:
                continue
            if not isinstance(item.value, str):
                mend = (
                    f'Write it in quotes: "{item.value}"'
                    if isinstance(item.value, int) and not isinstance(item.value, bool)
                    else "Write the slug of a feature"
                )
                self.report(item.line, path, "is not a slug", mend)
            elif item.value in attached:
                self.report(item.line, path, f"names {item.value} twice", "Name it once")
            elif item.value not in features:
                mend = did_you_mean(item.value, features) or "Add it under features"
                self.report(item.line, path, f"there is no feature {item.value}", mend)
            else:
                attached[item.value] = None
        return tuple(attached)

    def _prices(self, plan: Plan, fields: Fields) -> None:
        annual = plan.annual_monthly_amount
        if annual is not None and annual > plan.amount:
            fields.wrong(
                "annual_monthly_amount",
                f"is {annual}, above the {plan.amount} of a plan billed monthly",
                "It is the price of one month when billed yearly: write it at or below amount",
            )
        if plan.free_trial_days is not None and plan.amount == 0:
            fields.wrong("free_trial_days", "is set on a free plan", "Remove it")
        if plan.default and plan.amount:
            fields.wrong("amount", "is not 0 on a default plan", "Clerk keeps default plans free")

    def _names(self, drafts: Mapping[str, _Draft]) -> None:
        """One name, one plan, for each payer; Clerk names its own default plans alike."""
        seen: dict[tuple[Payer, str], str] = {}
        for slug, draft in drafts.items():
            if draft.name is None or draft.payer is None or draft.plan.default:
                continue
            twin = seen.setdefault((draft.payer, draft.name), slug)
            if twin != slug:
                mend = "Clerk refuses two plans of one name for the same payer; rename one"
                draft.fields.wrong("name", f"is also the name of {twin}", mend)

    def _defaults(self, drafts: Mapping[str, _Draft]) -> None:
        seen: dict[Payer, str] = {}
        for slug, draft in drafts.items():
            if draft.plan.default and draft.payer is not None:
                twin = seen.setdefault(draft.payer, slug)
                if twin != slug:
                    message = f"is a second default plan for {draft.payer.value}, beside {twin}"
                    draft.fields.wrong("default", message, "Keep one of the two")
            own = CLERKS_OWN.get(slug)
            if own is None:
                continue
            if not draft.plan.default:
                message = "is missing on the plan that Clerk makes by itself"
                draft.fields.wrong("default", message, "Write true, or use another slug")
            elif draft.payer not in (None, own):
                message = f"is not {own.value}, and Clerk makes {slug} for that payer"
                draft.fields.wrong("payer_type", message, f"Write {own.value}")

    def _resolved(self, slug: str, drafts: Mapping[str, _Draft], known: Collection[str]) -> Plan:
        draft = drafts[slug]
        chain: dict[str, None] = {}
        at: str | None = slug
        while at is not None and at not in chain:
            chain[at] = None
            at = drafts[at].includes if at in drafts else None
        if at is not None:
            if at == slug:
                path = " → ".join([*chain, at])
                draft.fields.wrong("includes", f"goes round in a circle ({path})", "Break it")
            return draft.plan
        if draft.includes is not None and not self._includes_well(draft, drafts, known):
            return draft.plan
        features: dict[str, None] = {}
        for each in reversed(chain):
            if each in drafts:
                features |= dict.fromkeys(drafts[each].plan.features)
        return replace(draft.plan, features=tuple(features))

    def _includes_well(
        self, draft: _Draft, drafts: Mapping[str, _Draft], known: Collection[str]
    ) -> bool:
        assert draft.includes is not None
        other = drafts.get(draft.includes)
        if other is None:
            if draft.includes not in known:
                mend = did_you_mean(draft.includes, known) or "Name a plan of this catalog"
                draft.fields.wrong("includes", f"there is no plan {draft.includes}", mend)
            return False
        if None not in (other.payer, draft.payer) and other.payer is not draft.payer:
            message = f"names {draft.includes}, which another payer pays"
            draft.fields.wrong("includes", message, "Include a plan of the same payer")
            return False
        return True


def _well_formed(slug: str) -> str:
    """The slug; where it is refused, something that is a slug and nobody will see."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", slug) or "_"


def _keys(top: Mapping[str, Value], kind: str) -> Collection[str]:
    group = top.get(kind)
    return group.value.keys() if group is not None and isinstance(group.value, dict) else ()
