"""Hand-written values as pydantic models, without the parts that are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)
Step = str | int


class NotSetError(Exception):
    """A rule cannot be judged, because a field that it needs is missing or not valid."""


def validated(
    model: type[Model], values: Mapping[str, Any], context: Mapping[str, Any] | None = None
) -> tuple[Model, list[ErrorDetails]]:
    """The values as a model, and the errors in them.

    If there are errors, the model has only the valid fields, and reading another one raises
    NotSetError. So the rules can still judge the rest, and a person sees all mistakes at once.
    """
    try:
        return model.model_validate(values, by_alias=True, by_name=False, context=context), []
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
    rest = _copied(values)
    for error_ in errors:
        _take_out(rest, path_of(error_))
    part = _part(model)
    valid = part.model_construct()
    for name, field in model.model_fields.items():
        alias = field.alias or name
        if alias in rest:
            # A group without its invalid parts may lack something that it needs.
            with suppress(ValidationError):
                part.__pydantic_validator__.validate_assignment(
                    valid, name, rest[alias], context=context
                )
    return valid, errors


def path_of(error: ErrorDetails) -> list[Step]:
    """The path of an error in the values."""
    return [step for step in error["loc"] if step != "[key]"]


@cache
def _part(model: type[Model]) -> type[Model]:
    """A subclass of the model whose fields may be absent."""

    def absent(self: Model, name: str) -> Any:
        if name in model.model_fields:
            raise NotSetError(name)
        return cast(Any, model).__getattr__(self, name)

    fields = {
        "model_config": ConfigDict(frozen=False),
        "__getattr__": absent,
        "__module__": model.__module__,
    }
    return type(f"{model.__name__}InPart", (model,), fields)


def _copied(values: Any) -> Any:
    """A copy of the groups and lists."""
    if isinstance(values, Mapping):
        return {key: _copied(value) for key, value in values.items()}
    return [_copied(value) for value in values] if isinstance(values, list) else values


def _take_out(values: Any, path: Sequence[Step]) -> None:
    """Remove the value at a path; if it is in a list, the whole list, so that no index shifts."""
    *outer, last = path
    at = values
    for number, step in enumerate(outer):
        below = at.get(step) if isinstance(at, dict) else None
        if isinstance(below, list):
            return _take_out(values, path[: number + 1])
        if not isinstance(below, dict):
            return None
        at = below
    if isinstance(at, dict):
        at.pop(last, None)
    return None
