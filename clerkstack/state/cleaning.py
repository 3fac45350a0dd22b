"""Taking secrets out of what the engine and other commands told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clerkstack.safe import safe
from clerkstack.scrub import SHORTEST, secrets_in
from clerkstack.state.marks import SIGNATURE, UNKNOWNS, is_secret

SECRET = "(secret)"
UNKNOWN = "(known after the update)"
OWN = "__"  # properties whose names begin so are the engine's own


class Cleaning:
    """Replaces the values it was given, and everything that has a key's form."""

    def __init__(self, hidden: Iterable[str] = ()) -> None:
        # The longest first: one may be the beginning of another.
        self._hidden = sorted({each for each in hidden if len(each) >= SHORTEST}, key=len)[::-1]

    def __call__(self, value: Any) -> Any:
        """A JSON value, names included, as it may be shown."""
        return safe(value, hidden=self._hidden)

    def __repr__(self) -> str:
        return f"Cleaning({len(self._hidden)} values)"


def secrets_of(config: Mapping[str, str], encrypted: Iterable[str]) -> Iterator[str]:
    """The secret values in a stack's config.

    Of a setting with parts the engine says only that one of them is a secret: those are taken
    that are named as one.

    Args:
        config: as the engine shows it, secrets decrypted.
        encrypted: which keys of it hold a secret.
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
    """A value of the engine's JSON with its marks put into words, the engine's own left out."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return SECRET if is_secret(value) else "(a file or a reference)"
        return {key: plain(each) for key, each in value.items() if not key.startswith(OWN)}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return UNKNOWN if isinstance(value, str) and value in UNKNOWNS else value
