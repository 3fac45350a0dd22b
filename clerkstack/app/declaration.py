"""What the app's own code declares: its plans and features, read without running it.

The forms are those of Sendero's app: `BILLING_FEATURES = { NAME: 'slug' } as const` and
`PLANS: Record<PlanTier, PlanConfig> = { pro: { slug: 'pro', monthlyUsd: 60, features: [...] } }`.
They are found by shape, so that an app may call them otherwise. What can't be told for certain
is reported with its place, never guessed and never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from clerkstack.app.evaluate import Constant
from clerkstack.app.finding import Finding
from clerkstack.app.source import Unresolved
from clerkstack.problems import InputError, Problem, shown

MONTHLY = ("monthlyUsd", "monthly_usd", "priceMonthlyUsd")
ANNUAL = ("annualMonthlyUsd", "annual_monthly_usd", "priceAnnualMonthlyUsd")
LISTED = ("publiclyListed", "publiclyVisible", "public")
TRIAL = ("trialDays", "freeTrialDays", "trial_days")

_T = TypeVar("_T")


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

    @property
    def where(self) -> str:
        """file:line."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class AppDeclaration:
    """All plans, by slug, and all feature slugs of the app's code."""

    plans: Mapping[str, DeclaredPlan]
    features: frozenset[str]


def read_declaration(
    path: Path, *, plans_name: str | None = None, features_name: str | None = None
) -> AppDeclaration:
    """Read the declaration in a TypeScript file and what it imports by relative paths.

    Args:
        path: the file that exports the plans.
        plans_name: the constant with the plans, where their shape does not tell.
        features_name: the constant with the features, likewise.

    Raises:
        InputError: something can't be told without running the code, or there is no
            declaration; each with file, line and column.
    """
    errors: list[Unresolved] = []
    try:
        finding = Finding(path)
        entries = finding.plans(plans_name)
        reading = _Reading(errors)
        plans: dict[str, DeclaredPlan] = {}
        for entry in entries:
            plan = reading.plan(entry)
            if plan is None:
                continue
            if plan.slug in plans:
                first = plans[plan.slug].where
                errors.append(_at(entry, f"is a second plan {plan.slug}, the first is in {first}"))
            plans[plan.slug] = plan
        features = finding.features(() if errors else reading.attached, features_name)
    except Unresolved as error:
        errors.append(error)
    except RecursionError:
        errors.append(Unresolved(path, None, "is nested too deeply, or imports in a circle"))
    if errors:
        raise InputError([_problem(error) for error in errors]) from None
    used = {feature for plan in plans.values() for feature in plan.features}
    return AppDeclaration(plans, frozenset({str(each.value) for each in features} | used))


class _Reading:
    """Plans out of constants; what is wrong is collected."""

    def __init__(self, errors: list[Unresolved]) -> None:
        self._errors = errors
        self.attached: list[Constant] = []

    def plan(self, entry: Constant) -> DeclaredPlan | None:
        """The plan, or None where its slug can't be told, and that is collected."""
        fields = self._try(_fields, entry)
        if fields is None:
            return None
        slug = self._try(_text, fields["slug"])
        features = self._try(_list, fields["features"]) or []
        attached = [self._try(_text, each) for each in features]
        self.attached += features
        monthly = self._try(_cents, _first(fields, MONTHLY))
        annual = self._try(_cents, _first(fields, ANNUAL))
        listed = self._try(_flag, _first(fields, LISTED))
        trial = self._try(_days, _first(fields, TRIAL))
        if slug is None:
            return None
        return DeclaredPlan(
            slug=slug,
            features=tuple(dict.fromkeys(each for each in attached if each)),
            monthly_cents=monthly,
            annual_monthly_cents=annual,
            publicly_listed=listed,
            trial_days=trial,
            file=shown(entry.file),
            line=entry.line,
        )

    def _try(self, read: Callable[[Constant], _T], constant: Constant | None) -> _T | None:
        if constant is None:
            return None
        try:
            return read(constant.known)
        except Unresolved as error:
            self._errors.append(error)
            return None


def _fields(entry: Constant) -> Mapping[str, Constant]:
    if not isinstance(entry.value, dict):
        raise _at(entry, "is not a plan: an object with slug and features")
    for name in ("slug", "features"):
        if name not in entry.value:
            raise _at(entry, f"is a plan without {name}")
    return entry.value


def _first(fields: Mapping[str, Constant], names: tuple[str, ...]) -> Constant | None:
    return next((fields[name] for name in names if name in fields), None)


def _text(constant: Constant) -> str:
    if isinstance(constant.value, str) and constant.value:
        return constant.value
    raise _at(constant, "is not a slug: a text")


def _list(constant: Constant) -> list[Constant]:
    if isinstance(constant.value, list):
        return constant.value
    raise _at(constant, "is not a list of features")


def _cents(constant: Constant) -> int | None:
    if constant.value is None:
        return None
    if not isinstance(constant.value, Decimal) or constant.value < 0:
        raise _at(constant, "is not an amount in dollars")
    cents = constant.value * 100
    if cents != int(cents):
        raise _at(constant, "is not a whole number of cents")
    return int(cents)


def _days(constant: Constant) -> int | None:
    value = constant.value
    if value is None:
        return None
    if isinstance(value, Decimal) and value >= 0 and value == int(value):
        return int(value)
    raise _at(constant, "is not a whole number of days")


def _flag(constant: Constant) -> bool | None:
    if constant.value is None or isinstance(constant.value, bool):
        return constant.value
    raise _at(constant, "is not true or false")


def _at(constant: Constant, message: str) -> Unresolved:
    error = Unresolved(constant.file, None, message)
    error.line, error.column = constant.line, constant.column
    return error


def _problem(error: Unresolved) -> Problem:
    column = "" if error.column is None else f"column {error.column}"
    mend = "Write it as a constant: a literal, or a name of a constant in a file imported by path"
    return Problem(shown(error.file), error.line, column, error.message, mend)
