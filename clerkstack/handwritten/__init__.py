"""Hand-written files: YAML values with their lines, and models of their content."""

from __future__ import annotations

from pathlib import Path


def is_blank(file: Path) -> bool:
    """Whether a file does not exist or has only comments, so that no parser has to be loaded. False
    if it cannot be read."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return all(line.strip()[:1] in ("", "#") for line in text.splitlines())
