"""Reading the fields of one feature or plan: types, forms, and what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from clerkstack.catalog.document import REPORTED, Report, Value
from clerkstack.catalog.models import AMOUNT_LIMIT, LONGEST_TRIAL, Payer

_CENTS = "Write whole cents a month, without quotes: 1900 for $19, 0 for a free plan"


class Fields:
    """The fields of one mapping, read one by one; what is not read is unknown."""

    def __init__(self, value: Value, path: str, report: Report) -> None:
        self.path = path
        self.whole = value
        self._report = report
        self._fields: dict[str, Value] = value.value if isinstance(value.value, dict) else {}
        if not isinstance(value.value, dict) and value.value is not REPORTED:
            report(value.line, path, "is not a group of fields", "Write fields under it")
        self._read: set[str] = set()

    def wrong(self, name: str, message: str, mend: str) -> None:
        """Report a problem of a field."""
        self._report(self.whole.line_of(name), f"{self.path}.{name}", message, mend)

    def take(self, name: str) -> Value | None:
        """The field as it stands, None where it is absent, null or reported already."""
        self._read.add(name)
        found = self._fields.get(name)
        return None if found is None or found.value in (None, REPORTED) else found

    def _missing(self, name: str, mend: str) -> None:
        """Report a required field that is not there; one group is reported only once."""
        found = self._fields.get(name)
        if isinstance(self.whole.value, dict) and (found is None or found.value is None):
            self.wrong(name, "is missing", mend)

    def text(self, name: str, *, required: bool = False) -> str | None:
        """A text."""
        found = self.take(name)
        if found is None:
            if required:
                self._missing(name, "Add it")
            return None
        if isinstance(found.value, str) and found.value.strip():
            return found.value
        if isinstance(found.value, str):
            self.wrong(name, "is empty", "Write a text, or remove the field")
        elif isinstance(found.value, list | dict):
            self.wrong(name, f"is not text but {_shown(found.value)}", "Write one text")
        else:
            self.wrong(name, "is not text", f'Write it in quotes: "{_shown(found.value)}"')
        return None

    def url(self, name: str) -> str | None:
        """An https URL."""
        text = self.text(name)
        if text is None or re.fullmatch(r"https://[^\s/?#]+(/\S*)?", text):
            return text
        self.wrong(name, "is not an https URL", "Write it in full: https://…")
        return None

    def name(self) -> str | None:
        """The display name."""
        name = self.text("name", required=True)
        if name is not None and "\n" in name:
            self.wrong("name", "has a line break", "Write it in one line")
            return None
        if name is not None and ":" in name:
            self.wrong("name", "has a colon, which Clerk refuses in names", "Write it without `:`")
            return None
        return name

    def flag(self, name: str) -> bool | None:
        """True or false."""
        found = self.take(name)
        if found is None or isinstance(found.value, bool):
            return None if found is None else bool(found.value)
        self.wrong(name, "is not a boolean", "Write true or false, without quotes")
        return None

    def cents(self, name: str, *, required: bool = False) -> int | None:
        """A whole number of cents, not negative."""
        found = self.take(name)
        if found is None:
            if required:
                self._missing(name, _CENTS)
            return None
        value = found.value
        if isinstance(value, Decimal):
            mend = (
                f"If that is dollars, write cents: {value * 100:.0f}" if _exact(value) else _CENTS
            )
            self.wrong(name, f"is {value}, and amounts are whole cents", mend)
            return None
        whole = self._whole(name, value, _CENTS)
        if whole is None:
            return None
        if whole < 0:
            self.wrong(name, "is negative", "Write 0 for a free plan")
            return None
        if whole >= AMOUNT_LIMIT:
            mend = f"Write at most {AMOUNT_LIMIT - 1} cents a month"
            self.wrong(name, "is not below Clerk's limit of $999,999.99", mend)
            return None
        return whole

    def days(self, name: str) -> int | None:
        """A trial's length in days."""
        found = self.take(name)
        if found is None:
            return None
        whole = self._whole(name, found.value, "Write whole days, without quotes")
        if whole is not None and not 1 <= whole <= LONGEST_TRIAL:
            mend = f"Write 1 to {LONGEST_TRIAL}, or remove the field for no trial"
            self.wrong(name, f"is {whole} days", mend)
            return None
        return whole

    def payer(self) -> Payer | None:
        """Who pays: an organization where nothing is said; None where it is said wrongly."""
        found = self.take("payer_type")
        if found is None:
            return Payer.ORG
        if found.value in ("org", "user"):
            return Payer(found.value)
        self.wrong("payer_type", f"is {_shown(found.value)}", "Write org or user")
        return None

    def refuse_unknown(self) -> None:
        """Report every field that nobody read."""
        for name in self._fields:
            if name not in self._read:
                mend = did_you_mean(name, self._read) or "Remove it"
                self.wrong(name, "is not a field of the catalog", mend)

    def _whole(self, name: str, value: Any, mend: str) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.wrong(name, f"is {_shown(value)}, which is not a whole number", mend)
        return None


def did_you_mean(name: str, known: Collection[str]) -> str | None:
    """The closest known name as a question, or None."""
    by_lower = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return f"Did you mean {by_lower[close[0]]}?" if close else None


def _exact(dollars: Decimal) -> bool:
    """Whether an amount of dollars is a whole number of cents, written as one would."""
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
