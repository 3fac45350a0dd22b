"""How many subscribe: asked with the fewest requests, and never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clerkstack.clients.errors import ApiError
from clerkstack.live.session import Session
from clerkstack.providers.allowances import Asking, Subscribers, how_to_allow, refused
from clerkstack.reconcile.danger import Danger
from clerkstack.settings.models import Allowed

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
        (Clerk(("a", "active")), {}, "1 subscriber.\nNothing was done"),
        (Clerk(("a", "active"), ("a", "active")), {}, "2 subscribers.\nNothing was done"),
        (Clerk(refusing=True), {}, "Clerk does not say how many subscribe to it"),
        (Clerk(("a", "active")), {"a": ["price"]}, None),
        (Clerk(("a", "active")), {"a": ["remove"]}, "'clerkstack:allow.plans.a[1]' price"),
        (Clerk(("a", "active")), {"b": ["price"]}, "'clerkstack:allow.plans.a[0]' price"),
    ],
)
def test_a_danger_is_refused_unless_it_is_allowed(
    clerk: Clerk, allowed: dict[str, Any], told: str | None
) -> None:
    subscribers = Subscribers(cast(Session, clerk), "app_1", "production")

    asking = Asking("prod")

    reasons = refused([price("a")], Allowed(plans=allowed), subscribers, PLACE, asking)

    assert len(reasons) == (told is not None)
    assert all(told in reason for reason in reasons if told)


def removed(plan: str) -> Danger:
    return Danger("plans", plan, "remove", "it leaves the catalog", (plan,))


FEATURE = Danger("features", "x", "remove", "it leaves the catalog")
TOGGLE = Danger("toggles", "billing.userEnabled", "off", "it is turned off", payer="user")
CATALOG = [removed("a"), price("b"), FEATURE, removed("c")]


def asked(
    clerk: Clerk, dangers: list[Danger], asking: Asking, *, sandbox: bool = True
) -> list[str]:
    subscribers = Subscribers(cast(Session, clerk), "app_1", "development")
    place = "the development instance"
    return refused(dangers, Allowed(), subscribers, place, asking, sandbox=sandbox)


def test_a_sandbox_that_nobody_subscribes_to_is_reported_once_and_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asking = Asking("dev")

    assert asked(Clerk(("d", "active"), ("a", "ended")), CATALOG, asking) == []
    assert asked(Clerk(), CATALOG, asking) == []

    told = capsys.readouterr().err
    assert told.count("Nobody subscribes") == 1
    assert "plan a (remove), feature x (remove), plan c (remove)" in told


@pytest.mark.parametrize(
    ("clerk", "sandbox"),
    [
        (Clerk(("c", "active")), True),
        (Clerk(), False),
        (Clerk(refusing=True), True),
    ],
)
def test_elsewhere_one_command_allows_all_of_it(clerk: Clerk, sandbox: bool) -> None:
    [reason] = asked(clerk, CATALOG, Asking("dev"), sandbox=sandbox)

    *_, command = reason.splitlines()
    assert command.count("pulumi config set") == 1
    assert "--stack dev --path" in command
    allowed = {word for word in command.split("'") if word.startswith("clerkstack:allow")}
    shown = {line.split("'")[1] for line in reason.splitlines() if line.startswith("DANGER")}
    assert {word.split(".")[2].split("[")[0] for word in allowed} == shown
    gentle = [line for line in reason.splitlines() if line.startswith("Gently")]
    assert any("publicly_visible: false" in line and "409" in line for line in gentle) is (
        clerk.refusing or bool(clerk.items)
    )


def test_a_toggle_is_asked_for_in_a_sandbox_too() -> None:
    opened = Danger("toggles", "organizations.enabled", "off", "it is turned off")

    [reason] = asked(Clerk(), [opened], Asking("dev"))

    assert reason.endswith(
        "pulumi config set --stack dev --path 'clerkstack:allow.toggles[0]' organizations.enabled"
    )


def test_the_last_command_allows_what_all_resources_were_refused() -> None:
    asking = Asking("dev")
    opened = Danger("toggles", "organizations.enabled", "off", "it is turned off")
    asked(Clerk(), [opened], asking)

    [reason] = asked(Clerk(("a", "active")), [removed("a"), FEATURE], asking, sandbox=False)

    words = reason.splitlines()[-1].split("--plaintext ")[1:]
    assert [word.strip() for word in words] == [
        "'clerkstack:allow.toggles[0]=organizations.enabled'",
        "'clerkstack:allow.plans.a[0]=remove'",
        "'clerkstack:allow.features.x[0]=remove'",
    ]


def test_what_is_allowed_already_is_kept() -> None:
    allowed = Allowed(plans={"a": ["visibility"]}, toggles=["signIn.oauth.google.enabled"])
    dangers = [removed("a"), price("a"), TOGGLE, removed("a")]

    command = how_to_allow(dangers, allowed, None)

    assert command == (
        "pulumi config set-all --path --plaintext 'clerkstack:allow.plans.a[1]=remove' "
        "--plaintext 'clerkstack:allow.plans.a[2]=price' "
        "--plaintext 'clerkstack:allow.toggles[1]=billing.userEnabled'"
    )
