"""Removes secrets from the output of the engine and other commands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clerkstack.safe import safe
from clerkstack.scrub import SHORTEST, secrets_in
from clerkstack.state.marks import SIGNATURE, UNKNOWNS, is_secret

SECRET = "(secret)"
UNKNOWN = "(known after the update)"
OWN = "__"  # prefix of the engine's own properties


class Cleaning:
    """Removes the given values, and everything that looks like a key."""

    def __init__(self, hidden: Iterable[str] = ()) -> None:
        # The longest first: a value may begin with another.
        self._hidden = sorted({secret for secret in hidden if len(secret) >= SHORTEST}, key=len)[
            ::-1
        ]

    def __call__(self, value: Any) -> Any:
        """A JSON value, names included, made safe to show."""
        return safe(value, hidden=self._hidden)

    def __repr__(self) -> str:
        return f"Cleaning({len(self._hidden)} values)"


def secrets_of(config: Mapping[str, str], encrypted: Iterable[str]) -> Iterator[str]:
    """The secret values in a stack's config.

    For a setting with parts, the engine says only that one of them is a secret: the parts with a
    secret's name are taken.

    Args:
        config: the config as the engine shows it, with secrets decrypted.
        encrypted: the keys that hold a secret.
    """
    for key in encrypted:
        value = config.get(key, "")
        try:
            parts = json.loads(value)
        except ValueError:
            parts = None
        if isinstance(parts, dict | list):
            yield from secrets_in(parts)
        else:
            yield value
            yield value.strip()


def plain(value: Any) -> Any:
    """A value of the engine's JSON with its marks in words, without the engine's own properties."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return SECRET if is_secret(value) else "(a file or a reference)"
        return {key: plain(item) for key, item in value.items() if not key.startswith(OWN)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value in UNKNOWNS else value
