"""Reading the parts of a JSON document whose shape is known, each with its place.

The properties of a resource cross the engine, and a state can be edited by hand, so each resource
reads its own once, at the border, and works with typed fields after that. These are plain functions
and dataclasses because a process that runs providers does not wait for pydantic (see
docs/decisions/0010-resources-read-their-properties-without-pydantic.md).
"""

from __future__ import annotations

from typing import TypeVar

from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.fields import Json

Part = TypeVar("Part", dict[str, Json], str)


class Malformed(ClerkstackError, ValueError):
    """A document does not have the shape that is needed; names the place."""


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
        Malformed: something else is there, or one of them is no object.
    """
    return _by_name(value, place, dict, "an object")


def as_texts(value: Json, place: str) -> list[str]:
    """The list of texts at a place, empty if nothing is there.

    Raises:
        Malformed: something else is there, or one of them is no text.
    """
    if _is_known(value) and not isinstance(value, list):
        raise _malformed(value, place, "a list of texts")
    found: list[str] = []
    for number, text in enumerate(value if isinstance(value, list) else ()):
        if isinstance(text, str):
            found.append(text)
        elif _is_known(text):
            raise _malformed(text, f"{place}[{number}]", "a text")
    return found


def as_texts_by_name(value: Json, place: str) -> dict[str, str]:
    """The texts by name at a place, none if nothing is there.

    Raises:
        Malformed: something else is there, or one of them is no text.
    """
    return _by_name(value, place, str, "a text")


def _by_name(value: Json, place: str, kind: type[Part], wanted: str) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for name, part in as_object(value, place).items():
        if isinstance(part, kind):
            found[name] = part
        elif _is_known(part):
            raise _malformed(part, f"{place}.{name}", wanted)
    return found


def _is_known(value: Json) -> bool:
    """Whether there is a value. At a preview the engine puts an object of its own in the place of
    one that is only known at the update."""
    return isinstance(value, dict | list | str | bool | int | float)


def _malformed(found: Json, place: str, wanted: str) -> Malformed:
    # The value is not repeated: it may be a secret.
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return Malformed(f"{place} is {kinds.get(type(found), 'a number')}, not {wanted}")
