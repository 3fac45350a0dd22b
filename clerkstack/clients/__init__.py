"""Clients of the services this project configures: typed, thin, free of Pulumi.

One module for each API, errors in `errors`. Nothing is imported here, so that a program that only
names an error does not load an HTTP library: an `up` that changes nothing sends nothing.
"""

from __future__ import annotations

import sys

# httpx imports its own command-line program along, and for it rich and pygments, which takes as
# long as httpx itself. It does without where they are not there.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
