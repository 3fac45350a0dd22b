"""Compares the recorded state with the declared inputs, property by property."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from local.machine.plugins.wire import UNKNOWN, reveal


class Kind(Enum):
    """How one property moves."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """A property path that will change, and whether that needs a new resource."""

    path: str
    kind: Kind
    replace: bool = False


def compare(path: str, old: Any, new: Any, *, replace: bool = False) -> Iterator[Change]:
    """Yield the changed leaves below ``path``, in the path form the engine prints."""
    old, new = reveal(old), reveal(new)
    if old is None and new is None:
        return
    if old is None or new is None:
        yield Change(path, Kind.ADD if old is None else Kind.DELETE, replace)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            yield from compare(_member(path, name), old.get(name), new.get(name), replace=replace)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from compare(f"{path}[{index}]", before, after, replace=replace)
    elif new == UNKNOWN or old != new:
        yield Change(path, Kind.UPDATE, replace)


def compare_sets(path: str, old: Any, new: Any, *, replace: bool = False) -> Iterator[Change]:
    """Yield one change when two lists do not hold the same members, whatever their order."""
    old, new = reveal(old), reveal(new)
    if not isinstance(old, list) or not isinstance(new, list) or UNKNOWN in new:
        yield from compare(path, old, new, replace=replace)
    elif sorted(old) != sorted(new):
        yield Change(path, Kind.UPDATE, replace)


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if name.isidentifier() else f'{path}["{name}"]'
