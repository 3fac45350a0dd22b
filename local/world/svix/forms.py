"""Times, ids and secrets in Svix's forms."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
from collections.abc import Iterable
from datetime import UTC, datetime

from local.world.minted import minted

LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
"""Letters of ids, in sort order."""
LENGTH = 27
TIME_LENGTH = 9
"""Letters that encode a time in microseconds; enough for centuries."""


def moment(seconds: float) -> str:
    """Return a time, in seconds since the epoch, as an answer shows it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def identifier(prefix: str, made: float | None = None) -> str:
    """Create an id. Like Svix's, ids with a creation time sort by it."""
    time = "" if made is None else _in_letters(int(made * 1_000_000))
    return prefix + time + "".join(secrets.choice(LETTERS) for _ in range(LENGTH - len(time)))


def signing_secret() -> str:
    """Make a new secret."""
    random = base64.b64encode(secrets.token_bytes(24)).decode()
    return minted("a signing secret", f"whsec_{random}")


def _in_letters(count: int) -> str:
    text = ""
    for _ in range(TIME_LENGTH):
        count, rest = divmod(count, len(LETTERS))
        text = LETTERS[rest] + text
    return text


def in_any_order(names: Iterable[str]) -> list[str]:
    """Return each name once, in another order: Svix stores a set."""
    once = list(dict.fromkeys(names))
    mixed = sorted(once, key=lambda name: hashlib.sha256(name.encode()).digest())
    return mixed[::-1] if mixed == once else mixed
