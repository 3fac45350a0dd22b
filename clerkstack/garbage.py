"""Python's garbage collector, in processes that live for seconds.

Imports and models leave nothing behind that would be worth collecting, yet the collector goes
through all of it again and again, and twice more when the process ends.
"""

from __future__ import annotations

import atexit
import gc

SELDOM = 50_000
"""New objects between two collections; Python's own number is 700."""


def collect_seldom() -> None:
    """Collect seldom from now on, and not at the end of the process.

    What is still there at the end goes with the process. Files and connections that the code
    closes are closed as before.
    """
    gc.set_threshold(SELDOM)
    atexit.register(gc.freeze)
