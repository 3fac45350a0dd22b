"""For processes that live for seconds: most of what garbage collection costs, and pydantic's search
for plugins, is left out."""

from __future__ import annotations

import atexit
import gc
import os

SELDOM = 50_000
"""New objects between two collections; Python's own number is 700."""
NO_PLUGINS = ("PYDANTIC_DISABLE_PLUGINS", "__all__")


def be_short_lived() -> None:
    """Leave both out from now on. Call it before the imports that take long.

    Imports and models leave nothing behind that is worth collecting, and what is there at the end
    goes with the process. To find plugins, pydantic reads what every installed package provides.
    """
    gc.set_threshold(SELDOM)
    # At its end, Python collects everything several times.
    atexit.register(gc.freeze)
    os.environ.setdefault(*NO_PLUGINS)
