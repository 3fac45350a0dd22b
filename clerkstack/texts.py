"""How messages and reports write a value and a count."""

from __future__ import annotations

import json

from clerkstack.shapes import Json


def text_of(value: Json) -> str:
    """A string as it is, any other value as JSON. Not escaped for a terminal or for HTML."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def counted(count: int, noun: str) -> str:
    """A count with its noun: 1 file, 2 files."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
