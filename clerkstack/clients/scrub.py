"""Taking keys out of text that a service sent, before it becomes part of a message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue

HIDDEN = "…"
DEEPEST = 20  # levels of an answer that a message shows; no service nests its errors so far
SHORTEST = 6  # a shorter value is no key, and would tear holes into ordinary words

_FORM = re.compile(
    r"((?<![A-Za-z0-9])(?:sk_(?:test|live)_|ak_|whsec_|appsk_|testsk_|Bearer\s+)|#key=)"
    r"[\w\-+/=]+(?:\.[\w\-+/=]+)*"
)
_SECRET_NAME = re.compile(r"secret|token|ticket|password|private_?key", re.IGNORECASE)


def scrubbed(text: str, hidden: Iterable[str] = ()) -> str:
    """The text without the values in `hidden` and without anything that has a key's form."""
    for value in hidden:
        if len(value) >= SHORTEST:
            text = text.replace(value, HIDDEN)
    return _FORM.sub(lambda found: found.group(1) + HIDDEN, text)


def scrubbed_values(
    value: JsonValue, hidden: Iterable[str] = (), levels: int = DEEPEST
) -> JsonValue:
    """The same for every text inside a JSON value, names included.

    What lies deeper than `levels` is left out.
    """
    values = tuple(hidden)
    if isinstance(value, str):
        return scrubbed(value, values)
    if isinstance(value, list | dict) and not levels:
        return HIDDEN
    if isinstance(value, list):
        return [scrubbed_values(each, values, levels - 1) for each in value]
    if isinstance(value, dict):
        return {
            scrubbed(name, values): scrubbed_values(each, values, levels - 1)
            for name, each in value.items()
        }
    return value


def secrets_in(value: object, name: str = "") -> Iterator[str]:
    """The values in a request body whose field is named as a secret, also without white space.

    A service may trim what it is sent before it repeats it.
    """
    if isinstance(value, str):
        if _SECRET_NAME.search(name):
            yield value
            if value != value.strip():
                yield value.strip()
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from secrets_in(each, str(key))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from secrets_in(each, name)
