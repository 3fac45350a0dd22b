"""Functions that describe fields of the instance config as JSON Schema."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

SENSITIVE = "x-clerk-sensitive"
SLUG = "^[A-Za-z0-9_-]+$"


def field(kind: str, default: Any, **more: Any) -> Document:
    """Describe a field that always has a value, at first ``default``."""
    return {"type": kind, "default": default, **more}


def flag(default: bool) -> Document:
    """Describe a switch."""
    return field("boolean", default)


def number(default: int, **more: Any) -> Document:
    """Describe an integer."""
    return field("integer", default, **more)


def text(default: str = "", **more: Any) -> Document:
    """Describe a text that reads as "" if unset."""
    return field("string", default, **more)


def secret() -> Document:
    """Describe a text that reads as a placeholder."""
    return {**text(), SENSITIVE: True}


def optional(*kinds: str, **more: Any) -> Document:
    """Describe a field that reads as null if unset."""
    return {"type": [*kinds, "null"], "default": None, **more}


def choices(*allowed: str, default: tuple[str, ...] = ()) -> Document:
    """Describe a list of some of these."""
    return field("array", list(default), items={"enum": list(allowed)}, uniqueItems=True)


def texts(**more: Any) -> Document:
    """Describe a list of strings."""
    return field("array", [], items={"type": "string"}, **more)


def section(**fields: Document) -> Document:
    """Describe an object of these fields and no other."""
    return {"type": "object", "additionalProperties": False, "properties": fields}


def optional_section(**fields: Document) -> Document:
    """Describe a section that reads as null until one of its fields is set."""
    return {**section(**fields), "type": ["object", "null"], "default": None}


def switch(default: bool, **fields: Document) -> Document:
    """Describe an object with `enabled` and these fields."""
    return section(enabled=flag(default), **fields)


def keyed(entry: Document) -> Document:
    """Describe an object of entries by slug."""
    names = {"pattern": SLUG}
    return {"type": "object", "additionalProperties": entry, "default": {}, "propertyNames": names}


def free() -> Document:
    """Describe an object that holds anything."""
    return {"type": "object", "default": {}, "additionalProperties": True}
