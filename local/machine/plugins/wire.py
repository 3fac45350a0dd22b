"""Reads and writes property values of the engine without losing secrets or unknowns.

The engine marks a secret by wrapping it in an object with a signature and an unknown value (one
that only exists after the real deployment) by a fixed string; both marks are
`clerkstack.state.marks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2

from clerkstack.state.marks import SECRET, SIGNATURE, UNKNOWN_TEXT

UNKNOWN = UNKNOWN_TEXT

Properties = dict[str, Any]


@dataclass(frozen=True)
class Secret:
    """A value the engine must keep encrypted; its repr never shows it."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


def is_unknown(value: object) -> bool:
    """Return whether a plain or secret value, or any part of it, is not known yet."""
    if isinstance(value, Secret):
        return is_unknown(value.value)
    if isinstance(value, Mapping):
        return any(is_unknown(part) for part in value.values())
    if isinstance(value, list):
        return any(is_unknown(part) for part in value)
    return value == UNKNOWN


def reveal(value: Any) -> Any:
    """Return a value without its secret wrappers, at any depth."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, dict):
        return {key: reveal(part) for key, part in value.items()}
    if isinstance(value, list):
        return [reveal(part) for part in value]
    return value


def holds_secret(value: Any) -> bool:
    """Return whether a value or any part of it is marked secret."""
    if isinstance(value, Secret):
        return True
    if isinstance(value, dict):
        return any(holds_secret(part) for part in value.values())
    return isinstance(value, list) and any(holds_secret(part) for part in value)


def protect(outputs: Properties, marked: Properties, *, always: tuple[str, ...] = ()) -> Properties:
    """Mark as secret every output that is always secret or was secret in ``marked``."""
    return {
        name: Secret(reveal(value))
        if value is not None and (name in always or holds_secret(marked.get(name)))
        else value
        for name, value in outputs.items()
    }


def decode(struct: struct_pb2.Struct) -> Properties:
    """Read an engine struct: secrets become ``Secret``, integers become int."""
    return {name: _decode(value) for name, value in struct.fields.items()}


def _decode(value: struct_pb2.Value) -> Any:
    readers: dict[str, Callable[[], Any]] = {
        "null_value": lambda: None,
        "bool_value": lambda: value.bool_value,
        "string_value": lambda: value.string_value,
        "number_value": lambda: _number(value.number_value),
        "list_value": lambda: [_decode(part) for part in value.list_value.values],
        "struct_value": lambda: _decode_object(value.struct_value),
    }
    kind = value.WhichOneof("kind")
    return readers[kind]() if kind else None


def _decode_object(struct: struct_pb2.Struct) -> Any:
    if SIGNATURE in struct.fields and struct.fields[SIGNATURE].string_value == SECRET:
        return Secret(_decode(struct.fields["value"]))
    return decode(struct)


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def without_unknown_secrets(struct: struct_pb2.Struct) -> struct_pb2.Struct:
    """Return a copy in which unknown secret elements of lists have lost their value."""
    copy = struct_pb2.Struct()
    copy.CopyFrom(struct)
    for value in copy.fields.values():
        _drop_unknown(value, listed=False)
    return copy


def _drop_unknown(value: struct_pb2.Value, *, listed: bool) -> None:
    for element in value.list_value.values:
        _drop_unknown(element, listed=True)
    fields = value.struct_value.fields
    secret = SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET
    if listed and secret and fields["value"].string_value == UNKNOWN:
        del fields["value"]
    for part in fields.values():
        _drop_unknown(part, listed=False)


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Write properties for the engine; names whose value is None are left out."""
    struct = struct_pb2.Struct()
    for name, value in properties.items():
        if value is not None:
            struct.fields[name].CopyFrom(_encode(value))
    return struct


def _encode(value: Any) -> struct_pb2.Value:
    match value:
        case Secret():
            wrapped = struct_pb2.Struct()
            wrapped.fields[SIGNATURE].string_value = SECRET
            wrapped.fields["value"].CopyFrom(_encode(value.value))
            return struct_pb2.Value(struct_value=wrapped)
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=float(value))
        case str():
            return struct_pb2.Value(string_value=value)
        case Mapping():
            return struct_pb2.Value(struct_value=encode(value))
        case list() | tuple():
            parts = struct_pb2.ListValue(values=[_encode(part) for part in value])
            return struct_pb2.Value(list_value=parts)
    raise TypeError(f"cannot send a {type(value).__name__} to the engine")
