"""Differences are named by the path that the engine prints."""

from __future__ import annotations

from typing import Any

import pytest

from local.machine.plugins.changes import Change, Kind, compare, compare_sets
from local.machine.plugins.wire import UNKNOWN, Secret


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (None, None, []),
        ("one", "one", []),
        ("one", Secret("one"), []),
        ("one", "two", [Change("p", Kind.UPDATE)]),
        ("one", UNKNOWN, [Change("p", Kind.UPDATE)]),
        (None, "one", [Change("p", Kind.ADD)]),
        ("one", None, [Change("p", Kind.DELETE)]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [Change("p.b", Kind.UPDATE)]),
        ({}, {"a-b": 1}, [Change('p["a-b"]', Kind.ADD)]),
        (["a", "b"], ["a"], [Change("p[1]", Kind.DELETE)]),
        (["a"], "a", [Change("p", Kind.UPDATE)]),
    ],
)
def test_a_comparison_names_the_changed_leaves(old: Any, new: Any, changes: list[Change]) -> None:
    assert list(compare("p", old, new)) == changes


def test_a_replacement_is_carried_to_every_leaf() -> None:
    assert list(compare("p", [1], [2], replace=True)) == [Change("p[0]", Kind.UPDATE, True)]


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (["a", "b"], ["b", "a"], False),
        (["a", "b"], ["a"], True),
        (["a"], None, True),
        (["a"], UNKNOWN, True),
        (["a"], [UNKNOWN], True),
    ],
)
def test_the_order_in_a_set_means_nothing(old: Any, new: Any, changed: bool) -> None:
    assert bool(list(compare_sets("p", old, new))) is changed
