"""Reads the plans and features that the app's own code declares, without running it.

The supported forms are those of Sendero's app: `BILLING_FEATURES = { NAME: 'slug' } as const` and
`PLANS: Record<PlanTier, PlanConfig> = { pro: { slug: 'pro', monthlyUsd: 60, features: [...] } }`.
They are found by shape, so an app may use other names. A value that does not resolve with certainty
is reported with its place, never guessed and never skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Generic, TypeVar

from clerkstack.app.amounts import ANNUAL, MONTHLY, cents_of
from clerkstack.app.exports import Exports
from clerkstack.app.modules import Modules
from clerkstack.app.values import Constant, Unresolved
from clerkstack.problems import InputError, Problem

# Names in lower case without _.
LISTED = ("publiclylisted", "publiclyvisible", "public")
TRIAL = ("trialdays", "freetrialdays")
_SAID = ("amount", "annual_monthly_amount", "free_trial_days", "publicly_visible")

_T = TypeVar("_T")


@dataclass(frozen=True)
class _Said(Generic[_T]):
    """The value of a field, and its line."""

    value: _T
    line: int


@dataclass(frozen=True)
class DeclaredPlan:
    """A plan in the app's code. Amounts are cents; None is null or not declared.

    `said` has the names of the fields that the code sets, to null or to a value.
    """

    slug: str
    features: tuple[str, ...]
    monthly_cents: int | None
    annual_monthly_cents: int | None
    publicly_listed: bool | None
    trial_days: int | None
    file: str
    line: int
    said: frozenset[str] = frozenset()

    @property
    def where(self) -> str:
        """file:line."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class AppDeclaration:
    """All plans, by slug, and all feature slugs of the app's code."""

    plans: Mapping[str, DeclaredPlan]
    features: frozenset[str]
    # The constants that make up the declaration, as (file, name).
    made_of: frozenset[tuple[Path, str]] = frozenset()


def read_declaration(
    path: Path,
    *,
    plans_name: str | None = None,
    features_name: str | None = None,
    modules: Modules | None = None,
) -> AppDeclaration:
    """Read the declaration in a TypeScript file and what it imports by path or tsconfig.json.

    Args:
        path: the file that exports the plans.
        plans_name: the constant with the plans, if their shape is ambiguous.
        features_name: the constant with the features, if their shape is ambiguous.
        modules: the modules of the app's checkout, if there is one.

    Raises:
        InputError: a value cannot be resolved without running the code, or there is no declaration;
            lists each problem with file, line and column.
    """
    errors: list[Unresolved] = []
    modules = modules or Modules()
    made_of: set[tuple[Path, str]] = set()
    try:
        exports = Exports(path, modules)
        entries = exports.plans(plans_name)
        reading = _Reading(errors, modules)
        plans: dict[str, DeclaredPlan] = {}
        for entry in entries:
            plan = reading.plan(entry)
            if plan is None:
                continue
            if plan.slug in plans:
                first = plans[plan.slug].where
                errors.append(entry.wrong(f"is a second plan {plan.slug}: the first is in {first}"))
            plans[plan.slug] = plan
        features = exports.features(() if errors else reading.attached, features_name)
        made_of = exports.behind([*entries, *features])
        errors += () if errors else exports.changed(made_of)
    except Unresolved as error:
        errors.append(error)
    except RecursionError:
        errors.append(Unresolved(path, None, "is nested too deeply or has circular imports"))
    if errors:
        raise refused(errors, modules) from None
    slugs = frozenset({str(feature.value) for feature in features} | reading.slugs)
    return AppDeclaration(plans, slugs, frozenset(made_of))


def refused(errors: Iterable[Unresolved], modules: Modules) -> InputError:
    """Return an error that lists every unresolved value with file, line and column."""
    return InputError([_problem(error, modules) for error in errors])


