"""What the app's own code declares: its plans and features, read without running it.

The forms are those of Sendero's app: `BILLING_FEATURES = { NAME: 'slug' } as const` and
`PLANS: Record<PlanTier, PlanConfig> = { pro: { slug: 'pro', monthlyUsd: 60, features: [...] } }`.
They are found by shape, so that an app may call them otherwise. What can't be told for certain
is reported with its place, never guessed and never left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from clerkstack.app.evaluate import Constant, Evaluator
from clerkstack.app.source import Module, Modules, Unresolved
from clerkstack.problems import InputError, Problem

MONTHLY = ("monthlyUsd", "monthly_usd", "priceMonthlyUsd")
ANNUAL = ("annualMonthlyUsd", "annual_monthly_usd", "priceAnnualMonthlyUsd")
LISTED = ("publiclyListed", "publiclyVisible", "public")
TRIAL = ("trialDays", "freeTrialDays", "trial_days")


@dataclass(frozen=True)
class DeclaredPlan:
    """A plan as the app's code has it. Amounts are cents; None is null or not declared."""

    slug: str
    features: tuple[str, ...]
    monthly_cents: int | None
    annual_monthly_cents: int | None
    publicly_listed: bool | None
    trial_days: int | None
    file: str
    line: int


@dataclass(frozen=True)
class AppDeclaration:
    """All plans, by slug, and all feature slugs of the app's code."""

    plans: Mapping[str, DeclaredPlan]
    features: frozenset[str]


def read_declaration(
    path: Path, *, plans_name: str | None = None, features_name: str | None = None
) -> AppDeclaration:
    """Read the declaration in a TypeScript file and what it imports by relative paths.

    Raises:
        InputError: something can't be told without running the code, or there is no
            declaration; each with file, line and column.
    """
    modules = Modules()
    evaluator = Evaluator(modules)
    try:
        module = modules.read(path)
        names = [*module.exports, *module.imports]
        if module.all_of:
            for source in module.all_of:
                names += modules.beside(module, module.root, source).exports
        found = _Found(path)
        for name in dict.fromkeys(names):
            wanted = (plans_name in (None, name)) or (features_name in (None, name))
            if wanted:
                _sort(found, evaluator, module, name, plans_name, features_name)
        return found.declaration()
    except Unresolved as error:
        raise InputError([_problem(error)]) from None


class _Found:
    """Candidates for plans and features, by the names they are exported under."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.plans: dict[str, Constant] = {}
        self.features: dict[str, Constant] = {}
        self.unresolved: list[Unresolved] = []

    def declaration(self) -> AppDeclaration:
        if not self.plans and self.unresolved:
            raise self.unresolved[0]
        if not self.plans:
            raise Unresolved(
                self._path,
                None,
                "exports no plans: no object whose values have slug and features",
            )
        plans: dict[str, DeclaredPlan] = {}
        for constant in self.plans.values():
            assert isinstance(constant.value, dict)
            for entry in constant.value.values():
                plan = _plan(entry)
                if plan.slug in plans:
                    raise _at(entry, f"the plan {plan.slug} is declared twice")
                plans[plan.slug] = plan
        features = {
            _text(each, "a feature")
            for constant in self.features.values()
            if isinstance(constant.value, dict)
            for each in constant.value.values()
        }
        used = {feature for plan in plans.values() for feature in plan.features}
        return AppDeclaration(plans, frozenset(features | used))


def _sort(
    found: _Found,
    evaluator: Evaluator,
    module: Module,
    name: str,
    plans_name: str | None,
    features_name: str | None,
) -> None:
    try:
        if name in module.exports or (module.all_of and name not in module.imports):
            constant = evaluator.exported(module, name)
        else:
            constant = evaluator.name(module, name)
    except Unresolved as error:
        # Another export of the file may be anything; one that is asked for may not.
        if name in (plans_name, features_name) or _named_like_declaration(name):
            raise
        found.unresolved.append(error)
        return
    if plans_name == name or (plans_name is None and _is_plans(constant)):
        found.plans[name] = constant
    elif features_name == name or (features_name is None and _is_features(name, constant)):
        found.features[name] = constant


def _named_like_declaration(name: str) -> bool:
    upper = name.upper()
    return "PLAN" in upper or "FEATURE" in upper


def _is_plans(constant: Constant) -> bool:
    value = constant.value
    return (
        isinstance(value, dict)
        and bool(value)
        and all(
            isinstance(each.value, dict) and {"slug", "features"} <= each.value.keys()
            for each in value.values()
        )
    )


def _is_features(name: str, constant: Constant) -> bool:
    value = constant.value
    return (
        "FEATURE" in name.upper()
        and isinstance(value, dict)
        and bool(value)
        and all(isinstance(each.value, str) for each in value.values())
    )


def _plan(entry: Constant) -> DeclaredPlan:
    if not isinstance(entry.value, dict):
        raise _at(entry, "is not a plan: an object with slug and features")
    fields = entry.value
    for name in ("slug", "features"):
        if name not in fields:
            raise _at(entry, f"is a plan without {name}")
    features = fields["features"]
    if not isinstance(features.value, list):
        raise _at(features, "is not a list of features")
    return DeclaredPlan(
        slug=_text(fields["slug"], "a slug"),
        features=tuple(dict.fromkeys(_text(each, "a feature") for each in features.value)),
        monthly_cents=_cents(fields, MONTHLY),
        annual_monthly_cents=_cents(fields, ANNUAL),
        publicly_listed=_flag(fields, LISTED),
        trial_days=_days(fields, TRIAL),
        file=entry.file.name,
        line=entry.line,
    )


def _text(constant: Constant, what: str) -> str:
    if isinstance(constant.value, str):
        return constant.value
    raise _at(constant, f"is not {what}: a text")


def _first(fields: Mapping[str, Constant], names: tuple[str, ...]) -> Constant | None:
    return next((fields[name] for name in names if name in fields), None)


def _cents(fields: Mapping[str, Constant], names: tuple[str, ...]) -> int | None:
    found = _first(fields, names)
    if found is None or found.value is None:
        return None
    if not isinstance(found.value, Decimal):
        raise _at(found, "is not an amount in dollars")
    cents = found.value * 100
    if cents != int(cents):
        raise _at(found, "is not a whole number of cents")
    return int(cents)


def _days(fields: Mapping[str, Constant], names: tuple[str, ...]) -> int | None:
    found = _first(fields, names)
    if found is None or found.value is None:
        return None
    if isinstance(found.value, Decimal) and found.value == int(found.value):
        return int(found.value)
    raise _at(found, "is not a whole number of days")


def _flag(fields: Mapping[str, Constant], names: tuple[str, ...]) -> bool | None:
    found = _first(fields, names)
    if found is None or found.value is None:
        return None
    if isinstance(found.value, bool):
        return found.value
    raise _at(found, "is not true or false")


def _at(constant: Constant, message: str) -> Unresolved:
    error = Unresolved(constant.file, None, message)
    error.line, error.column = constant.line, constant.column
    return error


def _problem(error: Unresolved) -> Problem:
    column = "" if error.column is None else f"column {error.column}"
    mend = "Write it as a constant: a literal, or a name of a constant in a file imported by path"
    return Problem(error.file.name, error.line, column, error.message, mend)
