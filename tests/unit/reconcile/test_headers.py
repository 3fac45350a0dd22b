"""Headers of an endpoint: what is written, what is restored, what is ignored."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.reconcile.headers import (
    LiveHeaders,
    edited_headers,
    header_reverts,
    header_writes,
    headers_before,
    headers_not_kept,
    live_headers_view,
)

AUTH, OWN = "authorization", "x-own"


@pytest.mark.parametrize(
    ("declared", "known", "live", "writes"),
    [
        ({OWN: "1"}, {}, LiveHeaders(), {OWN: "1"}),
        ({OWN: "1"}, {}, LiveHeaders({OWN: "1", "x-theirs": "2"}), {}),
        ({OWN: "1"}, {OWN: "1"}, LiveHeaders({OWN: "2"}), {OWN: "1"}),
        ({OWN: "1"}, {}, LiveHeaders({"X-Own": "2"}), {"X-Own": "1"}),
        # A hidden value is written if the state does not have it.
        ({AUTH: "1"}, {}, LiveHeaders({}, (AUTH,)), {AUTH: "1"}),
        ({AUTH: "1"}, {AUTH: "0"}, LiveHeaders({}, (AUTH,)), {AUTH: "1"}),
        ({AUTH: "1"}, {AUTH: "1"}, LiveHeaders({}, (AUTH,)), {}),
        ({AUTH: "1"}, {AUTH: "1"}, LiveHeaders(), {AUTH: "1"}),
    ],
)
def test_only_what_differs_is_written(
    declared: dict[str, str], known: dict[str, str], live: LiveHeaders, writes: dict[str, str]
) -> None:
    assert header_writes(declared, known, live) == writes


@pytest.mark.parametrize(
    ("before", "live", "back"),
    [
        ({}, LiveHeaders({OWN: "1", "x-theirs": "2"}), {OWN: None}),
        ({OWN: {"value": "0"}}, LiveHeaders({"X-Own": "1"}), {"X-Own": "0"}),
        ({OWN: {"masked": True}}, LiveHeaders({OWN: "1"}), {}),
        ({}, LiveHeaders({OWN: "somebody's since"}), {}),
        ({OWN: {"value": "0"}}, LiveHeaders(), {}),
        ({}, LiveHeaders({}, (OWN,)), {OWN: None}),
    ],
)
def test_what_was_there_before_comes_back(
    before: dict[str, Any], live: LiveHeaders, back: dict[str, Any]
) -> None:
    assert header_reverts(before, {OWN: "1"}, live) == back


def test_what_was_before_is_kept_from_the_first_time_on() -> None:
    first = headers_before(
        {}, {}, {OWN: "1", AUTH: "1", "x-new": "1"}, LiveHeaders({"X-Own": "0"}, (AUTH,))
    )

    assert first == {OWN: {"value": "0"}, AUTH: {"masked": True}}
    later = LiveHeaders({OWN: "1", "x-new": "1"}, (AUTH,))
    declared = {OWN: "2", AUTH: "2", "x-new": "2"}
    assert headers_before(first, declared, declared, later) == first
    assert headers_before({}, {}, {"x-new": "1"}, later, absent=["x-new"]) == {}


def test_somebodys_edit_is_seen_and_a_new_declaration_is_none() -> None:
    live = LiveHeaders({OWN: "theirs"}, (AUTH,))

    assert edited_headers({OWN: "1"}, {OWN: "1"}, live) == [OWN]
    assert edited_headers({OWN: "theirs"}, {OWN: "1"}, live) == []
    assert edited_headers({OWN: "1"}, {OWN: "theirs"}, live) == []
    assert edited_headers({OWN: "1"}, {}, live) == []
    assert edited_headers({AUTH: "1"}, {AUTH: "1"}, live) == []
    assert edited_headers({OWN: "1"}, {OWN: "1"}, LiveHeaders()) == [OWN]


def test_what_is_live_is_seen_as_far_as_it_is_shown() -> None:
    live = LiveHeaders({"X-Own": "2"}, (AUTH,))

    assert live_headers_view({OWN: "1", AUTH: "1", "x-gone": "1"}, live) == {OWN: "2", AUTH: "1"}
    assert headers_not_kept({OWN: "1", AUTH: "1", "x-gone": "1"}, live) == [OWN, "x-gone"]
