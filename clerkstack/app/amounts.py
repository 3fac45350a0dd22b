"""Reads prices in the app's plans. The field's name decides whether they are dollars or cents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from clerkstack.app.values import Constant

# Names in lower case without _. A price whose name has no unit (`price`, `monthly`) is ignored: 60
# may be dollars or cents.
MONTHLY = {
    **dict.fromkeys(("monthlyusd", "pricemonthlyusd", "monthlypriceusd", "priceusd"), 100),
    **dict.fromkeys(("monthlycents", "pricemonthlycents", "monthlypricecents", "pricecents"), 1),
    **dict.fromkeys(("amountcents", "monthlyamountcents", "priceincents", "amountincents"), 1),
}
ANNUAL = {
    **dict.fromkeys(("annualmonthlyusd", "priceannualmonthlyusd", "annualmonthlypriceusd"), 100),
    **dict.fromkeys(("annualmonthlycents", "annualmonthlyamountcents"), 1),
    **dict.fromkeys(("priceannualmonthlycents", "annualmonthlypricecents"), 1),
}
_GROUPS = frozenset({"price", "prices", "pricing"})


def cents_of(fields: Mapping[str, Constant], names: Mapping[str, int]) -> Constant | None:
    """Return the amount in cents as a constant (its value is None for null); None if no field has
    it.

    Args:
        fields: the fields of a plan.
        names: MONTHLY or ANNUAL: the number of cents in one unit, by field name.

    Raises:
        Unresolved: a value is unresolved or not an amount, or two fields have different amounts.
    """
    found: Constant | None = None
    for key, held in _with_groups(fields):
        unit = names.get(key.replace("_", "").lower())
        if unit is None:
            continue
        constant = held.known
        amount = _cents(constant, unit)
        if found is not None and found.value != amount:
            raise constant.wrong(f"differs from the price in line {found.line}")
        found = Constant(amount, constant.file, constant.line, constant.column)
    return found


def _with_groups(fields: Mapping[str, Constant]) -> Iterator[tuple[str, Constant]]:
    """Yield the fields, including those inside a price group: `price: { monthlyUsd: 60 }`."""
    for key, held in fields.items():
        yield key, held
        if key.lower() in _GROUPS and isinstance(held.value, dict):
            yield from held.value.items()


def _cents(constant: Constant, unit: int) -> Decimal | None:
    if constant.value is None:
        return None
    if not isinstance(constant.value, Decimal) or constant.value < 0:
        raise constant.wrong(f"is not an amount in {'dollars' if unit > 1 else 'cents'}")
    cents = constant.value * unit
    if cents != int(cents):
        raise constant.wrong("is not a whole number of cents")
    return cents
