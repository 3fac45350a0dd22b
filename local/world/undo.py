"""Undoes or changes a write, like a service that answers 200 anyway."""

from __future__ import annotations

import json
from typing import Any

from local.world.service import Service
from local.world.text import as_text


def snapshot(service: Service) -> str:
    """Return a service's state as text, which later changes do not affect."""
    return as_text(service.dump())


def undo(service: Service, before: str, field: str | None) -> None:
    """Restore a service's state, or only one field if possible.

    ``field`` is the end of the path, separated by dots: ``plans.pro.amount``.
    """
    earlier = json.loads(before)
    if field is not None:
        mixed = json.loads(snapshot(service))
        if _put_back(mixed, earlier, field.split(".")) and _loads(service, mixed):
            return
    service.load(earlier)


def store_otherwise(service: Service, field: str, value: Any) -> None:
    """Set a field to another value everywhere; ``field`` as for `undo`."""
    state = json.loads(snapshot(service))
    _put(state, field.split("."), value)
    _loads(service, state)


def _put(state: Any, names: list[str], value: Any) -> None:
    if not isinstance(state, dict):
        return
    holder = _follow(state, names[:-1])
    if isinstance(holder, dict) and names[-1] in holder:
        holder[names[-1]] = value
    for inner in state.values():
        _put(inner, names, value)


def _loads(service: Service, state: Any) -> bool:
    try:
        service.load(state)
    except (KeyError, TypeError, ValueError):
        return False  # the service needs the field
    return True


def _put_back(after: Any, before: Any, names: list[str]) -> int:
    """Restore the earlier value of the field everywhere; return the number of places."""
    if not isinstance(after, dict) or not isinstance(before, dict):
        return 0
    holder, earlier = _follow(after, names[:-1]), _follow(before, names[:-1])
    found = 0
    if isinstance(holder, dict) and names[-1] in holder:
        found = 1
        if isinstance(earlier, dict) and names[-1] in earlier:
            holder[names[-1]] = earlier[names[-1]]
        else:
            del holder[names[-1]]
    return found + sum(_put_back(value, before.get(name), names) for name, value in after.items())


def _follow(state: Any, names: list[str]) -> Any:
    for name in names:
        state = state.get(name) if isinstance(state, dict) else None
    return state
