"""Read-only runs, such as the one that takes over a live deployment."""

from __future__ import annotations

import os

READ_ONLY = "CLERKSTACK_READ_ONLY"
"""With this environment variable set, the project sends no request that changes anything."""


def read_only() -> bool:
    """Whether this run may only read."""
    return bool(os.environ.get(READ_ONLY))
