"""From a stack's config, as Pulumi gives it, to settings; every problem at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from clerkstack.problems import InputError, Problem
from clerkstack.settings.models import Connection, Settings
from clerkstack.settings.places import Places
from clerkstack.settings.rules import broken_rules

PREFIX = "clerkstack:"
VERCEL_TOKEN = "vercel:apiToken"
SECRET_KEYS = {"platformKey", "secretKey"}
CONNECTION_KEYS = (f"{PREFIX}platformKey", f"{PREFIX}secretKey", f"{PREFIX}urls")


def load_settings(raw: Mapping[str, str], *, stack: str, file: Path | None = None) -> Settings:
    """The settings of a stack.

    Args:
        raw: the whole config, keys with their namespace, objects as JSON text.
        stack: the stack's name, for messages.
        file: Pulumi.<stack>.yaml, for line numbers.

    Raises:
        InputError: every problem, with file, line, path and mend; never a value of a secret.
    """
    places = Places(file, stack)
    values: dict[str, Any] = {
        key.removeprefix(PREFIX): _value(value)
        for key, value in raw.items()
        if key.startswith(PREFIX)
    }
    if raw.get(VERCEL_TOKEN):
        values["vercelToken"] = raw[VERCEL_TOKEN]
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        found = [_problem(each, places) for each in error.errors(include_url=False)]
        raise InputError(found) from None
    broken = [
        Problem(places.name, places.line(rule.path), ".".join(rule.path), rule.message, rule.mend)
        for rule in broken_rules(settings)
    ]
    if broken:
        raise InputError(broken)
    return settings


def load_connection(raw: Mapping[str, str]) -> Connection:
    """The part of the config that the dynamic providers need (`CONNECTION_KEYS`)."""
    values = {key.removeprefix(PREFIX): _value(raw[key]) for key in CONNECTION_KEYS if key in raw}
    try:
        return Connection.model_validate(values)
    except ValidationError as error:
        places = Places(None, "<stack>")
        raise InputError(
            [_problem(each, places) for each in error.errors(include_url=False)]
        ) from None


def _value(text: str) -> JsonValue | str:
    """Pulumi gives every value as text, objects and lists as JSON."""
    if text[:1] in ("{", "["):
        try:
            parsed: JsonValue = json.loads(text)
        except ValueError:
            return text
        return parsed
    return text


def _problem(error: ErrorDetails, places: Places) -> Problem:
    path = [str(step) for step in error["loc"] if step != "[key]"]
    if path and path[0] == "vercelToken":
        path = [VERCEL_TOKEN]
    message, mend = _told(error, path)
    return Problem(places.name, places.line(path), ".".join(path), message, mend)


def _told(error: ErrorDetails, path: list[str]) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "missing":
        return "is missing", _how_to_set(path)
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(path[-1], list(_known_at(path[:-1])), n=1)
        meant = f"Did you mean {close[0]}?" if close else "Remove it"
        return "is not a setting", meant
    if kind == "literal_error":
        return "is not one of the values it can have", f"Use {context['expected']}"
    if kind.startswith("bool"):
        return "is not a boolean", "Write true or false, without quotes"
    if kind.startswith("int"):
        return "is not a whole number", "Write a whole number, without quotes"
    if kind == "string_pattern_mismatch":
        return "has not the form it must have", f"It must match {context['pattern']}"
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        inside = ", ".join(sorted(_known_at(path)))
        return "is not a group of settings", f"Write keys under it: {inside}" if inside else ""
    if kind == "too_short":
        return "is empty", "Name at least one"
    return error["msg"][:1].lower() + error["msg"][1:], "See docs/settings.md"


def _how_to_set(path: list[str]) -> str:
    if path[0] in SECRET_KEYS:
        return f"Run: pulumi config set --secret {PREFIX}{path[0]}"
    if len(path) > 1:
        return f"Run: pulumi config set --path {PREFIX}{'.'.join(path)} <value>"
    return f"Run: pulumi config set {PREFIX}{path[0]} <value>"


def _known_at(path: list[str]) -> Iterator[str]:
    """The names of the settings that there are at a place."""
    model: type[BaseModel] | None = Settings
    for step in path:
        model = _model_under(model, step) if model else None
    if model is not None:
        for name in model.model_fields:
            if name != "vercel_token":
                yield to_camel(name)


def _model_under(model: type[BaseModel], step: str) -> type[BaseModel] | None:
    for name, field in model.model_fields.items():
        if to_camel(name) == step:
            return _as_model(field.annotation)
    return None


def _as_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _as_model(argument)
        if found is not None:
            return found
    return None
