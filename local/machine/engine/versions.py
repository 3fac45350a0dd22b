"""The engine's versions: the oldest supported one, the release and the built one."""

from __future__ import annotations

import re

Version = tuple[int, int, int]

MINIMUM: Version = (3, 272, 0)
"""The oldest supported engine: that of the Python SDK in requirements.in. It must support state
migrations, and a policy pack that is an executable file."""

BUILT = "3.274.1"
"""The engine built from Go modules: pkg/v3 in cli/go.mod."""

OFFICIAL = BUILT
"""The official release that is fetched. Not older than the Python SDK in requirements.in."""

BUILT_HOST = "3.79.0"
"""The Python language host built from Go modules: sdk/v3 in host/go.mod."""

MINIMUM_GO: Version = (1, 26, 6)
"""The oldest Go that the modules' go.mod files accept."""


def parse(text: str) -> Version | None:
    """Return the first version number in `text` ("v3.259.0", "go1.26.6", "3.260.0-dev+1"), else
    None."""
    found = re.search(r"(?<![\d.])v?(\d+)\.(\d+)(?:\.(\d+))?", text.replace("go", " ", 1))
    if found is None:
        return None
    return int(found[1]), int(found[2]), int(found[3] or 0)


def show(version: Version) -> str:
    return ".".join(str(part) for part in version)
