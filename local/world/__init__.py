"""The vendors the program talks to, emulated in one process on loopback.

    python -m local.world start

``World`` runs the same inside a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.world.world import World

__all__ = ["World"]


def __getattr__(name: str) -> Any:
    """Import the servers only on use, so that commands that only look are fast."""
    if name == "World":
        from local.world.world import World

        return World
    raise AttributeError(name)
