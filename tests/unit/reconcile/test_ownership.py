"""What was found before, and how it is reverted."""

from __future__ import annotations

from clerkstack.reconcile.changes import Change
from clerkstack.reconcile.ownership import found_before, revert, undeclared
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import JsonObject

LIVE: dict[str, JsonObject] = {"a": {"x": 1, "y": None}, "b": {"x": 2}}


def test_what_is_found_is_kept_and_nothing_is_left_out() -> None:
    assert found_before({}, {}, {"a": {"x": 9, "y": 9, "z": 9}}, LIVE) == {"a": {"x": 1}}


def test_a_field_that_is_declared_already_stays_as_it_was_found() -> None:
    before: dict[str, JsonObject] = {"a": {"x": 0}}

    found = found_before(before, {"a": {"x": 1}}, {"a": {"x": 1, "y": 2}, "b": {"x": 3}}, LIVE)

    assert found == {"a": {"x": 0}, "b": {"x": 2}}


def test_a_group_that_was_made_is_never_one_that_was_found() -> None:
    assert found_before({}, {}, {"new": {"x": 1}}, LIVE) == {}
    assert found_before({}, {"a": {"x": 1}}, {"a": {"x": 1}}, LIVE) == {}


def test_what_is_not_declared_any_more() -> None:
    olds: dict[str, JsonObject] = {"a": {"x": 1, "y": 2}, "b": {"x": 1}, "c": {"x": 1}}

    assert undeclared(olds, {"a": {"x": 5}, "c": {"x": 1}}) == {"a": {"y": 2}, "b": {"x": 1}}


def test_a_revert_leaves_what_somebody_changed_since() -> None:
    before: dict[str, JsonObject] = {"a": {"x": 0, "y": 0}}
    declared: dict[str, JsonObject] = {"a": {"x": 1, "y": 1, "z": 1}}
    live: dict[str, JsonObject] = {"a": {"x": 1, "y": 5, "z": 1}}

    assert revert(before, declared, live) == {"a": {"x": 0, "z": None}}


def test_an_object_loses_keys_by_null_and_that_is_destructive() -> None:
    plan = WritePlan(
        (Change(("session", "claims"), {"a": 1, "b": {"c": 1, "d": 2}}, {"b": {"d": 3}}),)
    )

    assert plan.body == {"session": {"claims": {"b": {"d": 3, "c": None}, "a": None}}}
    assert plan.destructive
    assert str(plan.changes[0]) == (
        "session.claims.b.d: 2 → 3; session.claims.b.c: 1 → nothing; session.claims.a: 1 → nothing"
    )
