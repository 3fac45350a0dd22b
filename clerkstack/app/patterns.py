"""Patterns with one `*`, as tsconfig.json and package.json have them for imports."""

from __future__ import annotations


def held(pattern: str, source: str) -> str | None:
    """What `*` stands for where the pattern fits, None where it does not."""
    before, star, after = pattern.partition("*")
    if not star:
        return "" if source == pattern else None
    fits = len(source) >= len(before) + len(after)
    if fits and source.startswith(before) and source.endswith(after):
        return source[len(before) : len(source) - len(after)]
    return None
