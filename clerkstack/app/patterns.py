"""Matches patterns with one `*`, as in tsconfig.json and package.json."""

from __future__ import annotations


def held(pattern: str, source: str) -> str | None:
    """Return the text that `*` matches; None if the pattern does not match."""
    before, star, after = pattern.partition("*")
    if not star:
        return "" if source == pattern else None
    fits = len(source) >= len(before) + len(after)
    if fits and source.startswith(before) and source.endswith(after):
        return source[len(before) : len(source) - len(after)]
    return None
