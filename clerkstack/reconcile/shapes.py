"""Reading the parts of a JSON document whose shape is known, each with its place.

The properties of a resource cross the engine, and a state can be edited by hand, so each resource
reads its own once, at the border, and works with typed fields after that. These are plain functions
and dataclasses because a process that runs providers does not wait for pydantic (see
docs/decisions/0010-resources-read-their-properties-without-pydantic.md).
"""

from __future__ import annotations

from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.fields import Json


class Malformed(ClerkstackError, ValueError):
    """A document does not have the shape that is needed; names the place."""


def as_object(value: Json, place: str) -> dict[str, Json]:
    """The object at a place, empty if nothing is there.

    Raises:
        Malformed: something else is there.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _malformed(value, place, "an object")
    return value


def as_objects(value: Json, place: str) -> dict[str, dict[str, Json]]:
    """The objects by name at a place, none if nothing is there.

    Raises:
        Malformed: something else is there, or one of them is no object.
    """
    if value is not None and not isinstance(value, dict):
        raise _malformed(value, place, "an object")
    found: dict[str, dict[str, Json]] = {}
    for name, fields in (value or {}).items():
        if not isinstance(fields, dict):
            raise _malformed(fields, f"{place}.{name}", "an object")
        found[name] = fields
    return found


def as_texts(value: Json, place: str) -> list[str]:
    """The list of texts at a place, empty if nothing is there.

    Raises:
        Malformed: something else is there.
    """
    found = [] if value is None else value
    if not isinstance(found, list):
        raise _malformed(value, place, "a list of texts")
    texts = [text for text in found if isinstance(text, str)]
    if len(texts) < len(found):
        raise Malformed(f"{place} holds something that is not a text")
    return texts


def as_texts_by_name(value: Json, place: str) -> dict[str, str]:
    """The texts by name at a place, none if nothing is there.

    Raises:
        Malformed: something else is there, or one of them is no text.
    """
    found: dict[str, str] = {}
    for name, text in as_object(value, place).items():
        if not isinstance(text, str):
            raise _malformed(text, f"{place}.{name}", "a text")
        found[name] = text
    return found


def _malformed(found: Json, place: str, wanted: str) -> Malformed:
    # The value is not repeated: it may be a secret.
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return Malformed(f"{place} is {kinds.get(type(found), 'a number')}, not {wanted}")
