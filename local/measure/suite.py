"""The last whole run of the tests, as `make test` has recorded it."""

from __future__ import annotations

from pathlib import Path

from local.measure.results import Suite
from local.project import TOP

FILE = TOP / ".local" / "durations.json"


def recorded(file: Path = FILE) -> Suite | None:
    """The run that was recorded last; None if none was.

    Raises:
        ValueError: the file can't be read as one.
    """
    if not file.exists():
        return None
    return Suite.model_validate_json(file.read_text(encoding="utf-8"))
