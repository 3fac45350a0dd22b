"""What is taken out of a text: keys by their form, secrets by what was sent."""

from __future__ import annotations

import pytest

from clerkstack.clients.scrub import scrubbed, scrubbed_values, secrets_in


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("sk_live_abc.DEF-1. Next", "sk_live_…. Next"),
        ("Bearer  abc.def", "Bearer  …"),
        ("whsec_a+b/c== and ak_1", "whsec_… and ak_…"),
        ("https://app.svix.com/login#key=eyJh", "https://app.svix.com/login#key=…"),
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
