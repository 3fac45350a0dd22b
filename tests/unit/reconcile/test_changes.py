"""Field-by-field comparison, with no engine and no network."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.reconcile.changes import (
    Change,
    changes_between,
    live_view,
    not_shown,
    same_document,
)
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import Json, whole_numbers


def test_only_declared_fields_are_compared() -> None:
    live: dict[str, Json] = {"enabled": True, "max_allowed_memberships": 5}

    assert changes_between({"enabled": True}, live) == []


def test_a_change_names_path_before_and_after() -> None:
    declared: dict[str, Json] = {"pro": {"amount": 6500, "name": "Pro"}}
    live: dict[str, Json] = {"pro": {"amount": 6000, "name": "Pro"}}

    changes = changes_between(declared, live, at=("plans",))

    assert changes == [Change(("plans", "pro", "amount"), 6000, 6500)]
    assert str(changes[0]) == "plans.pro.amount: 6000 → 6500"


@pytest.mark.parametrize(
    ("key", "declared", "live", "same"),
    [
        ("features", ["a", "b"], ["b", "a"], True),
        ("features", ["a"], ["a", "b"], False),
        ("features", [], ["a"], False),
        ("hosts", ["a", "b"], ["b", "a"], False),
        ("enabled", False, 0, False),
        ("enabled", None, None, True),
        ("claims", {"a": 1}, {"a": 1, "b": 2}, False),
        ("settings", {}, {"a": 1}, True),
        ("settings", {"a": 1}, {"a": 1, "b": 2}, True),
    ],
)
def test_what_counts_as_the_same(key: str, declared: Json, live: Json, same: bool) -> None:
    assert (changes_between({key: declared}, {key: live}) == []) is same


def test_the_order_of_keys_never_matters() -> None:
    one: dict[str, Json] = {"a": 1, "b": {"c": 2, "d": 3}}
    other: dict[str, Json] = {"b": {"d": 3, "c": 2}, "a": 1}

    assert same_document(one, other)


def test_a_key_that_is_gone_makes_documents_differ() -> None:
    assert not same_document({"plans": {"a": {"x": 1}}}, {"plans": {"a": {"x": 1}, "b": {"x": 1}}})


def test_a_live_view_has_the_declared_shape_and_the_live_values() -> None:
    declared: dict[str, Json] = {
        "pro": {"amount": 1, "features": ["a", "b"]},
        "gone": {"amount": 2},
    }
    live: dict[str, Json] = {"pro": {"amount": 9, "features": ["b", "a"], "other": 3}}

    assert live_view(declared, live) == {"pro": {"amount": 9, "features": ["a", "b"]}}


def test_numbers_from_the_engine_are_whole_again() -> None:
    assert whole_numbers({"a": [6000.0, 1.5], "b": True}) == {"a": [6000, 1.5], "b": True}


def test_a_write_names_only_what_changes() -> None:
    plan = WritePlan(
        (
            Change(("billing", "plans", "pro", "amount"), 1, 2),
            Change(("billing", "user_enabled"), True, False),
        )
    )

    assert plan.body == {"billing": {"plans": {"pro": {"amount": 2}}, "user_enabled": False}}
    assert not plan.destructive


def test_removing_what_exists_is_destructive() -> None:
    assert WritePlan((Change(("billing", "plans", "old"), {"amount": 1}, None),)).destructive


def test_fields_that_cannot_be_read_back_are_sent_and_not_compared() -> None:
    secret = Change(("connection_oauth_google", "client_secret"), None, "x")
    plan = WritePlan((), (secret,))

    assert plan
    assert plan.body == {"connection_oauth_google": {"client_secret": "x"}}
    assert not plan.after({"connection_oauth_google": {}}), "an instance that shows nothing of it"
    assert not plan.after({"connection_oauth_google": {"client_secret": "REDACTED"}})
    assert plan.after({"connection_oauth_google": {"client_secret": ""}}), "it is not set"


def test_a_field_changed_as_a_whole_and_in_part_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="as a whole and in part"):
        _ = WritePlan((Change(("a",), None, 1), Change(("a", "b"), None, 2))).body


@pytest.mark.parametrize(
    ("after", "document", "shown"),
    [
        (6500, {"plans": {"pro": {"amount": 6500}}}, True),
        (6500, {"plans": {"pro": {"amount": 6000}}}, False),
        (6500, {"plans": {"pro": {}}}, False),
        (6500, {}, False),
        (6500, {"plans": None}, False),
        (None, {"plans": {"pro": {}}}, True),
        (None, {}, True),
        (None, {"plans": {"pro": {"amount": 6000}}}, False),
    ],
)
def test_a_change_that_a_document_does_not_show(after: Any, document: Any, shown: bool) -> None:
    change = Change(("plans", "pro", "amount"), 6000, after)

    assert (not_shown([change], document) == []) is shown


def test_a_set_is_shown_in_any_order() -> None:
    change = Change(("plans", "pro", "features"), [], ["a", "b"])

    assert not_shown([change], {"plans": {"pro": {"features": ["b", "a"]}}}) == []