class _Reading:
    """Turns constants into plans and collects the errors."""

    def __init__(self, errors: list[Unresolved], modules: Modules) -> None:
        self._errors = errors
        self._modules = modules
        self.attached: list[Constant] = []
        # All features that plans name, including those set to `false`.
        self.slugs: set[str] = set()

    def plan(self, entry: Constant) -> DeclaredPlan | None:
        """Return the plan; None if its slug is unresolved, which is collected."""
        fields = self._try(_fields, entry)
        if fields is None:
            return None
        slug = self._try(_text, fields["slug"])
        listed = self._try(_listed, fields["features"]) or []
        self.attached += [feature for feature, _ in listed]
        attached = [self._try(_text, feature) for feature, has in listed if has]
        self.slugs |= {str(feature.value) for feature, _ in listed}
        monthly, annual = self._cents(fields, MONTHLY), self._cents(fields, ANNUAL)
        visible = self._alike(fields, LISTED, _flag)
        trial = self._alike(fields, TRIAL, _days)
        cents = {
            "amount": self._try(_amount, monthly),
            "annual_monthly_amount": self._try(_amount, annual),
        }
        if slug is None:
            return None
        there = zip(_SAID, (monthly, annual, trial, visible), strict=True)
        return DeclaredPlan(
            slug=slug,
            features=tuple(dict.fromkeys(each for each in attached if each)),
            monthly_cents=cents["amount"],
            annual_monthly_cents=cents["annual_monthly_amount"],
            publicly_listed=visible.value if visible else None,
            trial_days=trial.value if trial else None,
            file=self._modules.shown(entry.file),
            line=entry.line,
            said=frozenset(name for name, constant in there if constant is not None),
        )

    def _cents(self, fields: Mapping[str, Constant], names: Mapping[str, int]) -> Constant | None:
        try:
            return cents_of(fields, names)
        except Unresolved as error:
            self._errors.append(error)
            return None

    def _alike(
        self, fields: Mapping[str, Constant], names: Collection[str], read: Callable[[Constant], _T]
    ) -> _Said[_T] | None:
        """Return the common value of the fields with these names; None if there are none."""
        found: _Said[_T] | None = None
        for key, held in fields.items():
            if key.replace("_", "").lower() not in names:
                continue
            try:
                said = _Said(read(held.known), held.line)
                if found is not None and found.value != said.value:
                    raise held.wrong(f"differs from line {found.line}")
                found = said
            except Unresolved as error:
                self._errors.append(error)
        return found

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
        raise entry.wrong("is not a plan: an object with slug and features")
    for name in ("slug", "features"):
        if name not in entry.value:
            raise entry.wrong(f"is a plan without {name}")
    return entry.value


def _text(constant: Constant) -> str:
    if isinstance(constant.value, str) and constant.value:
        return constant.value
    raise constant.wrong("is not a slug (a string)")


def _listed(constant: Constant) -> list[tuple[Constant, bool]]:
    """Return (feature, included) pairs from a list or from `{ sso: true, seats: false }`.

    A feature with an unresolved value is itself unresolved.
    """
    if isinstance(constant.value, list):
        return [(each, True) for each in constant.value]
    if not isinstance(constant.value, dict):
        raise constant.wrong("is not a list of features")
    found = []
    for key, held in constant.value.items():
        has = held.known.value
        if not isinstance(has, bool):
            raise held.wrong("is neither true, false nor a list")
        found.append((held.key or Constant(key, *held.place), has))
    return found


def _amount(constant: Constant) -> int | None:
    return int(constant.value) if isinstance(constant.value, Decimal) else None


def _days(constant: Constant) -> int | None:
    value = constant.value
    if value is None:
        return None
    if isinstance(value, Decimal) and value >= 0 and value == int(value):
        return int(value)
    raise constant.wrong("is not a whole number of days")


def _flag(constant: Constant) -> bool | None:
    if constant.value is None or isinstance(constant.value, bool):
        return constant.value
    raise constant.wrong("is not true or false")


def _problem(error: Unresolved, modules: Modules) -> Problem:
    column = "" if error.column is None else f"column {error.column}"
    remedy = "Write it as a constant: a literal, or a constant from a file imported by path"
    if error.line is None and not error.file.is_file():
        remedy = "Name the app's file, relative to the current folder"
    return Problem(modules.shown(error.file), error.line, column, error.message, remedy)
