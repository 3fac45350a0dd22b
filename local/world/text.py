"""State as text: what is in it is read once, and nothing copied on the way."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

_NAMES: dict[type, tuple[str, ...]] = {}
"""The names of the fields of each model, found once."""


def as_text(state: Any) -> str:
    """Write a state as JSON; models in it are objects of their fields.

    Raises:
        TypeError: there is something in it that is neither JSON nor a model.
    """
    return json.dumps(state, default=_fields)


def as_plain(state: Any) -> Any:
    """Return a state as JSON that nothing done to the state later can reach."""
    return json.loads(as_text(state))


def _fields(model: Any) -> dict[str, Any]:
    kind = type(model)
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(field.name for field in dataclasses.fields(kind))
    return {name: getattr(model, name) for name in names}
