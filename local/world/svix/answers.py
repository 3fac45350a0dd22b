"""Stored answers for requests that are repeated with the same idempotency key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SECONDS_KEPT = 12 * 3600


@dataclass(frozen=True)
class Given:
    """An answer and its expiry (epoch s)."""

    status: int
    body: Any
    until: float


class Answers:
    """The answers to requests with an idempotency key in the last twelve hours."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._given: dict[str, Given] = {}

    def find(self, token: str, path: str, key: str) -> Given | None:
        """Return the answer to the same earlier request; None for the first."""
        found = self._given.get(_name(token, path, key))
        return found if found is not None and found.until > self._clock() else None

    def remember(self, token: str, path: str, key: str, status: int, body: Any) -> None:
        """Store an answer."""
        now = self._clock()
        living = {name: given for name, given in self._given.items() if given.until > now}
        self._given = living | {_name(token, path, key): Given(status, body, now + SECONDS_KEPT)}

    def live(self) -> Mapping[str, Given]:
        """Return all answers by name, for writing at once."""
        return self._given

    def load(self, state: Mapping[str, Any]) -> None:
        """Replace the answers by dumped ones."""
        self._given = {name: Given(**given) for name, given in state.items()}


def _name(token: str, path: str, key: str) -> str:
    """Return the name of a request, without token and key."""
    return hashlib.sha256(json.dumps([token, path, key]).encode()).hexdigest()
