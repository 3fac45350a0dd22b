"""Compares the app's code, the catalog and a live instance. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clerkstack.app.agreement import Disagreement, disagreeing, meant
from clerkstack.app.asked import Asked, Available, unknown
from clerkstack.app.facts import PAYER, attached_to, differing, facts_of_config, in_words
from clerkstack.app.kinds import ACCESS
from clerkstack.checks.finding import Finding, Severity
from clerkstack.desired.afterwards import (
    access_afterwards,
    sold_afterwards,
    together,
)
from clerkstack.desired.billing import app_inputs
from clerkstack.desired.refusals import asked_for, asks_for_a_card, clerks_plans
from clerkstack.reconcile.app_says import AppSays
from clerkstack.reconcile.billing import TRIAL, DeclaredBilling
from clerkstack.shapes import Json, JsonObject, as_objects

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.app.uses import Use
    from clerkstack.comparison.instance import Instance

CHECK = "three-way"
NOT_LIVE = (
    " --live also checks the instance; clerkstack:app.unmanaged lists what the instance has in "
    "addition"
)


def finding_of(
    kind: str,
    slug: str,
    field: str,
    message: str,
    remedy: str,
    where: str,
    *,
    app: Json = None,
    catalog: Json = None,
    instance: Json = None,
) -> Finding:
    """A finding about a plan, feature, role or permission, or a setting.

    `field` is `exists`, `features` (what a plan includes), a field of the plan, or `asked` for a
    check in the app's code. `app`, `catalog` and `instance` are the values of the three sides, None
    if a side has none; together they are the finding's `found`.
    """
    sides = {"app": app, "catalog": catalog, "instance": instance}
    return Finding(
        CHECK,
        f"{kind} {slug}",
        field,
        found=sides,
        severity=severity_of(field, sides),
        message=message,
        remedy=remedy,
        where=where,
    )


def severity_of(field: str, sides: Mapping[str, Json]) -> Severity:
    """Failed if the next update does not fix it: the app's code disagrees, or no update changes the
    field. A difference only between catalog and instance is what the next update changes."""
    app, catalog, instance = (sides[side] for side in ("app", "catalog", "instance"))
    stays = not same([app, catalog])
    if app is None:
        stays = catalog is None and instance is None
    return Severity.FAILED if stays or field in (PAYER, TRIAL) else Severity.WARNING


def kind_of(finding: Finding) -> str:
    """The kind of a finding's subject: plan, feature, role, permission or setting."""
    return finding.subject.partition(" ")[0]


def _with(finding: Finding, **sides: Json) -> Finding:
    """The finding with other values for some sides."""
    values = {**finding.found, **sides}
    return replace(finding, found=values, severity=severity_of(finding.field, values))


def same(values: Sequence[Any]) -> bool:
    """Whether all values are equal; the order of a list of slugs means nothing."""
    plain = [sorted(map(str, value)) if isinstance(value, list) else value for value in values]
    return all(value == plain[0] for value in plain)


@dataclass(frozen=True)
class Row:
    """A plan or feature on each side, None if a side does not have it. `agree`: there is no finding
    about it."""

    slug: str
    app: dict[str, Any] | None = None
    catalog: dict[str, Any] | None = None
    instance: dict[str, Any] | None = None
    agree: bool = False

    def differing(self) -> list[str]:
        """The fields in which the sides that have it differ; a side without a field does not
        disagree."""
        sides = [side for side in (self.app, self.catalog, self.instance) if side is not None]
        names = dict.fromkeys(name for side in sides for name in side)
        return [name for name in names if not same([e[name] for e in sides if name in e])]


@dataclass(frozen=True)
class Seen:
    """A check in the app's code. `known`: it can be true."""

    use: Use
    known: bool


