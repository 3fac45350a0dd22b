"""How many subscribe: asked with the fewest requests, and never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clerkstack.clients.errors import ApiError
from clerkstack.providers.allowances import Subscribers, refused
from clerkstack.providers.session import Session
from clerkstack.reconcile.danger import Danger
from clerkstack.settings import Allowed

PLACE = "the production instance"


class Clerk:
    """A Backend API with some subscriptions, as (plan, status); counts what it is asked."""

    def __init__(self, *items: tuple[str, str], refusing: bool = False) -> None:
        self.items = [
            SimpleNamespace(plan_id=f"id_{plan}", status=status) for plan, status in items
        ]
        self.refusing = refusing
        self.asked: list[str] = []

    def __enter__(self) -> Clerk:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def backend(self, *_: str) -> Clerk:
        if self.refusing:
            raise ApiError(vendor="Clerk", operation="x", status=403, code="no", message="no")
        return self

    def list_plans(self) -> list[Any]:
        self.asked.append("plans")
        return [SimpleNamespace(slug=slug, id=f"id_{slug}") for slug in "abcdef"]

    def list_subscription_items(self) -> list[Any]:
        self.asked.append("list")
        return self.items

    def count_subscription_items(self, **which: str) -> int:
        self.asked.append("count")
        return sum(
            which.get("plan_id") in (None, item.plan_id)
            and which.get("status") in (None, item.status)
            for item in self.items
        )


def counts(clerk: Clerk, dangers: Iterable[Danger]) -> list[int | None]:
    return Subscribers(cast(Session, clerk), "app_1", "production").of(list(dangers))


def price(plan: str) -> Danger:
    return Danger("plans", plan, "price", "", (plan,), harmless_without=True)


def test_ended_subscriptions_do_not_count_and_all_others_do() -> None:
    statuses = ("active", "past_due", "upcoming", "canceled", "ended", "ended")
    clerk = Clerk(*(("a", status) for status in statuses), ("b", "active"))

    assert counts(clerk, [price("a")]) == [4]
    assert clerk.asked == ["plans", "count", "count"]


@pytest.mark.parametrize("subscribed", [0, 7])
def test_many_plans_are_counted_together(subscribed: int) -> None:
    clerk = Clerk(*[("c", "active")] * subscribed, *[("d", "ended")] * bool(subscribed))

    assert counts(clerk, map(price, "abcde")) == [0, 0, subscribed, 0, 0]
    assert clerk.asked == ["plans", "count", *(["list"] if subscribed else [])]


def test_a_plan_that_clerk_does_not_list_is_not_known() -> None:
    assert counts(Clerk(), [price("a"), price("z")]) == [0, None]
    assert counts(Clerk(refusing=True), [price("a")]) == [None]


def test_what_nobody_subscribes_to_is_not_asked() -> None:
    clerk = Clerk(("a", "active"))
    toggle = Danger("toggles", "organizations.enabled", "off", "")

    assert counts(clerk, [toggle]) == [None]
    assert clerk.asked == []


@pytest.mark.parametrize(
    ("clerk", "allowed", "told"),
    [
        (Clerk(), {}, None),
        (Clerk(("a", "active")), {}, "1 subscriber. Nothing is done"),
        (Clerk(("a", "active"), ("a", "active")), {}, "2 subscribers. Nothing is done"),
        (Clerk(refusing=True), {}, "Clerk does not tell how many subscribe to it"),
        (Clerk(("a", "active")), {"a": ["price"]}, None),
        (Clerk(("a", "active")), {"a": ["remove"]}, "'clerkstack:allow.plans.a[1]' price"),
        (Clerk(("a", "active")), {"b": ["price"]}, "'clerkstack:allow.plans.a[0]' price"),
    ],
)
def test_a_danger_is_refused_unless_it_is_allowed(
    clerk: Clerk, allowed: dict[str, Any], told: str | None
) -> None:
    subscribers = Subscribers(cast(Session, clerk), "app_1", "production")

    reasons = refused([price("a")], Allowed(plans=allowed), subscribers, PLACE)

    assert len(reasons) == (told is not None)
    assert all(told in reason for reason in reasons if told)
