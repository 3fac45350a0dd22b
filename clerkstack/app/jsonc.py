"""Reads JSON with comments and trailing commas, such as tsconfig.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clerkstack.app.reading import NotRead, read

# Levels; no real file is nested more deeply.
_DEEPEST = 100


def read_object(file: Path, root: Path | None) -> dict[str, Any]:
    """Return the object in a file; empty if the file may not be read (see `reading.read`) or holds
    no object."""
    # Imported here: few apps need it.
    import pyjson5

    try:
        text = read(file, root).removeprefix(b"\xef\xbb\xbf").decode()
        value = pyjson5.decode(text, maxdepth=_DEEPEST)
    except (NotRead, UnicodeDecodeError, pyjson5.Json5Exception, RecursionError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
