"""The vendors the program talks to, emulated in one process on loopback.

    python -m local.world start

``World`` runs the same inside a test.
"""

from local.world.world import World

__all__ = ["World"]
