"""Finds the edits that make a stack's file match what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from clerkstack.handwritten.round_trip import REMOVED
from clerkstack.safe import may_hold_secret
from clerkstack.settings.models import Settings

# Each is replaced as a whole, so that no removed key in it stays.
WHOLE = frozenset({"roles", "sessionClaims"})


def edits(config: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """The settings that differ, by path; `REMOVED` for those to remove. An unwritten default stays
    unwritten."""
    written = _paths(config)
    differing = {
        path: value
        for path, value in _differing(config, settings, ())
        if path in written or value != _default(path)
    }
    return {**differing, **dict.fromkeys(_gone(config, settings, ()), REMOVED)}


def _gone(
    config: Mapping[str, Any], settings: Mapping[str, Any], at: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    for key, was in config.items():
        if key not in settings:
            yield (*at, key)
        elif isinstance(was, dict) and isinstance(settings[key], dict) and key not in WHOLE:
            yield from _gone(was, settings[key], (*at, key))


def secret_paths(settings: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The paths of settings with secrets that were read from the endpoint: its headers, and a URL
    whose query may hold one."""
    webhook = settings.get("webhook")
    if isinstance(webhook, dict):
        headers = webhook.get("headers")
        yield from (("webhook", "headers", name) for name in headers or {})
        if may_hold_secret(str(webhook.get("url") or "")):
            yield ("webhook", "url")


def _differing(
    config: Mapping[str, Any], settings: Mapping[str, Any], at: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in settings.items():
        was = config.get(key)
        if isinstance(value, dict) and key not in WHOLE:
            yield from _differing(was if isinstance(was, dict) else {}, value, (*at, key))
        elif value != was:
            yield (*at, key), value


def _paths(config: Mapping[str, Any], at: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    paths: set[tuple[str, ...]] = set()
    for key, value in config.items():
        paths.add((*at, key))
        if isinstance(value, dict):
            paths |= _paths(value, (*at, key))
    return paths


def _default(path: tuple[str, ...]) -> Any:
    """A setting's default as written in a file; None if it has none."""
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
            key: item.model_dump(exclude_none=True, mode="json")
            if isinstance(item, BaseModel)
            else item
            for key, item in value.items()
        }
    return value
