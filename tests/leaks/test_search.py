"""The search finds a planted secret in every encoding, and nothing else."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import pickle
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable

import pytest

from local.world.clerk.models import secret_key
from local.world.svix.forms import signing_secret
from tests.leaks.search import Planted

PLAIN = "Qm7xV2kLp9sTr4wZb1nY6hJc"
STRANGE = 'G0"q/ü&+<7$ k\\Z9%tRw3x'


def as_go(value: object) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return written.replace("&", "\\u0026").replace("<", "\\u003c")


def as_zip(data: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("trace.json", data)
    return held.getvalue()


WAYS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "base64 alone": lambda s: base64.b64encode(s.encode()),
    "base64 after one byte": lambda s: base64.b64encode(b"x" + s.encode() + b"yy"),
    "base64 after two bytes": lambda s: base64.b64encode(b"u:" + s.encode() + b"y"),
    "base64 for URLs": lambda s: base64.urlsafe_b64encode(b"a:b" + s.encode()),
    "base64 without padding": lambda s: base64.b64encode(b"?" + s.encode()).rstrip(b"="),
    "hex": lambda s: s.encode().hex().encode(),
    "hex, upper case": lambda s: s.encode().hex().upper().encode(),
    "in a URL": lambda s: urllib.parse.urlencode({"q": s}).encode(),
    "in a path": lambda s: urllib.parse.quote(s, safe="").encode(),
    "in JSON": lambda s: json.dumps({"a": s}).encode(),
    "in JSON with its letters": lambda s: json.dumps({"a": s}, ensure_ascii=False).encode(),
    "in JSON in JSON": lambda s: json.dumps({"a": json.dumps({"b": s})}).encode(),
    "in JSON of Go": lambda s: as_go({"a": s}).encode(),
    "in JSON of Go, twice": lambda s: as_go({"a": as_go({"b": s})}).encode(),
    "in HTML": lambda s: html.escape(s).encode(),
    "in a representation": lambda s: repr({"a": s}).encode(),
    "gzip": lambda s: gzip.compress(json.dumps({"a": s}).encode()),
    "gzip within other bytes": lambda s: b"head" * 9 + gzip.compress(s.encode()) + b"tail",
    "gzip in base64": lambda s: base64.b64encode(gzip.compress(b"x" * 99 + s.encode())),
    "zlib": lambda s: zlib.compress(s.encode()),
    "zip": lambda s: as_zip(s.encode()),
    "a pickle in base64 in JSON": lambda s: json.dumps(
        {"__provider": base64.b64encode(pickle.dumps({"k": s})).decode()}
    ).encode(),
    "base64 in base64": lambda s: base64.b64encode(b"x" + base64.b64encode(b"yy" + s.encode())),
    "UTF-16": lambda s: s.encode("utf-16-le"),
}


@pytest.mark.parametrize("secret", [PLAIN, STRANGE])
@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_write_it_is_found(way: str, secret: str) -> None:
    written = WAYS[way](secret)
    whole = way in ("zlib", "zip", "base64 alone")  # these are at the start of the file

    found = Planted([("planted", secret)]).find(written if whole else b"a: " + written + b" b")

    assert [each.secret for each in found] == ["planted"]


@pytest.mark.parametrize(
    "between",
    ["\n", "\r\n    ", " │\n│ ", "\x1b[0m\n\x1b[31m", "\\n", " | \n | "],
)
def test_a_secret_over_lines_is_found(between: str) -> None:
    text = f"error: {PLAIN[:11]}{between}{PLAIN[11:]} is not valid"

    assert Planted([("planted", PLAIN)]).names_in(text) == ["planted"]


def test_the_first_characters_of_what_is_random_are_a_leak_and_fewer_are_none() -> None:
    key = "sk_live_Qm7xV2kLp9sTr4wZb1nY6hJcAq8WeRtY"
    planted = Planted([("planted", key)])

    assert planted.names_in("the key sk_live_Qm7xV2kLp9sTr4wZ…") == ["planted"]
    assert planted.names_in("the key Qm7xV2kLp9sTr4wZ…") == ["planted"]
    assert planted.names_in("the key sk_live_Qm7x…") == []


@pytest.mark.parametrize(
    "made",
    [
        secret_key("production"),
        signing_secret(),
        "ott_aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA",
        "appsk_aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA.eu",
        "ak_aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zAbC4eF7hI1kL",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zAbC4eF7hI1kL",
    ],
    ids=["secret key", "signing secret", "one-time token", "Svix", "API key", "session token"],
)
def test_what_another_process_minted_is_found_by_its_form(made: str) -> None:
    assert Planted().find(f"error: {made} is not valid")
    assert Planted().find(base64.b64encode(f"the token {made}, and".encode()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sk_test_… whsec_… ak_…",
        "whsec_" + "A" * 32,
        "ak_local_sendero_platform_of_another",
        "ins_2f1c0a7b9d8e4f6a1b2c3d4e5f60718293a4b5c6",
        "eyJhbGciOiJSUzI1NiJ9",
    ],
)
def test_ordinary_text_is_no_leak(text: str) -> None:
    assert Planted([("planted", PLAIN)]).find(text) == []


def test_what_is_found_is_reported_by_name_and_never_by_value() -> None:
    (found,) = Planted([("the Vercel token", PLAIN)]).find(f"x {PLAIN}")

    assert str(found) == "the Vercel token (as it is)"
    assert PLAIN not in repr(found)


def test_a_value_that_is_no_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Planted([("planted", "local")])
