"""Converts state to text in one pass, without copies."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

_NAMES: dict[type, tuple[str, ...]] = {}
"""The field names of each model, cached."""


def as_text(state: Any) -> str:
    """Write a state as JSON; models in it are objects of their fields.

    Raises:
        TypeError: it contains something that is neither JSON nor a model.
    """
    return json.dumps(state, default=_fields)


def as_plain(state: Any) -> Any:
    """Return a state as JSON data that later changes do not affect."""
    return json.loads(as_text(state))


def _fields(model: Any) -> dict[str, Any]:
    kind = type(model)
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(field.name for field in dataclasses.fields(kind))
    return {name: getattr(model, name) for name in names}
