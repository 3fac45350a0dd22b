"""Parses the validity of a sign-off, from `clerkstack cutover sign --valid`."""

from __future__ import annotations

import re
from datetime import timedelta

from clerkstack.problems import ClerkstackError

_SPAN = re.compile(r"([1-9][0-9]{0,3})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def span(text: str) -> timedelta:
    """Parse hours, days or weeks: 12h, 14d, 4w.

    Raises:
        ClerkstackError: the text is malformed.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ClerkstackError(f"--valid {text}: write hours, days or weeks, such as 12h, 14d or 4w")
    return int(found[1]) * _UNITS[found[2]]
