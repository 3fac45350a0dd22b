"""Which changes need permission."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.reconcile.billing import DeclaredBilling, billing_plan, live_groups
from clerkstack.reconcile.changes import changes_between
from clerkstack.reconcile.danger import api_key_dangers, billing_dangers, toggle_dangers
from clerkstack.settings.models import Allowed

LIVE: dict[str, Any] = {
    "organization_enabled": True,
    "user_enabled": True,
    "features": {
        "audit": {"name": "Audit", "publicly_visible": True},
        "sso": {"name": "SSO", "publicly_visible": True},
    },
    "plans": {
        "pro": {
            "name": "Pro",
            "amount": 6000,
            "annual_monthly_amount": 5000,
            "currency": "usd",
            "publicly_visible": True,
            "features": ["audit", "sso"],
        }
    },
}

THERE = live_groups(LIVE)


def dangers(**declared: Any) -> list[tuple[str, str, str]]:
    """The dangers of what is declared beside the live plan and features."""
    inputs = {"settings": {}, "features": {}, "plans": {}, "defaults": {}, **declared}
    found = billing_dangers(billing_plan(DeclaredBilling.of(inputs).groups, THERE).changes, THERE)
    return [(danger.group, danger.name, danger.kind) for danger in found]


def pro(**fields: Any) -> dict[str, Any]:
    return {"pro": {**LIVE["plans"]["pro"], **fields}}


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"plans": pro()}, []),
        ({"plans": pro(amount=7000)}, [("plans", "pro", "price")]),
        ({"plans": pro(annual_monthly_amount=None)}, [("plans", "pro", "price")]),
        ({"plans": pro(currency="eur")}, [("plans", "pro", "price")]),
        ({"plans": pro(publicly_visible=False)}, [("plans", "pro", "visibility")]),
        ({"plans": pro(features=["sso"])}, [("plans", "pro", "features")]),
        ({"plans": pro(features=["sso", "audit", "more"])}, []),
        ({"plans": pro(name="Professional")}, []),
        ({"plans": {"new": {"name": "New", "amount": 1, "publicly_visible": False}}}, []),
        ({"features": {"sso": {"publicly_visible": False}}}, [("features", "sso", "visibility")]),
        ({"settings": {"user_enabled": False}}, [("toggles", "billing.userEnabled", "off")]),
        ({"settings": {"user_enabled": True}}, []),
    ],
)
def test_a_change_of_billing(
    declared: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert dangers(**declared) == expected


def test_a_plan_that_becomes_visible_is_no_danger() -> None:
    hidden = live_groups({**LIVE, "plans": pro(publicly_visible=False)})
    inputs = {"settings": {}, "features": {}, "plans": pro(), "defaults": {}}

    assert (
        billing_dangers(billing_plan(DeclaredBilling.of(inputs).groups, hidden).changes, hidden)
        == []
    )


def test_a_feature_that_leaves_is_one_danger_that_names_the_plans() -> None:
    inputs = {"settings": {}, "features": {}, "plans": pro(features=["sso"]), "defaults": {}}
    changes = billing_plan(DeclaredBilling.of(inputs).groups, THERE).changes

    (danger,) = billing_dangers(changes, THERE, leaving=["features/audit"])

    assert (danger.group, danger.name, danger.kind) == ("features", "audit", "remove")
    assert danger.plans == ("pro",)
    assert not danger.harmless_without


def test_a_plan_that_leaves() -> None:
    (danger,) = billing_dangers([], THERE, leaving=["plans/pro"])

    assert (danger.group, danger.name, danger.kind) == ("plans", "pro", "remove")


@pytest.mark.parametrize(
    ("declared", "live", "expected"),
    [
        ({"organization_settings": {"enabled": False}}, True, ["organizations.enabled"]),
        ({"connection_oauth_google": {"enabled": False}}, True, ["signIn.oauth.google.enabled"]),
        ({"connection_oauth_google": {"enabled": True}}, False, []),
        ({"session": {"enabled": False}}, True, []),
    ],
)
def test_a_toggle(declared: dict[str, Any], live: bool, expected: list[str]) -> None:
    (section,) = declared
    changes = changes_between(declared, {section: {"enabled": live}})

    assert [danger.name for danger in toggle_dangers(changes)] == expected


def test_personal_workspaces_are_a_toggle_that_the_config_says_the_other_way_round() -> None:
    declared: dict[str, Any] = {"organization_settings": {"force_organization_selection": True}}
    live: dict[str, Any] = {"organization_settings": {"force_organization_selection": False}}

    (danger,) = toggle_dangers(changes_between(declared, live))

    assert danger.name == "organizations.personalWorkspaces"
    assert toggle_dangers(changes_between(live, declared)) == []


def test_keys_of_an_api_are_cut_off_only_where_the_stack_had_them_on() -> None:
    on = {"orgs_api_keys_enabled": True, "user_api_keys_enabled": False}
    off = {"orgs_api_keys_enabled": False, "user_api_keys_enabled": False}

    assert [danger.name for danger in api_key_dangers(on, off)] == ["apiKeys.organizationEnabled"]
    assert api_key_dangers({}, off) == []
    assert api_key_dangers(off, on) == []


def test_every_toggle_can_be_allowed() -> None:
    names = ["organizations.enabled", "organizations.personalWorkspaces"]
    names += ["billing.organizationEnabled", "billing.userEnabled", "signIn.oauth.google.enabled"]
    names += ["apiKeys.organizationEnabled", "apiKeys.userEnabled"]

    assert Allowed(toggles=names).toggles == names
