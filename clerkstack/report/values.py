"""How reports show values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from clerkstack.texts import text_of

NOTHING = "–"


def one_line(value: Any) -> str:
    """A value on one line: text as it is, a dash for nothing, anything else as JSON."""
    return NOTHING if value is None else text_of(value)


def moment(at: datetime) -> str:
    """A time in UTC in the form 2026-01-31T12:00:00Z."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
