"""The request journal, without the contents of requests."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from local.world.wire import parsed

LONGEST = 20_000
"""The number of requests that are kept."""
MOST_KEYS = 200
"""The number of names of one body that are kept."""
_SECRET_IN_QUERY = re.compile(r"(?<=\b__clerk_testing_token=)[^&]*")


@dataclass(frozen=True)
class Entry:
    """One request. ``at`` is seconds since the epoch; ``body_keys`` are names, never values."""

    seq: int
    service: str
    method: str
    path: str
    query: str
    status: int | None
    at: float
    host: str
    body_keys: tuple[str, ...] = ()
    fault: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the entry as the control API shows it."""
        return asdict(self)


class Journal:
    """The last requests, oldest first. ``status`` is None if no answer was sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=LONGEST)
        self._seq = 0

    def add(
        self,
        *,
        service: str,
        method: str,
        path: str,
        query: str,
        status: int | None,
        host: str,
        body: bytes,
        fault: str | None,
    ) -> None:
        """Add a request, with only the names in its body, and without the value of a token in the
        query."""
        names = body_keys(body)
        query = _SECRET_IN_QUERY.sub("…", query)
        with self._lock:
            self._seq += 1
            self._entries.append(
                Entry(
                    self._seq, service, method, path, query, status, time.time(), host, names, fault
                )
            )

    def entries(self) -> list[Entry]:
        """List all requests that are kept."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget all requests; numbering continues."""
        with self._lock:
            self._entries.clear()


def body_keys(body: bytes) -> tuple[str, ...]:
    """Return the names in a JSON body, two levels deep: ``billing.plans``."""
    try:
        document = parsed(body) if body else None
    except ValueError:
        return ()
    names: list[str] = []
    for item in document if isinstance(document, list) else [document]:
        for key, value in item.items() if isinstance(item, dict) else ():
            inner = value if isinstance(value, dict) else {}
            names += [f"{key}.{each}" for each in inner] or [key]
    return tuple(dict.fromkeys(names))[:MOST_KEYS]
