"""The secrets that this process's worlds created, so that tests can search for leaks."""

from __future__ import annotations

from collections import deque

MOST = 2_000
"""The number of newest secrets that are remembered."""

given_out: deque[tuple[str, str]] = deque(maxlen=MOST)
"""The name and value of each, oldest first."""


def minted(name: str, secret: str) -> str:
    """Remember a new secret, and return it."""
    given_out.append((name, secret))
    return secret
