"""How long old and new secrets both count: as it is written, and as the services take it."""

from __future__ import annotations

import re

from clerkstack.problems import ClerkstackError

HOURS = {"h": 1, "d": 24}
LONGEST = 168
"""Hours: the longest grace period that Svix keeps an old signing secret (EndpointSecretRotateIn,
`gracePeriodSeconds`); Clerk names no limit (PlatformRotateSecretKeysRequest)."""


def hours_of(text: str) -> int:
    """The hours of an overlap such as 24h, 2d or 0.

    Raises:
        ClerkstackError: it is none, or longer than the services keep an old secret.
    """
    found = re.fullmatch(r"(\d{1,6})([hd]?)", text.strip(), re.ASCII)
    if found is None or (not found[2] and int(found[1])):
        raise ClerkstackError(
            f"--overlap {text}: write whole hours or days, such as 24h or 2d (Clerk counts in "
            "hours), or 0, which ends the old secrets at once."
        )
    hours = int(found[1]) * HOURS.get(found[2], 0)
    if hours > LONGEST:
        raise ClerkstackError(f"--overlap {text}: the longest overlap is {LONGEST}h (7d).")
    return hours


def days_of(text: str) -> int:
    """The milliseconds of a number of days, as 80 or 80d.

    Raises:
        ClerkstackError: it is none.
    """
    found = re.fullmatch(r"(\d{1,5})d?", text.strip(), re.ASCII)
    if found is None:
        raise ClerkstackError(f"--if-older-than {text}: write a number of days, such as 80d.")
    return int(found[1]) * 24 * 3600 * 1000
