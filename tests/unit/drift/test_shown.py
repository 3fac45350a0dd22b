"""How a difference is shown: a value that looks secret appears as another value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.checks.finding import ANOTHER, Finding, shown
from tests.unit.drift.test_projects import as_declared, found, two

TOKEN = "9fKq2Lm7XwZr4Tn8cVb2sWd1"  # without a recognizable form, as Vercel's older ones
SECRETS = {
    "a secret key": f"sk_live_{TOKEN}",
    "a platform key": f"ak_{TOKEN}",
    "a signing secret": f"whsec_{TOKEN}+a/b==",
    "a token of no form": TOKEN,
    "a password": "hunter2",
    "hex": "0123456789abcdef0123456789abcdef",
    "a session token": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{TOKEN}",
    "an address with a password": f"https://me:{TOKEN}@db.example/x",
    "an address with a key in its path": f"https://hooks.example/services/T1/{TOKEN}",
    "an address with a key in its query": f"https://app.example/?token={TOKEN}",
    "a secret key with what cannot be seen": f"sk_li\u200bve_{TOKEN}",
    "a key of Google": f"GOCSPX-{TOKEN}",
}


@pytest.mark.parametrize("value", SECRETS.values(), ids=SECRETS)
def test_a_variable_that_is_not_declared_secret_and_holds_one_shows_none(value: str) -> None:
    own = two()
    live = as_declared(own)
    for at, variable in enumerate(live["prj_web"]):
        if variable.type == "plain":
            live["prj_web"][at] = variable.model_copy(update={"value": SecretStr(value)})

    differences = found(own, live)

    assert len({difference.subject for difference in differences}) > 2
    printed = json.dumps(
        [vars(shown(difference)) for difference in differences], ensure_ascii=False
    )
    for part in (value, TOKEN, TOKEN[:10], TOKEN[10:], "hunter2", "456789abcdef"):
        assert part not in printed


@pytest.mark.parametrize(
    "live",
    [
        "https://www.sendero.example",
        "http://localhost:3000/sign-in",
        "/sign-in/organizations-and-more",
        "pk_test_c2VuZGVyb2xvY2FsLmNsZXJrLmFjY291bnRzLmRldiQ",
        "ins_2abCDefGHijKL0123456789mnop",
        "123-abc.apps.googleusercontent.com",
        "clerkstack-git-feature-new-billing-page-7-sendero.vercel.app",
        True,
        None,
        6500,
        ["production", "preview"],
        {"amount": 6500},
    ],
)
def test_what_is_no_secret_is_shown(live: Any) -> None:
    assert shown(Finding("drift", "variable x", "value", "https://app.example", live)).found == live


def test_inside_of_lists_and_objects_too() -> None:
    each = shown(Finding("drift", "x", "y", [], [{"a": f"sk_test_{TOKEN}"}, "b"]))

    assert each.found == [{"a": ANOTHER}, "b"]


def test_an_address_is_whole_where_a_person_asks_for_it_and_a_key_never() -> None:
    address = f"https://hooks.example/T1/{TOKEN}?x=1"

    assert shown(Finding("drift", "x", "url", None, address), addresses=True).found == address
    assert shown(Finding("drift", "x", "url", None, TOKEN), addresses=True).found == ANOTHER
    key = f"https://app.example/sk_live_{TOKEN}"
    assert TOKEN not in str(shown(Finding("drift", "x", "url", None, key), addresses=True).found)
