"""How the engine marks values that are not plain JSON: in exported states, in events, on the wire.

Source: pulumi/pulumi, properties.go and plugin/rpc.go in sdk/go/common/resource.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key of an object that represents a special value: a secret, a file, a reference."""

SECRET = "1b47061264138c4ac30d75fd1eb44270"
"""The value of `SIGNATURE` in a secret."""

ASSET = "c44067f5952c0a294b673a41bacd8c17"
"""The value of `SIGNATURE` in a file."""

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

UNKNOWNS = frozenset(
    {
        UNKNOWN_TEXT,  # and what has no type yet
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # true or false
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
"""Texts instead of values that are known only after the update."""


def is_marked(value: object) -> bool:
    """Whether a value is not plain JSON: a secret, a file, a reference."""
    return isinstance(value, Mapping) and SIGNATURE in value


def is_secret(value: object) -> bool:
    """Whether a value is a secret, shown or encrypted."""
    return isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET


def secret(value: Any) -> dict[str, str]:
    """A JSON value as a secret in the form of `pulumi stack export --show-secrets`; an import
    encrypts it."""
    return {SIGNATURE: SECRET, "plaintext": json.dumps(value)}


def shown(value: Any) -> Any:
    """The value of a secret that is shown, `plaintext` (JSON) in an exported state and `value` on
    the wire; anything else as it is."""
    if is_secret(value) and "value" in value:
        return value["value"]
    if is_secret(value) and isinstance(value.get("plaintext"), str):
        return json.loads(value["plaintext"])
    return value
