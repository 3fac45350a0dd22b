"""Files that people write: YAML as values that know their lines, and models of what is in them."""

from __future__ import annotations

from pathlib import Path


def is_blank(file: Path) -> bool:
    """Whether a file does not exist, or holds comments alone: then nothing has to be loaded to read
    it. False if it cannot be read."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return all(line.strip()[:1] in ("", "#") for line in text.splitlines())
