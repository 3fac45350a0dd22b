"""Messages of the program and its providers that are not errors."""

from __future__ import annotations

import sys

from clerkstack.safe import safe


def notice(text: str) -> None:
    """Print a message below the engine's output."""
    print(safe(text), file=sys.stderr)
