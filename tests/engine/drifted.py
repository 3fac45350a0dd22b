"""Runs `clerkstack drift`."""

from __future__ import annotations

import json
from typing import Any

from local.project import Project


def found(project: Project) -> dict[tuple[str, str], tuple[Any, Any]]:
    """Return the differences as {(subject, field): (expected, found)}; check that the exit code
    matches."""
    ran = project.clerkstack("drift", "--json")
    assert ran.returncode in (0, 1), ran.stderr
    each = json.loads(ran.stdout)["findings"]
    assert ran.returncode == (1 if each else 0)
    return {(one["subject"], one["field"]): (one["expected"], one["found"]) for one in each}
