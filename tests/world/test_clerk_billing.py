"""Plans and features: defaults, what stays, and every documented refusal."""

from __future__ import annotations

from typing import Any

import pytest

from local.world.clerk.plans import plans_json
from tests.world.clerk_accounts import PRO, Account, billing, with_billing


def team(**fields: Any) -> dict[str, Any]:
    return billing(plans={"team": {"name": "Team", "payer_type": "org", "amount": 1000, **fields}})


def test_billing_brings_the_default_plan_of_its_payer() -> None:
    account = with_billing()

    account.write(billing(user_enabled=True))

    plans = account.read("billing")["plans"]
    assert {"free_org", "free_user", "pro"} == set(plans)
    assert (plans["free_org"]["amount"], plans["free_org"]["payer_type"]) == (0, "org")


def test_organization_billing_needs_organizations() -> None:
    error = Account().refused(billing(organization_enabled=True))

    assert (error.status, error.code) == (400, "billing_cannot_be_enabled")


def test_organizations_stay_while_organization_billing_is_on() -> None:
    error = with_billing().refused({"organization_settings": {"enabled": False}})

    assert (error.status, error.code) == (400, "organizations_disable_not_allowed")


def test_a_whole_amount_is_kept_as_an_integer() -> None:
    account = with_billing()

    account.write(billing(plans={"pro": {"amount": 60.0}}))

    assert repr(account.read("billing")["plans"]["pro"]["amount"]) == "60"


def test_plans_stay_when_billing_is_switched_off() -> None:
    account = with_billing()

    account.write(billing(organization_enabled=False))

    assert set(account.read("billing")["plans"]) == {"pro", "free_org"}


def test_features_left_out_stay_and_an_empty_list_clears() -> None:
    account = with_billing()

    account.write(billing(plans={"pro": {"amount": 6500}}))
    left_out = account.read("billing")["plans"]["pro"]["features"]
    account.write(billing(plans={"pro": {"features": []}}))

    assert left_out == ["audit", "sso"]
    assert account.read("billing")["plans"]["pro"]["features"] == []


def test_a_plan_is_removed_only_destructively() -> None:
    account = with_billing()

    refused = account.refused(billing(plans={"pro": None}))
    account.write(billing(plans={"pro": None}), destructive=True)

    assert refused.code == "destructive_operation_not_allowed"
    assert refused.meta == {"param_name": "billing.plans.pro"}
    assert "pro" not in account.read("billing")["plans"]


def test_plan_and_feature_can_go_together_but_a_feature_in_use_not_alone() -> None:
    account = with_billing()

    refused = account.refused(billing(features={"sso": None}), destructive=True)
    account.write(billing(plans={"pro": None}, features={"sso": None}), destructive=True)

    assert (refused.status, refused.code) == (409, "feature_in_use")
    assert list(account.read("billing")["features"]) == ["audit"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (billing(plans={"a b": {"name": "A", "payer_type": "org"}}), 400, "slug_invalid_format"),
        (billing(features={"new\n": {"name": "New"}}), 400, "slug_invalid_format"),
        (team(name="Team: all"), 400, "name_invalid_format"),
        (team(name="Pro"), 409, "plan_name_already_exists"),
        (team(payer_type="team"), 400, "payer_type_invalid"),
        (team(payer_type="user"), 403, "billing_not_enabled"),
        (team(currency="eur"), 400, "currency_invalid"),
        (team(amount=-1), 422, "plan_amount_invalid"),
        (team(amount=99_999_999), 422, "plan_amount_exceeds_upper_limit"),
        (team(amount=0, annual_monthly_amount=5), 403, "billing_annual_only_plans_not_enabled"),
        (team(free_trial_days=0), 400, "billing_too_few_free_trial_days"),
        (team(free_trial_enabled=True), 400, "billing_too_few_free_trial_days"),
        (team(free_trial_days=366), 400, "billing_too_many_free_trial_days"),
        (
            team(amount=0, free_trial_enabled=True, free_trial_days=3),
            422,
            "free_trial_not_allowed_on_free_plan",
        ),
        (team(features=["nowhere"]), 404, "feature_not_found"),
        (
            billing(plans={"free_org": {"amount": 5}}),
            422,
            "default_plan_amount_update_forbidden",
        ),
        (billing(plans={"pro": {"payer_type": "user"}}), 400, "payer_type_invalid"),
    ],
)
def test_a_rule_of_billing_has_its_documented_code(
    change: dict[str, Any], status: int, code: str
) -> None:
    error = with_billing().refused(change)

    assert (error.status, error.code) == (status, code)


def test_the_default_plan_can_not_be_removed_while_billing_is_on() -> None:
    error = with_billing().refused(billing(plans={"free_org": None}), destructive=True)

    assert (error.status, error.code) == (409, "plan_cannot_be_deleted")
    assert "billing.plans.free_org: the default plan" in error.message


def test_a_plan_limit_counts_all_but_the_default_plans() -> None:
    account = with_billing(plan_limit=2)

    account.write(team())
    error = account.refused(billing(plans={"more": {**PRO, "name": "More"}}))

    assert (error.status, error.code) == (402, "unsupported_subscription_plan_features")
    assert set(account.read("billing")["plans"]) == {"free_org", "pro", "team"}


def test_plans_as_sold_are_the_configs_with_computed_amounts() -> None:
    account = with_billing()
    account.write(billing(plans={"pro": {"annual_monthly_amount": 5000}}))

    newest, pro = plans_json(account.instance, "org")

    assert newest["is_default"] is True
    assert pro["fee"]["amount_formatted"] == "60.00"
    assert pro["annual_monthly_fee"]["amount"] == 5000
    assert pro["annual_fee"]["amount"] == 60_000
    assert pro["has_base_fee"] is True
    assert [feature["slug"] for feature in pro["features"]] == ["audit", "sso"]
    assert plans_json(account.instance, "user") == []


def test_a_plan_keeps_its_id_until_it_is_removed() -> None:
    account = with_billing()
    first = account.instance.id_of("plan", "pro")

    account.write(billing(plans={"pro": {"amount": 1}}))
    changed = account.instance.id_of("plan", "pro")
    account.write(billing(plans={"pro": None}), destructive=True)
    account.write(billing(plans={"pro": PRO}))

    assert changed == first
    assert account.instance.id_of("plan", "pro") != first
