"""What the values of fields mean: unset in three forms, sets, secrets."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.parity.compare import MEMBERS
from clerkstack.reconcile.changes import Change, changes_between, live_view, same_document
from clerkstack.reconcile.fields import EMPTY, SETS, is_unset
from clerkstack.reconcile.ownership import found_before, revert
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import Json, JsonObject

PLAN = ("billing", "plans", "pro")
CONNECTION = "connection_oauth_google"


@pytest.mark.parametrize(
    ("key", "declared", "live", "same"),
    [
        ("client_id", None, "", True),
        ("client_id", "", None, True),
        ("client_id", None, "123", False),
        ("description", "", None, True),
        ("annual_monthly_amount", None, 0, True),
        ("annual_monthly_amount", 0, 1, False),
        ("min_length", 0, None, True),
        ("amount", None, 0, False),
        ("max_allowed_memberships", 0, None, False),
        ("enabled", None, False, False),
        ("annual_monthly_amount", None, False, False),
        ("session", {"claims": {}}, None, True),
        ("session", {"claims": {"a": ""}}, None, False),
        ("claims", {"a": ""}, {"a": None}, False),
        ("claims", {}, {"a": 1}, False),
        ("client_secret", "sent", "REDACTED", True),
        ("client_secret", "sent", "***", True),
        ("client_secret", "sent", "", False),
        ("client_secret", None, "REDACTED", False),
        ("sign_in_strategies", ["email_code", "email_link"], ["email_link", "email_code"], True),
    ],
)
def test_what_a_live_value_means(key: str, declared: Json, live: Json, same: bool) -> None:
    assert (changes_between({key: declared}, {key: live}) == []) is same


def test_an_empty_text_that_is_declared_says_more_than_nothing() -> None:
    # It clears the description of a role, where a missing one leaves it as it is.
    assert not same_document({"description": ""}, {})
    assert same_document({"description": None}, {})


@pytest.mark.parametrize("live", [{"description": ""}, {"description": None}, {}])
def test_a_refresh_keeps_the_declared_form_of_what_is_unset(live: dict[str, Json]) -> None:
    assert live_view({"description": ""}, live) == {"description": ""}


@pytest.mark.parametrize(
    ("path", "sent", "destructive"),
    [
        ((*PLAN, "description"), "", False),
        ((*PLAN, "annual_monthly_amount"), 0, False),
        ((*PLAN, "free_trial_days"), None, True),
        ((CONNECTION, "client_id"), "", False),
        ((CONNECTION, "client_secret"), "", False),
        ((*PLAN,), None, True),
        (("paths", "home"), None, True),
    ],
)
def test_a_field_is_cleared_in_its_own_form(
    path: tuple[str, ...], sent: Json, destructive: bool
) -> None:
    plan = WritePlan((Change(path, "before", None),))
    at: Any = plan.body
    for name in path[:-1]:
        at = at[name]

    assert at == {path[-1]: sent}
    assert plan.destructive is destructive


@pytest.mark.parametrize(("name", "empty"), EMPTY.items())
def test_what_clears_a_field_is_unset(name: str, empty: Json) -> None:
    assert is_unset(name, empty)


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_was_found_without_a_value_goes_back_to_none(nothing: Json) -> None:
    live: dict[str, JsonObject] = {CONNECTION: {"enabled": False, "client_id": nothing}}
    declared: dict[str, JsonObject] = {CONNECTION: {"enabled": True, "client_id": "123"}}

    before = found_before({}, {}, declared, live)

    assert before == {CONNECTION: {"enabled": False}}
    assert revert(before, declared, declared) == {CONNECTION: {"enabled": False, "client_id": None}}


def test_a_secret_is_never_in_words() -> None:
    assert "hush" not in str(Change((CONNECTION, "client_secret"), None, "hush"))
    assert str(Change((CONNECTION, "client_secret"), "hush", "")).endswith("set → nothing")


def test_parity_has_a_word_for_the_members_of_each_set() -> None:
    assert set(MEMBERS) >= SETS
