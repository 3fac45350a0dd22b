"""JSON documents: their types, and functions that read parts with a known shape; errors name the
place.

A resource's properties pass through the engine, and a state can be edited by hand. So each resource
reads its properties once, at the boundary, and then works with typed fields. Plain functions and
dataclasses, because importing pydantic would slow down every provider process (see
docs/decisions/0010-resources-read-their-properties-without-pydantic.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, TypeVar

from clerkstack.problems import ClerkstackError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"
Groups: TypeAlias = "Mapping[str, JsonObject]"
"""Fields by the name of their owner: a section of the config, a role, `plans/pro`."""
Part = TypeVar("Part", "dict[str, Json]", str)


class Malformed(ClerkstackError, ValueError):
    """A document does not have the expected shape; names the place."""


def object_of(value: Json) -> JsonObject:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: Json) -> list[Json]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def groups_in(document: Mapping[str, Json]) -> dict[str, JsonObject]:
    """The groups of fields in a document, without what is not an object."""
    return {name: fields for name, fields in document.items() if isinstance(fields, dict)}


_EXACT = 2**53
"""A float holds every whole number below this."""


def whole_numbers(value: Json) -> Json:
    """Turn floats without a fraction into integers: the engine passes all numbers as floats."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: whole_numbers(item) for key, item in value.items()}
    return value


def as_object(value: Json, place: str) -> dict[str, Json]:
    """The object at a place, empty if nothing is there.

    Raises:
        Malformed: something else is there.
    """
    if isinstance(value, dict):
        return value
    if _is_known(value):
        raise _malformed(value, place, "an object")
    return {}


def as_objects(value: Json, place: str) -> dict[str, dict[str, Json]]:
    """The objects by name at a place, none if nothing is there.

    Raises:
        Malformed: something else is there, or one of them is not an object.
    """
    return _by_name(value, place, dict, "an object")


def as_texts(value: Json, place: str) -> list[str]:
    """The list of strings at a place, empty if nothing is there.

    Raises:
        Malformed: something else is there, or one of them is not a string.
    """
    if _is_known(value) and not isinstance(value, list):
        raise _malformed(value, place, "a list of strings")
    texts: list[str] = []
    for number, text in enumerate(value if isinstance(value, list) else ()):
        if isinstance(text, str):
            texts.append(text)
        elif _is_known(text):
            raise _malformed(text, f"{place}[{number}]", "a string")
    return texts


def as_texts_by_name(value: Json, place: str) -> dict[str, str]:
    """The strings by name at a place, none if nothing is there.

    Raises:
        Malformed: something else is there, or one of them is not a string.
    """
    return _by_name(value, place, str, "a string")


def _by_name(value: Json, place: str, kind: type[Part], expected: str) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    for name, part in as_object(value, place).items():
        if isinstance(part, kind):
            parts[name] = part
        elif _is_known(part):
            raise _malformed(part, f"{place}.{name}", expected)
    return parts


def _is_known(value: Json) -> bool:
    """Whether there is a value. In a preview, the engine passes an object of its own for a value
    that is known only at the update."""
    return isinstance(value, dict | list | str | bool | int | float)


def _malformed(value: Json, place: str, expected: str) -> Malformed:
    # The value is not shown: it may be a secret.
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return Malformed(f"{place} is {kinds.get(type(value), 'a number')}, not {expected}")
