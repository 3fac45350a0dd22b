"""How the fields of a model report a wrong value and its remedy."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

from pydantic_core import PydanticCustomError

from clerkstack.handwritten.values import REPORTED

WRONG, KNOWN = "wrong", "known"
"""Types of errors: one with a message and a remedy, and one that has already been reported."""


def wrong(message: str, remedy: str) -> PydanticCustomError:
    """The error for a wrong value."""
    return PydanticCustomError(WRONG, "{message}", {"message": message, "remedy": remedy})


def usable(value: Any) -> Any:
    """The value, unless it has already been reported.

    Raises:
        PydanticCustomError: it has.
    """
    if value is REPORTED:
        raise PydanticCustomError(KNOWN, "reported already")
    return value


def did_you_mean(name: str, known: Collection[str]) -> str | None:
    """The closest known name as a question, or None."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return f"Did you mean {by_lower[close[0]]}?" if close else None
