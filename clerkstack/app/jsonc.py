"""JSON with comments and trailing commas, as tsconfig.json and package.json are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clerkstack.app.reading import NotRead, read

# Nested more deeply than any setting is.
_DEEPEST = 100


def read_object(file: Path, root: Path | None) -> dict[str, Any]:
    """The object in a file; empty where there is none that may be read (see `reading.read`), or no
    object in it."""
    # Here, because few apps have their imports followed by one.
    import pyjson5

    try:
        text = read(file, root).removeprefix(b"\xef\xbb\xbf").decode()
        value = pyjson5.decode(text, maxdepth=_DEEPEST)
    except (NotRead, UnicodeDecodeError, pyjson5.Json5Exception, RecursionError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
