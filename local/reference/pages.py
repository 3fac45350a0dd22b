"""The generated sections of each page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from local.reference import commands, policies, settings
from local.sections import Sections

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEMAS = DOCS / "schemas"
REFERENCE = Sections("reference")


@cache
def sections() -> dict[str, dict[str, str]]:
    """Return every generated section, by page and name.

    Raises:
        Undescribed: a field has no description.
    """
    return {
        "settings.md": settings.sections(),
        "policies.md": policies.sections(),
        "commands.md": commands.sections(),
    }
