"""What is scrubbed from a text: keys by their form, secrets by what was sent."""

from __future__ import annotations

import base64
import html
import json
import time
from urllib.parse import quote, quote_plus

import pytest

from clerkstack.safe import safe
from clerkstack.scrub import scrubbed, scrubbed_values, secrets_in
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


KEY = "sk_live_4fJq+9Lm/7XwZr=Tn8cVb2"


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        KEY.upper(),
        KEY.lower(),
        json.dumps(KEY).replace("+", "\\u002b").replace("=", "\\u003d"),
        json.dumps(json.dumps(KEY).replace("+", "\\u002B")),
        KEY.replace("/", "\\/"),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        quote(quote(KEY, safe=""), safe=""),
        KEY.replace("+", "&#43;").replace("/", "&#x2f;").replace("=", "&equals;"),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
        *(
            base64.b64encode(f"{user}{KEY}".encode()).decode()
            for user in ("", "u:", "me:", "user:")
        ),
        base64.b64encode(f"{KEY}:".encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(f"a:{KEY}".encode()).decode(),
        "Basic " + base64.b64encode(b"ana:correct-horse-battery").decode(),
        "authorization: basic " + base64.b64encode(b"ana:correct-horse-battery").decode(),
        "GOCSPX-9fKq2Lm7XwZr4Tn8cVb2",
        "VERCEL_TOKEN=9fKq2Lm7XwZr4Tn8",
        "?x=1&api_key=9fKq2Lm7XwZr4Tn8&y=2",
        "-----BEGIN RSA PRIVATE KEY-----\\n9fKq2Lm7XwZr4Tn8\\n-----END",
    ],
)
def test_a_key_that_nobody_named_is_known_however_it_is_written(written: str) -> None:
    clean = scrubbed(f"it was: {written} !")

    whole = clean.lower()
    for part in (
        KEY[8:14],
        "4Tn8",
        "m7xw",
        base64.b64encode(KEY.encode()).decode()[12:18],
        "LWJhdHR",
    ):
        assert part.lower() not in whole, clean
    assert KEY.encode().hex()[20:30] not in whole
    assert clean.startswith("it was: ")
    assert clean.endswith("!")


@pytest.mark.parametrize(
    "words",
    [
        "Basic organizations have 5 seats",
        "plan Basic environment-preview-and-more",
        "bearer authentication-of-organizations",
        "bearer of good news",
        "npm_config_cache and pul-ley",
        "the token must be set: --secret vercel:apiToken",
        "clerkstack:secretKey=… is missing",
        "plan Basic 2000, risk_test and task_live",
        "eyJ is how tokens begin",
    ],
)
def test_words_stay(words: str) -> None:
    assert scrubbed(words, ["another-secret-9fK2"]) == words


@pytest.mark.parametrize(
    "piece",
    [
        "eyJ", "-eyJ", ".eyJ", "eyJ.", "_eyJ-", "a", "sk_live_", "-sk_live_", "Bearer ", "bearer",
        "basic  ", "token", "token_", "secret=", "api_key", "-----BEGIN ", "PRIVATE KEY", "\\",
        "\\u002", "%25", "&#", "&amp", "ak_.", "://", "http://", "a.", ".", ")", "?", "https:", " ",
        "-----BEGIN PRIVATE KEY-----", "[", "::", "##", "\n", "\n ", "\n::", "\t",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", ["", "eyJeyJeyJeyJeyJeyJeyJ"])
def test_the_time_grows_with_the_text_and_not_with_its_square(piece: str, value: str) -> None:
    def taken(size: int) -> float:
        text = piece * (size // len(piece)) + "!"
        started = time.process_time()
        safe(text, hidden=[value] if value else [])
        return time.process_time() - started

    # Sixteen times the text: linear is sixteen times as long, quadratic 256 times.
    assert any(taken(80_000) < 60 * max(taken(5_000), 1e-4) for _ in range(20))


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
        base64.b64encode(f"me:{STRANGE}".encode()).decode(),
        base64.b64encode(f"x{STRANGE}:".encode()).decode(),
        base64.urlsafe_b64encode(STRANGE.encode()).decode(),
        STRANGE.lower(),
        STRANGE.upper(),
        STRANGE.encode().hex(),
        STRANGE.encode().hex().upper(),
        STRANGE.encode().hex(":"),
        json.dumps(STRANGE, ensure_ascii=False)[1:-1].replace("&", "\\u0026"),
        json.dumps(json.dumps(STRANGE, ensure_ascii=False)[1:-1].replace("&", "\\u0026")),
        json.dumps(STRANGE)[1:-1].replace("/", "\\/").replace("&", "\\u0026"),
        html.escape(STRANGE),
        html.escape(STRANGE).replace("&quot;", "&#34;").replace("/", "&#x2f;"),
        quote(STRANGE, safe="").lower(),
        quote(quote(STRANGE, safe=""), safe=""),
        repr(STRANGE),
        f"ends in {STRANGE[-12:]}",
        f"…{STRANGE[4:]}",
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
