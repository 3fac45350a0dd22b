"""Removes keys from a service's text before it becomes part of a message.

The time must grow linearly with the text, not with its square: others decide how long it is.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

if TYPE_CHECKING:
    from pydantic import JsonValue

HIDDEN = "…"
DEEPEST = 20  # levels of an answer that a message shows; no service nests its errors deeper
SHORTEST = 6  # a shorter value is not a key, and removing it would tear holes into ordinary words
TELLING = 10  # this many first characters identify a key: a service may cut off what it repeats
LAST = (
    12  # this many last characters do: more, since words share endings more often than beginnings
)
SOME = 16  # without a known form: "Basic organizations" is not a key, sixteen base64 characters are

# A character of a key, plain or escaped for JSON, HTML or a URL.
_SIGN = (
    r"(?:[\w\-+/=]|\\+u00[0-9a-f]{2}|\\+/|%(?:25)?[0-9a-f]{2}|&#x?[0-9a-f]{2,4};"
    r"|&(?:amp|equals|plus|sol);)"
)
# After a prefix that ordinary words share, this many characters identify a key if some of them are
# not lower-case letters.
_LONG = rf"(?={_SIGN}{{{SOME}}})(?-i:(?=[a-z_\-]*[A-Z0-9+/=%\\&]))"
_FORM = re.compile(
    r"((?<![a-z0-9])(?:[sr]k_(?:test|live)_|ak_|whsec_|appsk_|testsk_|ott_|gh[opsur]_|github_pat_"
    r"|(?-i:Bearer)\s+"
    rf"|(?:bearer\s+|basic\s+|npm_|pul-|glpat-|GOCSPX-|xox[bp]-|vc[aciprk]_){_LONG})"
    # The first of a JWT's three parts has its type.
    r"|(?<=[\w\-])\.eyJ|#key=)"
    rf"{_SIGN}+(?:\.{_SIGN}+)*",
    re.IGNORECASE,
)
_PEM = re.compile(r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)(?:(?!-----END)[\w+/=\s\\-])*")
# A key's prefix in base64, at each of the three alignments, and in hex.
_PACKED_BEGINS = ("sk_test_", "sk_live_", "whsec_")
_NAMED = re.compile(
    r"((?:secret|token|ticket|password|passwd|private_?key|api_?key)[\w\-]{0,40}=)"
    rf"[^\s&\\\"'<>;,{HIDDEN}]{{{SHORTEST},}}",
    re.IGNORECASE,
)
HEADERS = "headers"
"""The field of an endpoint's headers, each of which may be a key."""
_SECRET_NAME = re.compile(r"secret|token|ticket|password|private_?key", re.IGNORECASE)
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def scrubbed(text: str, hidden: Iterable[str] = ()) -> str:
    """The text without the values in `hidden`, whether plain, encoded or cut off, and without
    anything that has a key's form."""
    known = tuple(value for value in hidden if len(value) >= SHORTEST)
    if known:
        text = _without(text, known)
    text = _FORM.sub(lambda match: match.group(1) + HIDDEN, text)
    text = _NAMED.sub(lambda match: match.group(1) + HIDDEN, text)
    if "PRIVATE KEY" in text:
        text = _PEM.sub(lambda match: match.group(1) + HIDDEN, text)
    return _packed().sub(HIDDEN, text)


def has_form(text: str) -> bool:
    """Whether anything in a text has a key's form."""
    return scrubbed(text) != text


@lru_cache(maxsize=1)
def _packed() -> re.Pattern[str]:
    base = (core for begin in _PACKED_BEGINS for core in _in_base64(begin))
    coded = "|".join(map(re.escape, sorted(base)))
    hexed = "|".join(begin.encode().hex() for begin in _PACKED_BEGINS)
    # What precedes it in the same base64 text is a user name, or bits of its neighbour.
    return re.compile(
        rf"(?:{coded})[\w\-+/]{{8,}}={{0,2}}|(?i:{hexed})[0-9a-fA-F]{{16,}}", re.ASCII
    )