@dataclass(frozen=True)
class Comparison:
    """Everything that was compared, and the findings. `notes` are checks in the app's own tests
    that can never be true: tests run in no deployment."""

    plans: tuple[Row, ...] = ()
    features: tuple[Row, ...] = ()
    uses: tuple[Seen, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def compare(
    app: AppCode | None,
    inputs: Mapping[str, Json],
    instance: Instance | None,
    *,
    access: Mapping[str, Json] | None = None,
    brought: bool = True,
    production: bool = False,
) -> Comparison:
    """Compare the three sides; app and instance may be missing.

    Args:
        app: what the app's code says.
        inputs: the inputs of the billing resource, from `billing_inputs`.
        instance: what is live; None if it was not read.
        access: the declared roles and permissions, from `access_inputs`.
        brought: whether the stack deploys the catalog. If it leaves billing out, the app can only
            check what is live.
        production: whether it is a production instance, whose free trials must ask for no card.
    """
    if not brought and instance is not None and instance.exists:
        inputs = {**inputs, "plans": {}, "defaults": {}, "features": {}, "settings": {}}
    comparing = _Comparing(app, inputs, instance, access or {})
    return comparing.comparison(brought=brought, production=production)


class _Comparing:
    def __init__(
        self,
        app: AppCode | None,
        inputs: Mapping[str, Json],
        instance: Instance | None,
        access: Mapping[str, Json],
    ) -> None:
        self._app = app
        self._code: AppSays = {} if app is None else app_inputs(app)
        declared = DeclaredBilling.of(inputs)
        self._plans, self._features = declared.all_plans, declared.features
        self._catalog = str(inputs["catalog"])
        self._live = instance if instance is not None and instance.exists else None
        self._read = instance is not None
        billing = {} if self._live is None else self._live.billing
        self._live_plans = as_objects(billing.get("plans"), "billing.plans")
        self._live_features = as_objects(billing.get("features"), "billing.features")
        self._clerks = clerks_plans(declared)
        self._known: Available = together(
            sold_afterwards(declared, None if self._live is None else billing),
            access_afterwards(access, None if self._live is None else self._live.access),
        )

    def comparison(self, *, brought: bool, production: bool) -> Comparison:
        seen, of_uses = self._uses()
        of_uses += self._only_declared()
        by_live = not brought and self._live is not None
        findings = tuple(self._only_live() if by_live else self._app_and_catalog())
        findings += (*self._app_and_instance(), *self._catalog_and_instance(), *of_uses)
        if production:
            findings += (*self._trial_card(brought),)
        wrong = {finding.subject for finding in findings}
        return Comparison(
            tuple(self._rows("plan", wrong)),
            tuple(self._rows("feature", wrong)),
            tuple(seen),
            findings,
            tuple(self._notes()),
        )

    def _app_and_catalog(self) -> Iterator[Finding]:
        for disagreement in disagreeing(
            self._code, self._plans, self._features, clerks=self._clerks
        ):
            live = self._live_plans if disagreement.kind == "plan" else self._live_features
            finding = self._finding(disagreement)
            if disagreement.field == "exists" and disagreement.app and disagreement.slug in live:
                message = (
                    f"the app and the instance have the {disagreement.kind} "
                    f"'{disagreement.slug}', but the catalog does not"
                )
                yield _with(replace(finding, message=message), instance=True)
            elif disagreement.field == "exists":
                yield _with(finding, instance=disagreement.slug in live if self._live else None)
            else:
                yield _with(
                    finding, instance=self._live_value(disagreement.slug, disagreement.field)
                )

    def _app_and_instance(self) -> Iterator[Finding]:
        """Differences between the two in what the catalog lacks; what it has is compared with
        both."""
        alone = self._live_plans.keys() - self._plans.keys()
        plans = {slug: held for slug, held in self._live_plans.items() if slug in alone}
        for disagreement in disagreeing(self._code, plans, {}, other="the instance"):
            if disagreement.field != "exists":
                yield _with(
                    self._finding(disagreement), catalog=None, instance=disagreement.catalog
                )

    def _only_live(self) -> Iterator[Finding]:
        """What the app declares and the instance lacks, if the stack deploys no catalog."""
        live = (self._live_plans, self._live_features)
        for disagreement in disagreeing(self._code, *live, other="the instance"):
            if disagreement.field == "exists" and disagreement.app:
                remedy = "Correct it in the app, or deploy it with the stack that manages billing"
                finding = replace(self._finding(disagreement), remedy=remedy)
                yield _with(finding, catalog=None, instance=False)

    def _trial_card(self, brought: bool) -> Iterator[Finding]:
        if self._live is None or not asks_for_a_card(self._live.billing):
            return
        remedy = "pulumi up --refresh turns it off"
        if not brought:
            remedy = "Turn it off on the dashboard page Billing → Settings, or declare billing"
        message = "free trials ask for a payment method on the production instance"
        setting = "clerkstack:billing.freeTrialRequiresPaymentMethod"
        sides: dict[str, Json] = {"catalog": False, "instance": True}
        yield finding_of("setting", TRIAL, TRIAL, message, remedy, setting, **sides)

    def _finding(self, difference: Disagreement) -> Finding:
        place, remedy = self._declared_at(difference), "Write the intended value in both"
        if difference.field == "exists":
            remedy = f"Add it to {self._catalog}, or correct it in the app"
            if not difference.app:
                place = self._catalog
                remedy = f"Declare it in the app, or remove it from {self._catalog}"
        sides = {"app": difference.app, "catalog": difference.catalog}
        return finding_of(
            difference.kind,
            difference.slug,
            difference.field,
            difference.message,
            remedy,
            place,
            **sides,
        )

    def _declared_at(self, difference: Disagreement) -> str:
        declaration = None if self._app is None else self._app.declaration
        plans = {} if declaration is None else declaration.plans
        having = (plan for plan in plans.values() if difference.slug in plan.features)
        at = plans.get(difference.slug) if difference.kind == "plan" else next(having, None)
        at = at or next(iter(plans.values()), None)
        return self._catalog if at is None else at.where

    def _catalog_and_instance(self) -> Iterator[Finding]:
        if self._live is None:
            return
        remedy = "pulumi up --refresh restores what is declared; to keep what is live, declare it"
        payer = "Give it another slug: Clerk never changes a plan's payer"
        for kind, declared, live in (
            ("plan", self._plans, self._live_plans),
            ("feature", self._features, self._live_features),
        ):
            for slug in declared:
                if slug not in live:
                    message = (
                        f"the catalog has the {kind} '{slug}', but the instance does not"
                        f"{meant(slug, list(live))}"
                    )
                    sides: dict[str, Json] = {"catalog": True, "instance": False}
                    yield finding_of(kind, slug, "exists", message, remedy, self._catalog, **sides)
        for slug, held in self._plans.items():
            live_plan = self._live_plans.get(slug, {})
            for name, message in _differences(slug, held, live_plan):
                sides = {
                    "app": self._app_value(slug, name),
                    "catalog": self._declared_value(slug, name),
                    "instance": self._live_value(slug, name),
                }
                fix = payer if name == PAYER else remedy
                yield finding_of("plan", slug, name, message, fix, self._catalog, **sides)

    def _uses(self) -> tuple[list[Seen], list[Finding]]:
        seen: list[Seen] = []
        wrong: dict[Asked, Finding] = {}
        uses = () if self._app is None else self._app.uses
        places = Counter((use.kind, use.slug, use.payer) for use in uses)
        for use in uses:
            asked: Asked = (use.kind, use.slug, use.payer)
            why = self._unknown(asked, use.where)
            seen.append(Seen(use, known=why is None))
            if why is not None and asked not in wrong:
                others = places[asked] - 1
                if others:
                    why += f" ({others} other place{'s ask' if others > 1 else ' asks'} for it too)"
                remedy = f"{self._how_to_fix(asked)}.{'' if self._live else NOT_LIVE}"
                slug = use.slug if use.payer is None else f"{use.payer}:{use.slug}"
                where = use.where
                wrong[asked] = finding_of(
                    use.kind, slug, "asked", why, remedy.rstrip("."), where, app=True, catalog=False
                )
        return seen, list(wrong.values())

    def _only_declared(self) -> list[Finding]:
        """Features that the app declares but never checks, and that no plan has."""
        findings = []
        for asked, where in asked_for(self._code, self._features):
            why = self._unknown(asked, where) if where is None else None
            if why is not None:
                kind, slug, _ = asked
                at = self._declared_at(Disagreement(kind, slug, "exists", ""))
                remedy = f"{self._how_to_fix(asked)}.{'' if self._live else NOT_LIVE}".rstrip(".")
                findings.append(
                    finding_of(kind, slug, "asked", why, remedy, at, app=True, catalog=False)
                )
        return findings

    def _how_to_fix(self, asked: Asked) -> str:
        kind, slug, payer = asked
        if kind == "permission" and self._known.why_not(asked):
            return "Give it to a role in clerkstack:organizations.roles"
        if kind in ACCESS:
            return "Correct it, or add it to clerkstack:organizations.roles"
        if kind == "feature" and payer is None and slug in self._known.features:
            return f"Add it to a plan in {self._catalog}, or remove it from the app"
        return f"Correct it, or add it to {self._catalog}"

    def _notes(self) -> Iterator[str]:
        declared: set[Asked] = set()
        for use in () if self._app is None else self._app.in_tests:
            asked: Asked = (use.kind, use.slug, use.payer)
            why = self._unknown(asked, use.where)
            if why is not None and asked not in declared:
                declared.add(asked)
                yield why

    def _unknown(self, asked: Asked, where: str | None) -> str | None:
        kind, slug, _ = asked
        believed = () if self._app is None else self._app.unmanaged
        if self._live is None and f"{kind}/{slug}" in believed:
            return None
        return unknown(asked, where, self._known, live=self._live is not None)

    def _rows(self, kind: str, wrong: Collection[str]) -> Iterator[Row]:
        for slug in self._slugs(kind):
            if kind == "plan":
                sides = (
                    self._plan_of_app(slug),
                    _plan(self._plans.get(slug)),
                    _plan(self._live_plans.get(slug)),
                )
            else:
                features = self._code.get("features", [])
                sides = (
                    {} if slug in features else None,
                    _feature(self._features.get(slug)),
                    _feature(self._live_features.get(slug)),
                )
            yield Row(slug, *sides, agree=f"{kind} {slug}" not in wrong)

    def _slugs(self, kind: str) -> dict[str, None]:
        if kind == "feature":
            app = self._code.get("features", [])
            return dict.fromkeys([*app, *self._features, *self._live_features])
        return dict.fromkeys([*self._code.get("plans", {}), *self._plans, *self._live_plans])

    def _plan_of_app(self, slug: str) -> JsonObject | None:
        plans = self._code.get("plans", {})
        if slug not in plans:
            return None
        return {**self._code.get("details", {}).get(slug, {}), "features": [*plans[slug]]}

    def _app_value(self, slug: str, name: str) -> Json:
        return (self._plan_of_app(slug) or {}).get(name)

    def _declared_value(self, slug: str, name: str) -> Json:
        return (_plan(self._plans.get(slug)) or {}).get(name)

    def _live_value(self, slug: str, name: str) -> Json:
        return (_plan(self._live_plans.get(slug)) or {}).get(name)


def _differences(slug: str, declared: JsonObject, live: JsonObject) -> Iterator[tuple[str, str]]:
    """The fields of a plan in which catalog and instance differ, each with a sentence."""
    if not live:
        return
    mine, theirs = set(attached_to(declared)), set(attached_to(live))
    if mine != theirs:
        parts = [
            f"{side} gives plan '{slug}' {', '.join(sorted(more))}, but {other} does not"
            for side, other, more in (
                ("the catalog", "the instance", mine - theirs),
                ("the instance", "the catalog", theirs - mine),
            )
            if more
        ]
        yield "features", "; ".join(parts)
    one, other = facts_of_config(declared), facts_of_config(live)
    for name in differing(one, other):
        yield (
            name,
            f"the catalog has plan '{slug}' {in_words(name, one[name])}, "
            f"the instance has it {in_words(name, other[name])}",
        )


def _plan(held: JsonObject | None) -> JsonObject | None:
    if held is None:
        return None
    return {**facts_of_config(held), "features": [*sorted(attached_to(held))]}


def _feature(held: JsonObject | None) -> JsonObject | None:
    """A feature without fields: the app's code shows only that it exists."""
    return None if held is None else {}
