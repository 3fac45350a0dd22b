"""The reference of a stack's settings and of the catalog's fields."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from clerkstack.catalog.models import Feature, Plan
from clerkstack.settings.models import Settings
from local.reference.words import description, linked
from local.sections import table

SETTING = ("Setting", "Value", "Default", "What it says")
FIELD = ("Field", "Value", "Default", "What it says")
WORDS = {
    str: "text",
    bool: "`true` or `false`",
    int: "whole number",
    SecretStr: "text, secret",
}


def sections() -> dict[str, str]:
    """Return the sections of docs/settings.md by name."""
    return {
        "settings": "\n".join(_groups(Settings, "")),
        "plan": table(FIELD, _catalog_rows(Plan)),
        "feature": table(FIELD, _catalog_rows(Feature)),
    }


def _groups(model: type[BaseModel], above: str) -> Iterator[str]:
    """Yield a table of the model's own settings, then one for each group in it."""
    groups: dict[str, Any] = {
        name: field.annotation
        for name, field in model.model_fields.items()
        if _is_model(field.annotation)
    }
    title = f"### `{above.rstrip('.')}`" if above else "### The stack"
    doc = linked(" ".join((inspect.getdoc(model) or "").split()))
    own = inspect.get_annotations(model)
    names = sorted(set(model.model_fields) - set(groups), key=[*own, *model.model_fields].index)
    rows = _rows(model, above, names)
    yield f"{title}\n\n{doc}\n\n{table(SETTING, rows)}"
    for name, group in groups.items():
        yield from _groups(group, f"{above}{to_camel(name)}.")


def _rows(model: type[BaseModel], above: str, names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for name in names:
        field, said = model.model_fields[name], description(model, name)
        alias = field.alias or ""
        setting = above + (alias if ":" in alias else to_camel(name))
        default = said.default or _default(_given(field))
        yield (
            f"**`{setting}`**" if field.is_required() else f"`{setting}`",
            _value(field.annotation),
            "" if field.is_required() else default,
            linked(said.text),
        )
        for inner in filter(_is_model, get_args(field.annotation)):
            key = "<key>" if get_origin(field.annotation) is dict else "<n>"
            # The enclosing group describes the fields of its base.
            yield from _rows(inner, f"{setting}.{key}.", inspect.get_annotations(inner))


def _catalog_rows(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        if name == "slug":
            continue  # the key
        said, required = description(model, name), field.is_required()
        yield (
            f"**`{name}`**" if required else f"`{name}`",
            _value(field.annotation),
            "" if required else said.default or _default(_given(field)),
            linked(said.text),
        )


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _value(kind: Any) -> str:
    """Describe the values of a setting."""
    parts = [part for part in get_args(kind) if part is not type(None)]
    match get_origin(kind):
        case origin if origin is Annotated:
            return _value(parts[0])
        case origin if origin is Literal:
            return _either(parts)
        case origin if origin in (list, tuple):
            return "list" if _is_model(parts[0]) else f"list of {_value(parts[0])}"
        case origin if origin is dict:
            inner = _value(parts[1])
            return "by key" if _is_model(parts[1]) or inner == "any" else f"by key: {inner}"
        case None if isinstance(kind, type) and issubclass(kind, Enum):
            return _either([member.value for member in kind])
        case None:
            return WORDS.get(kind, "any")
        case _:
            return _value(parts[0])


def _either(values: Sequence[object]) -> str:
    *before, last = [f"`{value}`" for value in values]
    return f"{', '.join(before)} or {last}" if before else last


def _given(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True, validated_data={})


def _default(value: Any) -> str:
    if value in (None, "", [], (), {}):
        return "none"
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case Enum():
            return f"`{value.value}`"
        case list() | dict():
            return ", ".join(f"`{part}`" for part in value)
        case _:
            return f"`{value}`"
