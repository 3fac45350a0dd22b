"""What `clerkstack drift` finds."""

from __future__ import annotations

import json
from typing import Any

from local.project import Project


def found(project: Project) -> dict[tuple[str, str], tuple[Any, Any]]:
    """The differences, as {(subject, field): (expected, found)}; its exit code says the same."""
    ran = project.clerkstack("drift", "--json")
    assert ran.returncode in (0, 1), ran.stderr
    each = json.loads(ran.stdout)["findings"]
    assert ran.returncode == (1 if each else 0)
    return {(one["subject"], one["field"]): (one["expected"], one["found"]) for one in each}
