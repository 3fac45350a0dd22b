"""Reads the last complete run of the tests, which `make test` records."""

from __future__ import annotations

from pathlib import Path

from local.measure.results import Suite
from local.project import TOP

FILE = TOP / ".local" / "durations.json"


def recorded(file: Path = FILE) -> Suite | None:
    """Return the last recorded run; None if there is none.

    Raises:
        ValueError: the file is malformed.
    """
    if not file.exists():
        return None
    return Suite.model_validate_json(file.read_text(encoding="utf-8"))
