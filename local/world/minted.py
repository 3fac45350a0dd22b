"""The secrets that this process's worlds gave out, for a search whether one of them got out."""

from __future__ import annotations

from collections import deque

MOST = 2_000
"""So many are remembered: the newest."""

given_out: deque[tuple[str, str]] = deque(maxlen=MOST)
"""What each is, and its value; oldest first."""


def minted(name: str, secret: str) -> str:
    """Remember a secret that is new, and give it back."""
    given_out.append((name, secret))
    return secret
