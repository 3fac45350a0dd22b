"""Slugs of the app's code against the catalog."""

from __future__ import annotations

import pytest

from clerkstack.app.agreement import disagreements

APP = {"plans": {"free": [], "pro": ["sso"]}, "features": ["sso"]}
PLANS = {"free": {"features": []}, "pro": {"features": ["sso"]}}
FEATURES = {"sso": {"name": "SSO"}}


def test_the_same_slugs_agree() -> None:
    assert disagreements(APP, PLANS, FEATURES) == []


def test_without_a_declaration_nothing_is_compared() -> None:
    assert disagreements({}, PLANS, FEATURES) == []


@pytest.mark.parametrize(
    ("app", "message"),
    [
        (
            {**APP, "plans": {"free": [], "Pro": ["sso"]}},
            "the app asks for the plan 'Pro', which the catalog does not have"
            " (did you mean 'pro'?): has({ plan: 'Pro' }) would answer false for everybody",
        ),
        (
            {**APP, "plans": {"free": [], "\u0440ro": ["sso"]}},
            "the app asks for the plan '\u0440ro', which the catalog does not have (it is "
            "written with U+0440, which a slug cannot contain): has({ plan: '\u0440ro' }) "
            "would answer false for everybody",
        ),
        (
            {**APP, "features": ["sso", "audit"]},
            "the app asks for the feature 'audit', which the catalog does not have:"
            " has({ feature: 'audit' }) would answer false for everybody",
        ),
        (
            {**APP, "plans": {"pro": ["sso"]}},
            "the catalog has the plan 'free', which the app does not declare",
        ),
        (
            {**APP, "plans": {"free": ["sso"], "pro": ["sso"]}},
            "the app gives plan 'free' sso, but the catalog does not",
        ),
        (
            {**APP, "plans": {"free": [], "pro": []}},
            "the catalog gives plan 'pro' sso, but the app does not",
        ),
    ],
)
def test_a_difference_is_reported(app: dict[str, object], message: str) -> None:
    assert message in disagreements(app, PLANS, FEATURES)
