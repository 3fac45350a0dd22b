"""What `clerkstack drift` finds."""

from __future__ import annotations

import json
from typing import Any

from local.project import Project


def found(project: Project) -> dict[tuple[str, str], tuple[Any, Any]]:
    """The differences, as {(thing, field): (declared, live)}; its exit code says the same."""
    ran = project.clerkstack("drift", "--json")
    assert ran.returncode in (0, 1), ran.stderr
    each = json.loads(ran.stdout)["differences"]
    assert ran.returncode == (1 if each else 0)
    return {(one["thing"], one["field"]): (one["declared"], one["live"]) for one in each}
