"""Clients of the services this project configures: typed, thin, free of Pulumi.

There is one module for each API; `errors` has the errors. Nothing is imported here, so a program
that only names an error does not load an HTTP library: an `up` without changes sends nothing.
"""

from __future__ import annotations

import sys

# httpx imports its own command-line program, and with it rich and pygments, which doubles its
# import time. It works without them.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
