"""Selects files that a command created by path patterns, and passes them to the engine as assets.

The pattern rules are the official provider's: ``*`` stops at a slash, ``**`` does not, a leading
``!`` excludes files again, and rules apply in their order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clerkstack.state.marks import ASSET, SIGNATURE


def collect(directory: Path, patterns: Sequence[str]) -> dict[str, Any]:
    """Map the matching files' paths, relative to the directory, to path assets."""
    rules = [(pattern.startswith("!"), _compile(pattern.removeprefix("!"))) for pattern in patterns]
    found: dict[str, Any] = {}
    for path in sorted(directory.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(directory).as_posix()
        kept = False
        for excludes, rule in rules:
            if rule.fullmatch(name):
                kept = not excludes
        if kept:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[name] = {SIGNATURE: ASSET, "path": str(path), "hash": digest}
    return found


def _compile(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    meanings = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meanings.get(part, re.escape(part)) for part in parts))