def _in_base64(value: str) -> Iterator[str]:
    """A value in base64, at each alignment and in both alphabets, without the characters that share
    bits with their neighbours."""
    raw = value.encode(errors="surrogatepass")
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw).decode()
        core = coded[offset + 1 if offset else 0 : (offset + len(raw)) * 8 // 6]
        yield core
        yield core.replace("+", "-").replace("/", "_")


@lru_cache(maxsize=1_000)
def _ways(value: str) -> tuple[str, ...]:
    """The forms in which a service may repeat a value, in lower case."""
    raw = value.encode(errors="surrogatepass")
    plain = json.dumps(value, ensure_ascii=False)[1:-1]
    of_go = plain
    for letter in "<>&'+=":
        of_go = of_go.replace(letter, f"\\u{ord(letter):04x}")
    inner = json.dumps(value)[1:-1]
    texts = {value, inner, plain, of_go, inner.replace("/", "\\/"), repr(value)[1:-1]}
    texts |= {json.dumps(text, ensure_ascii=False)[1:-1] for text in (inner, plain, of_go)}
    numbered = "".join(
        character if character.isalnum() else f"&#{ord(character)};" for character in value
    )
    in_hex = "".join(
        character if character.isalnum() else f"&#x{ord(character):x};" for character in value
    )
    texts |= {html.escape(value), html.escape(value, quote=False), numbered, in_hex}
    texts |= {html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")}
    # No address has a lone surrogate.
    quoted = quote(value, safe="", errors="surrogatepass")
    texts |= {quoted, quote(quoted, safe=""), quote(value, errors="surrogatepass")}
    texts |= {quote_plus(value, errors="surrogatepass"), raw.hex(), raw.hex(" "), raw.hex(":")}
    texts |= {core for core in _in_base64(value) if len(core) >= SHORTEST}
    return tuple({text.translate(_LOWER) for text in texts})


def _without(text: str, values: Iterable[str]) -> str:
    """The text without the values, in any form and case, and without their beginnings and ends if
    they are cut off."""
    lower = text.translate(_LOWER)
    spans: list[tuple[int, int]] = []
    for value in values:
        for way in _ways(value):
            spans += _found(lower, way)
    if not spans:
        return text
    kept: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        if start > end or not kept:
            kept += [text[end:start], HIDDEN]
        end = max(end, stop)
    return "".join([*kept, text[end:]])


def _found(text: str, way: str) -> Iterator[tuple[int, int]]:
    """Where a text has the whole form, its beginning, or its end."""
    telling = min(TELLING, len(way))
    begin, last = way[:telling], way[-LAST:] if len(way) > LAST else ""
    at = text.find(begin)
    while at >= 0:
        end = at + telling
        for letter in way[telling:]:
            if end == len(text) or text[end] != letter:
                break
            end += 1
        yield at, end
        at = text.find(begin, end)
    at = text.find(last) if last else -1
    while at >= 0:
        start = at
        for letter in reversed(way[:-LAST]):
            if not start or text[start - 1] != letter:
                break
            start -= 1
        yield start, at + LAST
        at = text.find(last, at + LAST)


def scrubbed_values(
    value: JsonValue, hidden: Iterable[str] = (), levels: int = DEEPEST
) -> JsonValue:
    """A JSON value with every text in it scrubbed, names included.

    What is nested deeper than `levels` is left out.
    """
    values = tuple(hidden)
    if isinstance(value, str):
        return scrubbed(value, values)
    if isinstance(value, list | dict) and not levels:
        return HIDDEN
    if isinstance(value, list):
        return [scrubbed_values(item, values, levels - 1) for item in value]
    if isinstance(value, dict):
        return {
            scrubbed(name, values): scrubbed_values(item, values, levels - 1)
            for name, item in value.items()
        }
    return value


def in_query(text: str) -> Iterator[str]:
    """The values in the query of an address, and names without a value; empty for other text."""
    if "://" not in text or "?" not in text:
        return
    try:
        query = urlsplit(text).query
    except ValueError:
        return
    yield from (value or name for name, value in parse_qsl(query, keep_blank_values=True))


def secrets_in(value: object, name: str = "") -> Iterator[str]:
    """The secrets in a request body: values of fields with a secret's name, headers, and what
    follows the path of an address. Each also without outer white space, since a service may trim
    what it repeats."""
    if isinstance(value, str):
        if _SECRET_NAME.search(name):
            yield value
            if value != value.strip():
                yield value.strip()
        yield from in_query(value)
    elif isinstance(value, Mapping) and name == HEADERS:
        yield from (str(item) for item in value.values() if item is not None)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from secrets_in(item, str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_in(item, name)
