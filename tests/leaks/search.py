"""Finds a secret in any data: plain, truncated, encoded, compressed, or spread over lines."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import json
import re
import sys
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

PREFIX = 16
"""The number of leading random characters of a secret that are a leak too."""
SHORTEST = 8
"""A shorter value occurs in ordinary words."""
DEEPEST = 3
"""The number of packed layers to open."""
LONGEST = 64_000_000
"""The most bytes to unpack from one piece."""

_KIND = re.compile(r"(?:sk_(?:test|live)_|ak_|whsec_|appsk_|ott_|ghs_|GOCSPX-)")
# How the world's secrets begin: a world in another process does not report what it minted.
_FORMS = {
    "a secret key": (b"sk_", rb"sk_(?:test|live)_([A-Za-z0-9]{40})(?![A-Za-z0-9])"),
    "an API key": (b"ak_", rb"(?<![A-Za-z0-9_])ak_([A-Za-z0-9]{43})(?![A-Za-z0-9])"),
    "a signing secret": (b"whsec_", rb"whsec_([A-Za-z0-9+/]{32})(?![A-Za-z0-9+/])"),
    "a one-time token": (b"ott_", rb"ott_([\w\-]{32})(?![\w\-])"),
    "a Svix token": (b"appsk_", rb"appsk_([\w\-]{32})(?![\w\-])"),
    "a session token": (b"eyJ", rb"eyJ[\w\-]{10,}\.[\w\-]{10,}\.([\w\-]{40,})"),
}
_MADE_UP = 12  # a value with so few different characters is an invented "AAAA…", never the world's
_BASE64 = re.compile(rb"[A-Za-z0-9+/\-_]{24,}={0,2}")
_GZIP = b"\x1f\x8b\x08"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_ZIP = b"PK\x03\x04"
_COLOUR = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_END_IN_JSON = re.compile(rb"\\[nrt]")  # of a line
_BORDERS = (b"\xe2\x94\x82", b"\xe2\x94\x83")  # of a table
_WHITE = b" \t\n\r\f\v|"
_BLOCK = 8
"""Bytes of a block. The data is cut into blocks once for all needles: a needle of twice that length
fills one of them, wherever it is."""
_Forms = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Found:
    """A secret in a forbidden place: its name, and its form there."""

    secret: str
    form: str

    def __str__(self) -> str:
        return f"{self.secret} ({self.form})"


class Planted:
    """The secrets to search for. No message contains their values."""

    def __init__(self, secrets: Iterable[tuple[str, str]] = ()) -> None:
        self._needles: dict[bytes, Found] = {}
        self._by_block: dict[int, tuple[bytes, ...]] = {}
        self._short: list[bytes] = []
        self._names: dict[str, str] = {}
        for name, value in secrets:
            self.add(name, value)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, value: str) -> bool:
        return value in self._names

    def add(self, name: str, value: str) -> None:
        """Search for a value, too. Raise ValueError if it is too short to differ from words."""
        if len(value) < SHORTEST:
            raise ValueError(f"{name} is shorter than {SHORTEST} characters")
        if value in self._names:
            return
        self._names[value] = name
        for form, needle in _written(value):
            if needle in self._needles:
                continue
            self._needles[needle] = Found(name, form)
            blocks = _last_blocks(needle)
            for block in blocks:
                self._by_block[block] = (*self._by_block.get(block, ()), needle)
            if not blocks:
                self._short.append(needle)

    def names_in(self, text: str) -> list[str]:
        """Return the names of the secrets in a text, each once."""
        return sorted({each.secret for each in self.find(text)})

    def find(self, data: bytes | str) -> list[Found]:
        """Return all planted secrets in the data, and everything with the form of the world's
        secrets."""
        raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        found: dict[str, Found] = {}
        for view, packing in _views(raw):
            for each in self._in(view):
                known = Found(each.secret, f"{each.form}{packing}")
                found.setdefault(known.secret, known)
        return sorted(found.values(), key=str)

    def _in(self, view: bytes) -> Iterator[Found]:
        possible = {*self._short, *self._with_a_block_in(view)}
        there = {needle for needle in possible if needle in view}
        if there:  # in the order of planting, so that a secret's plainest form is reported
            yield from (each for needle, each in self._needles.items() if needle in there)
        for name, (begin, form) in _FORMS.items():
            for match in re.finditer(form, view) if begin in view else ():
                if len(set(match[1])) > _MADE_UP:
                    yield Found(self._names.get(match[0].decode(), name), "by its form")

    def _with_a_block_in(self, view: bytes) -> Iterator[bytes]:
        blocks = set(memoryview(view)[: len(view) // _BLOCK * _BLOCK].cast("Q"))
        for block in self._by_block.keys() & blocks:
            yield from self._by_block[block]


def _last_blocks(needle: bytes) -> list[int]:
    """Return blocks of the needle, one of which is a block of any data that contains it; none if it
    is short. They are the last ones, because many secrets begin alike."""
    start = len(needle) - 2 * _BLOCK + 1
    if start < 0:
        return []
    return [
        int.from_bytes(needle[at : at + _BLOCK], sys.byteorder)
        for at in range(start, start + _BLOCK)
    ]


@lru_cache(maxsize=4_000)
def _written(value: str) -> _Forms:
    """Return the forms of a secret, each a byte string that reveals it."""
    return tuple(_ways(value))


def _ways(value: str) -> Iterator[tuple[str, bytes]]:
    raw = value.encode()
    yield "as it is", raw
    start = _KIND.match(value)
    random = value[start.end() :] if start else value.rpartition(".")[2] or value
    if len(random) >= PREFIX:
        yield f"its first {PREFIX} characters", random[:PREFIX].encode()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw)
        # The first and last encoded characters include bits of the secret's neighbours.
        first = 0 if offset == 0 else offset + 1
        core = coded[first : (offset + len(raw)) * 8 // 6]
        yield "base64", core
        yield "base64 for URLs", core.replace(b"+", b"-").replace(b"/", b"_")
    yield "hex", raw.hex().encode()
    yield "hex", raw.hex().upper().encode()
    yield "UTF-16", value.encode("utf-16-le")
    escaped = json.dumps(value)[1:-1]
    yield "JSON", escaped.encode()
    yield "JSON in JSON", json.dumps(escaped)[1:-1].encode()
    yield "JSON", json.dumps(value, ensure_ascii=False)[1:-1].encode()
    go = json.dumps(value, ensure_ascii=False)[1:-1]
    for letter in "<>&":
        go = go.replace(letter, f"\\u{ord(letter):04x}")
    yield "JSON of Go", go.encode()
    yield "JSON of Go in JSON", json.dumps(go, ensure_ascii=False)[1:-1].encode()
    yield "JSON", escaped.replace("/", "\\/").encode()
    yield "for a URL", urllib.parse.quote(value, safe="").encode()
    yield "for a URL", urllib.parse.quote_plus(value).encode()
    yield "HTML", html.escape(value).encode()
    yield "Python", repr(value)[1:-1].encode()


def _views(data: bytes, depth: int = 0, packing: str = "") -> Iterator[tuple[bytes, str]]:
    """Yield the data, the data without separators, and what is packed in it."""
    yield data, packing
    if (joined := _joined(data)) != data:
        yield joined, f"{packing}, over lines"
    if depth == DEEPEST:
        return
    for inner, how in _opened(data):
        yield from _views(inner, depth + 1, f"{packing}, {how}")


def _joined(data: bytes) -> bytes:
    """Return the data without white space, colours and table borders."""
    if b"\x1b" in data:
        data = _COLOUR.sub(b"", data)
    if b"\\" in data:
        data = _END_IN_JSON.sub(b"", data)
    for border in _BORDERS:
        data = data.replace(border, b"")
    return data.translate(None, _WHITE)


def _opened(data: bytes) -> Iterator[tuple[bytes, str]]:
    at = -1
    while (at := data.find(_GZIP, at + 1)) >= 0:
        if inner := _inflated(data[at:], 31):
            yield inner, "gzip"
    if data[:2] in _ZLIB and (inner := _inflated(data, 15)):
        yield inner, "zlib"
    if data.startswith(_ZIP):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                for name in packed.namelist():
                    yield packed.read(name)[:LONGEST], "zip"
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error):
            pass
    for match in _BASE64.finditer(data):
        yield from ((inner, "in base64") for inner in _decoded(match[0]))


def _inflated(data: bytes, bits: int) -> bytes:
    try:
        return zlib.decompressobj(bits).decompress(data, LONGEST)
    except zlib.error:
        return b""


def _decoded(coded: bytes) -> Iterator[bytes]:
    """Yield packed data inside base64; the needles already cover text in base64."""
    plain = coded.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    try:
        inner = base64.b64decode(plain[: len(plain) // 4 * 4])
    except (binascii.Error, ValueError):
        return
    if _GZIP in inner or inner[:2] in _ZLIB or inner.startswith(_ZIP) or _looks_like_text(inner):
        yield inner


def _looks_like_text(data: bytes) -> bool:
    head = data[:48]
    return all(32 <= each < 127 or each in b"\t\r\n" for each in head)


def packed(data: bytes) -> bytes:
    """Pack data like the checkpoint of a file backend."""
    return gzip.compress(data)
