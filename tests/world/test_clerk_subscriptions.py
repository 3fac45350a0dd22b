"""Subscribers: made in the dashboard, listed by the Backend API, an obstacle to removal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.world import World, seed
from local.world.clerk import ClerkBackend
from local.world.clerk.subscriptions import MONTH_MS, items_json
from local.world.svix import SvixBackend
from tests.world.clerk_accounts import PRO, Account, billing, with_billing

CONFIG = f"/v1/platform/applications/{seed.APPLICATION_ID}/instances/development/config"
PLATFORM = {"Authorization": f"Bearer {seed.PLATFORM_KEY}"}
CHANGE = {
    "organization_settings": {"enabled": True},
    "billing": {
        "organization_enabled": True,
        "user_enabled": True,
        "plans": {
            "pro": {"name": "Pro", "payer_type": "org", "amount": 6000},
            "solo": {"name": "Solo", "payer_type": "user", "amount": 900},
        },
    },
}


@pytest.fixture
def world() -> Iterator[World]:
    with World(proxy=False) as started:
        patch(started, CHANGE)
        yield started


def patch(world: World, change: dict[str, Any], **query: str) -> dict[str, Any]:
    answer = httpx.patch(f"{world.urls.clerk}{CONFIG}", json=change, params=query, headers=PLATFORM)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def subscribe(world: World, plan: str, payers: int) -> None:
    world.dashboard("subscribe", environment="development", plan=plan, payers=payers)


def get(world: World, path: str, **query: str) -> dict[str, Any]:
    secret = world.clerk.instance(seed.APPLICATION_ID, "development").secret
    answer = httpx.get(
        f"{world.urls.clerk}/v1/billing/{path}",
        params=query,
        headers={"Authorization": f"Bearer {secret}"},
    )
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def slugs(world: World, **query: str) -> list[str]:
    return [each["plan"]["slug"] for each in get(world, "subscription_items", **query)["data"]]


def act(account: Account, **body: Any) -> None:
    account.clerk.dashboard("subscribe", {"environment": "development", **body})


def ids(account: Account) -> list[str]:
    now = account.clerk.now_ms()
    return [document["id"] for document in items_json(account.instance, now, include_free=True)]


# -- the list ---------------------------------------------------------------------------------


def test_the_newest_subscriber_is_listed_first(world: World) -> None:
    subscribe(world, "pro", 2)
    subscribe(world, "solo", 1)

    assert slugs(world) == ["solo", "pro", "pro"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "active"}, ["solo", "pro", "pro"]),
        ({"status": "free_trial"}, []),
        ({"payer_type": "user"}, ["solo"]),
        ({"include_free": "false"}, ["solo", "pro", "pro"]),
        ({"include_free": "true"}, ["free_org", "solo", "pro", "pro"]),
        ({"query": "FREE_", "include_free": "true"}, ["free_org"]),
        ({"plan_id": "cplan_nowhere"}, []),
        ({"limit": "1", "offset": "1"}, ["pro"]),
    ],
)
def test_a_parameter_leaves_out_what_does_not_fit(
    world: World, query: dict[str, str], expected: list[str]
) -> None:
    for plan, payers in (("pro", 2), ("solo", 1), ("free_org", 1)):
        subscribe(world, plan, payers)

    assert slugs(world, **query) == expected


def test_items_come_in_pages_of_ten_unless_all_are_wanted(world: World) -> None:
    subscribe(world, "pro", 12)

    assert len(slugs(world)) == 10
    assert len(slugs(world, paginated="false")) == 12
    assert get(world, "subscription_items", limit="1")["total_count"] == 12


def test_the_plan_id_is_the_one_of_the_list_of_plans(world: World) -> None:
    subscribe(world, "pro", 2)
    subscribe(world, "solo", 1)
    shown = {each["slug"]: each["id"] for each in get(world, "plans")["data"]}

    assert slugs(world, plan_id=shown["solo"]) == ["solo"]
    assert slugs(world, plan_id=shown["pro"]) == ["pro", "pro"]


def test_subscribers_outlive_a_price_edit(world: World) -> None:
    subscribe(world, "pro", 2)
    before = get(world, "subscription_items")

    patch(world, billing(plans={"pro": {"amount": 7000}}))
    after = get(world, "subscription_items")

    for field in ("id", "plan_id", "payer_id", "status", "created_at"):
        assert [each[field] for each in after["data"]] == [each[field] for each in before["data"]]
    assert after["data"][0]["plan"]["fee"]["amount"] == 7000


def test_the_period_is_the_one_that_runs_now() -> None:
    account = with_billing()
    act(account, plan="pro", payers=1)
    made = account.clerk.now_ms()

    account.clock.now += 1.5 * MONTH_MS / 1000
    item = items_json(account.instance, account.clerk.now_ms())[0]

    assert item["created_at"] == made
    assert (item["period_start"], item["period_end"]) == (made + MONTH_MS, made + 2 * MONTH_MS)


# -- the dashboard ----------------------------------------------------------------------------


def test_the_number_is_how_many_there_are_from_then_on() -> None:
    account = with_billing()

    act(account, plan="free_org", payers=1)
    act(account, plan="pro", payers=3)
    three = ids(account)
    act(account, plan="pro", payers=2)
    two = ids(account)
    act(account, plan="pro", payers=0)

    assert two == three[1:]  # the newest went
    assert ids(account) == three[-1:]


@pytest.mark.parametrize(
    ("plan", "payers", "error"),
    [
        ("nowhere", 1, LookupError),
        ("pro", -1, ValueError),
        ("pro", 10_001, ValueError),
        ("pro", True, ValueError),
        ("pro", "1", ValueError),
    ],
)
def test_what_can_not_be_subscribed_is_refused(
    plan: str, payers: Any, error: type[Exception]
) -> None:
    account = with_billing()

    with pytest.raises(error):
        act(account, plan=plan, payers=payers)

    assert ids(account) == []


# -- state ------------------------------------------------------------------------------------


def test_subscribers_are_in_the_state_file(tmp_path: Path) -> None:
    with World(tmp_path, proxy=False) as world:
        patch(world, CHANGE)
        subscribe(world, "pro", 2)
        before = get(world, "subscription_items")

    with World(tmp_path, proxy=False) as world:
        assert get(world, "subscription_items") == before


def test_a_state_from_before_there_were_subscribers_is_read() -> None:
    state = json.loads(json.dumps(with_billing().clerk.dump()))
    for application in state["applications"].values():
        for instance in application["instances"].values():
            del instance["subscriptions"]
    clerk = ClerkBackend(svix=SvixBackend())

    clerk.load(state)

    assert [each.subscriptions for each in clerk.instances()] == [[]]


def test_a_clone_has_no_subscribers() -> None:
    account = with_billing()
    act(account, plan="pro", payers=1)
    source = account.instance

    made = account.clerk.create_instance("app_tests", domain="a.dev", clone_of=source.id)

    assert (len(source.subscriptions), made.subscriptions) == (1, [])


# -- removal ----------------------------------------------------------------------------------


def test_a_plan_with_subscribers_stays_until_they_are_gone() -> None:
    account = with_billing()
    act(account, plan="pro", payers=1)

    refused = [
        account.refused(change, destructive=True)
        for change in (billing(plans={"pro": None}), {"billing": None})
    ]
    act(account, plan="pro", payers=0)
    account.write(billing(plans={"pro": None}), destructive=True)

    for error in refused:
        assert (error.status, error.code) == (409, "plan_cannot_be_deleted")
        assert "active subscribers" in error.message
    assert "pro" not in account.read("billing")["plans"]


def test_a_put_that_leaves_the_plan_out_and_a_dry_run_are_refused_as_well() -> None:
    account = with_billing()
    act(account, plan="pro", payers=1)
    whole = account.clerk.read_config(account.instance, ())
    whole["billing"]["plans"] = {"free_org": whole["billing"]["plans"]["free_org"]}

    put = account.refused(whole, replace=True, destructive=True)
    dry = account.refused(billing(plans={"pro": None}), destructive=True, dry_run=True)

    assert {put.code, dry.code} == {"plan_cannot_be_deleted"}


def test_another_plan_is_removed_beside_one_with_subscribers() -> None:
    account = with_billing()
    account.write(billing(plans={"team": {**PRO, "name": "Team"}}))
    act(account, plan="pro", payers=1)

    account.write(billing(plans={"team": None}), destructive=True)

    assert set(account.read("billing")["plans"]) == {"free_org", "pro"}


# -- a dry run that is none -------------------------------------------------------------------


def test_a_dry_run_can_be_ignored_once(world: World) -> None:
    world.fault(kind="dry_run_ignored", service="clerk", method="PATCH")

    ignored = patch(world, billing(plans={"pro": {"amount": 1}}), dry_run="true", keys="billing")
    heeded = patch(world, billing(plans={"pro": {"amount": 2}}), dry_run="true")
    entries = [each for each in world.journal() if each.method == "PATCH"][-2:]

    assert (ignored["dry_run"], heeded["dry_run"]) == (False, True)
    assert list(ignored["after"]) == ["billing"]  # the other parameters count
    assert heeded["before"]["billing"]["plans"]["pro"]["amount"] == 1
    assert ignored["config_version"] == heeded["config_version"]
    assert [entry.fault for entry in entries] == ["dry_run_ignored", None]
