"""What is taken out of a text: keys by their form, secrets by what was sent."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from clerkstack.clients.scrub import scrubbed, scrubbed_values, secrets_in
from tests.leaks.search import Planted


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("sk_live_abc.DEF-1. Next", "sk_live_…. Next"),
        ("Bearer  abc.def", "Bearer  …"),
        ("whsec_a+b/c== and ak_1", "whsec_… and ak_…"),
        ("https://app.svix.com/login#key=eyJh", "https://app.svix.com/login#key=…"),
        ("ott_ab-c used, ghs_0aB", "ott_… used, ghs_…"),
        ("the token eyJhb.eyJzdWI.c2ln-_ ended", "the token eyJhb.eyJ… ended"),
        ("weak_spot and pk_test_abc stay", "weak_spot and pk_test_abc stay"),
        ("a key that starts with sk_test_ or ak_", "a key that starts with sk_test_ or ak_"),
    ],
)
def test_keys_are_known_by_their_form(text: str, clean: str) -> None:
    assert scrubbed(text) == clean


def test_json_is_scrubbed_inside() -> None:
    value = {"a": ["ak_1", 2, None], "b": {"c": "plain-secret"}}

    assert scrubbed_values(value, ["plain-secret"]) == {"a": ["ak_…", 2, None], "b": {"c": "…"}}


def test_secrets_in_a_request_are_known_by_their_field() -> None:
    body = {
        "client_secret": "one",
        "nested": [{"oneTimeToken": "two"}, {"apple_private_key": "three"}],
        "secrets": ["four"],
        "password": " five\n",
        "name": "not this",
        "token_lifetime": 60,
    }

    assert set(secrets_in(body)) == {"one", "two", "three", "four", " five\n", "five"}


STRANGE = 'q"7/ü&+xV2 kLp9\\sTr4w'


@pytest.mark.parametrize(
    "written",
    [
        STRANGE,
        json.dumps(STRANGE),
        json.dumps(STRANGE, ensure_ascii=False),
        json.dumps(json.dumps({"client_secret": STRANGE})),
        quote(STRANGE, safe=""),
        quote_plus(STRANGE),
        base64.b64encode(STRANGE.encode()).decode(),
        STRANGE[:14] + "…",
        f"{STRANGE}, {STRANGE[:10]} and {STRANGE}",
    ],
)
def test_a_secret_is_known_however_it_is_repeated(written: str) -> None:
    clean = scrubbed(f"not valid: {written}!", [STRANGE])

    assert Planted([("it", STRANGE)]).find(clean) == []
    assert "xV2" not in clean
    assert STRANGE[:10] not in clean
    assert clean.startswith("not valid: ")
    assert clean.endswith("!")


def test_what_only_begins_alike_stays() -> None:
    assert scrubbed("invalid_grant", ["invalid_value_9fK2"]) == "invalid_grant"
    assert scrubbed("abcdef abcdeg", ["abcdef"]) == "… abcdeg"
