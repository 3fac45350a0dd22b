"""Which settings of a stack's file have to be written so that it says what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from clerkstack.handwritten.round_trip import REMOVED
from clerkstack.safe import may_hold_secret
from clerkstack.settings import Settings

# Each is one value: keys in it that are gone must not stay.
WHOLE = frozenset({"roles", "sessionClaims"})


def edits(config: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """The settings that differ, by path, `REMOVED` for those that there must not be any more. A
    default that nobody wrote down is not written."""
    written = _paths(config)
    found = {
        path: value
        for path, value in _differing(config, wanted, ())
        if path in written or value != _default(path)
    }
    return {**found, **dict.fromkeys(_gone(config, wanted, ()), REMOVED)}


def _gone(
    config: Mapping[str, Any], wanted: Mapping[str, Any], at: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    for key, was in config.items():
        if key not in wanted:
            yield (*at, key)
        elif isinstance(was, dict) and isinstance(wanted[key], dict) and key not in WHOLE:
            yield from _gone(was, wanted[key], (*at, key))


def secret_paths(wanted: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Where the settings hold a secret that was read of the endpoint: its headers, and a URL whose
    query may hold one."""
    webhook = wanted.get("webhook")
    if isinstance(webhook, dict):
        headers = webhook.get("headers")
        yield from (("webhook", "headers", name) for name in headers or {})
        if may_hold_secret(str(webhook.get("url") or "")):
            yield ("webhook", "url")


def _differing(
    config: Mapping[str, Any], wanted: Mapping[str, Any], at: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in wanted.items():
        was = config.get(key)
        if isinstance(value, dict) and key not in WHOLE:
            yield from _differing(was if isinstance(was, dict) else {}, value, (*at, key))
        elif value != was:
            yield (*at, key), value


def _paths(config: Mapping[str, Any], at: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for key, value in config.items():
        found.add((*at, key))
        if isinstance(value, dict):
            found |= _paths(value, (*at, key))
    return found


def _default(path: tuple[str, ...]) -> Any:
    """A setting's default as a file would hold it; nothing where it has none."""
    model: Any = Settings
    value: Any = None
    for step in path:
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return None
        fields = {(field.alias or name): field for name, field in model.model_fields.items()}
        field = fields.get(step)
        if field is None:
            return None
        value = field.get_default(call_default_factory=True)
        model = type(value) if isinstance(value, BaseModel) else None
    if value is PydanticUndefined:
        return None
    if isinstance(value, dict):
        return {
            key: each.model_dump(exclude_none=True, mode="json")
            if isinstance(each, BaseModel)
            else each
            for key, each in value.items()
        }
    return value
