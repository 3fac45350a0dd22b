"""Taking keys out of text that a service sent, before it becomes part of a message."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

if TYPE_CHECKING:
    from pydantic import JsonValue

HIDDEN = "…"
DEEPEST = 20  # levels of an answer that a message shows; no service nests its errors so far
SHORTEST = 6  # a shorter value is no key, and would tear holes into ordinary words
TELLING = 10  # so many first characters tell a key: a service may cut short what it repeats

_FORM = re.compile(
    r"((?<![A-Za-z0-9])(?:sk_(?:test|live)_|ak_|whsec_|appsk_|testsk_|ott_|gh[opsur]_|"
    r"github_pat_|eyJ[\w\-]+\.eyJ|Bearer\s+)|#key=)"
    r"[\w\-+/=]+(?:\.[\w\-+/=]+)*"
)
HEADERS = "headers"
"""The field of an endpoint's headers, each of which may be a key."""
_SECRET_NAME = re.compile(r"secret|token|ticket|password|private_?key", re.IGNORECASE)


def scrubbed(text: str, hidden: Iterable[str] = ()) -> str:
    """The text without the values in `hidden`, as they are or written otherwise or cut short, and
    without anything that has a key's form."""
    for value in hidden:
        if len(value) >= SHORTEST:
            for written in _ways(value):
                text = _without(text, written)
    return _FORM.sub(lambda found: found.group(1) + HIDDEN, text)


def _ways(value: str) -> list[str]:
    """How a service may write a value that it repeats, the longest first."""
    inner = json.dumps(value)[1:-1]
    ways = {
        value,
        inner,
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(inner)[1:-1],
        quote(value, safe=""),
        quote_plus(value),
        base64.b64encode(value.encode(errors="surrogatepass")).decode().rstrip("="),
    }
    return sorted(ways, key=len, reverse=True)


def _without(text: str, value: str) -> str:
    """The text without the value, and without the begin of it where it is cut short."""
    begin = value[:TELLING]
    at = text.find(begin)
    while at >= 0:
        end = at
        for letter in value:
            if end == len(text) or text[end] != letter:
                break
            end += 1
        if end - at >= min(TELLING, len(value)):
            text = text[:at] + HIDDEN + text[end:]
        at = text.find(begin, at + 1)
    return text


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


def in_query(text: str) -> Iterator[str]:
    """The values in the query of an address, and names without one; nothing of another text."""
    if "://" not in text or "?" not in text:
        return
    try:
        query = urlsplit(text).query
    except ValueError:
        return
    yield from (value or name for name, value in parse_qsl(query, keep_blank_values=True))


def secrets_in(value: object, name: str = "") -> Iterator[str]:
    """The values in a request body whose field is named as a secret, also without white space;
    headers, and what follows the path of an address.

    A service may trim what it is sent before it repeats it.
    """
    if isinstance(value, str):
        if _SECRET_NAME.search(name):
            yield value
            if value != value.strip():
                yield value.strip()
        yield from in_query(value)
    elif isinstance(value, Mapping) and name == HEADERS:
        yield from (str(each) for each in value.values() if each is not None)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from secrets_in(each, str(key))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from secrets_in(each, name)
