"""Parses the overlap, for which old and new secrets are both valid."""

from __future__ import annotations

import re

from clerkstack.problems import ClerkstackError

HOURS = {"h": 1, "d": 24}
LONGEST = 168
"""Hours: Svix's longest grace period for an old signing secret (EndpointSecretRotateIn,
`gracePeriodSeconds`); Clerk documents no limit (PlatformRotateSecretKeysRequest)."""


def hours_of(text: str) -> int:
    """The hours of an overlap such as 24h, 2d or 0.

    Raises:
        ClerkstackError: it is malformed, or longer than the services keep an old secret.
    """
    match = re.fullmatch(r"(\d{1,6})([hd]?)", text.strip(), re.ASCII)
    if match is None or (not match[2] and int(match[1])):
        raise ClerkstackError(
            f"--overlap {text}: write whole hours or days, such as 24h or 2d (Clerk counts in "
            "hours), or 0, which ends the old secrets at once."
        )
    hours = int(match[1]) * HOURS.get(match[2], 0)
    if hours > LONGEST:
        raise ClerkstackError(f"--overlap {text}: the longest overlap is {LONGEST}h (7d).")
    return hours


def days_of(text: str) -> int:
    """The milliseconds of a number of days such as 80 or 80d.

    Raises:
        ClerkstackError: it is malformed.
    """
    match = re.fullmatch(r"(\d{1,5})d?", text.strip(), re.ASCII)
    if match is None:
        raise ClerkstackError(f"--if-older-than {text}: write a number of days, such as 80d.")
    return int(match[1]) * 24 * 3600 * 1000
