"""The types of the catalog's fields, each with its messages and remedies."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainValidator, ValidationInfo

from clerkstack.handwritten.fields import did_you_mean, usable, wrong

SLUG = r"^[A-Za-z0-9_-]+$"  # Clerk: slug_invalid_format
AMOUNT_LIMIT = 99_999_999  # cents; an amount is below it (Clerk: plan_amount_exceeds_upper_limit)
LONGEST_TRIAL = 365  # days (Clerk: too_many_free_trial_days)
FEATURES = "features"
"""The key of the features' slugs in a validation's context."""

CENTS = "Write whole cents a month, without quotes: 1900 for $19, 0 for a free plan"


class Payer(Enum):
    """Who pays for a plan."""

    ORG = "org"
    USER = "user"


def _text(value: Any) -> str:
    usable(value)
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, str):
        raise wrong("is empty", "Write some text, or remove the field")
    if isinstance(value, list | dict):
        raise wrong(f"is not text but {_shown(value)}", "Write a single string")
    raise wrong("is not text", f'Write it in quotes: "{_shown(value)}"')


def _url(text: str) -> str:
    if re.fullmatch(r"https://[^\s/?#]+(/\S*)?", text):
        return text
    raise wrong("is not an https URL", "Write it in full: https://…")


def _name(text: str) -> str:
    if "\n" in text:
        raise wrong("has a line break", "Write it on one line")
    if ":" in text:
        raise wrong("has a colon, which Clerk refuses in names", "Write it without `:`")
    return text


def _flag(value: Any) -> bool:
    if isinstance(usable(value), bool):
        return bool(value)
    raise wrong("is not a boolean", "Write true or false, without quotes")


def _cents(value: Any) -> int:
    if isinstance(usable(value), Decimal):
        remedy = f"If that is dollars, write cents: {value * 100:.0f}" if _exact(value) else CENTS
        raise wrong(f"is {value}; amounts are whole cents", remedy)
    whole = _whole(value, CENTS)
    if whole < 0:
        raise wrong("is negative", "Write 0 for a free plan")
    if whole >= AMOUNT_LIMIT:
        remedy = f"Write at most {AMOUNT_LIMIT - 1} cents a month"
        raise wrong("is not below Clerk's limit of $999,999.99", remedy)
    return whole


def _days(value: Any) -> int:
    whole = _whole(usable(value), "Write whole days, without quotes")
    if not 1 <= whole <= LONGEST_TRIAL:
        remedy = f"Write 1 to {LONGEST_TRIAL}, or remove the field for no trial"
        raise wrong(f"is {whole} days", remedy)
    return whole


def _payer(value: Any) -> Payer:
    if usable(value) in ("org", "user"):
        return Payer(value)
    raise wrong(f"is {_shown(value)}", "Write org or user")


def _attached(value: Any) -> Any:
    if isinstance(usable(value), list):
        return tuple(value)
    raise wrong("is not a list", "Write `- <feature slug>` under it")


def _feature(value: Any, info: ValidationInfo) -> str:
    usable(value)
    known = (info.context or {}).get(FEATURES)
    if isinstance(value, str):
        if known is None or value in known:
            return value
        remedy = did_you_mean(value, known) or "Add it under features"
        raise wrong(f"there is no feature {value}", remedy)
    number = isinstance(value, int) and not isinstance(value, bool)
    remedy = f'Write it in quotes: "{value}"' if number else "Write the slug of a feature"
    raise wrong("is not a slug", remedy)


def _whole(value: Any, remedy: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise wrong(f"is {_shown(value)}, which is not a whole number", remedy)


def _exact(dollars: Decimal) -> bool:
    """Whether an amount in dollars is a whole number of cents, written as people write prices."""
    return dollars.is_finite() and "E" not in str(dollars) and dollars * 100 == int(dollars * 100)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a group"
    return str(value)


Text = Annotated[str, PlainValidator(_text)]
Name = Annotated[Text, AfterValidator(_name)]
Url = Annotated[Text, AfterValidator(_url)]
Flag = Annotated[bool, PlainValidator(_flag)]
Cents = Annotated[int, PlainValidator(_cents)]
Days = Annotated[int, PlainValidator(_days)]
PaidBy = Annotated[Payer, PlainValidator(_payer)]
FeatureSlugs = Annotated[
    tuple[Annotated[str, PlainValidator(_feature)], ...], BeforeValidator(_attached)
]
