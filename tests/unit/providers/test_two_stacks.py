"""Two stacks of one instance: neither takes, changes or removes what the other declares.

After both are destroyed nothing is left of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clerkstack.problems import ClerkstackError
from local.driven import Refused
from local.world import World
from tests.two_stacks import BYPASS, KINDS, SharedTestbed, Stack, declared, killed_at, live

# Roles and billing need organizations.
PARTS = [
    ("organizations",),
    *(("organizations", kind) for kind in KINDS if kind not in ("instance", "organizations")),
]
DIFFERENTLY: dict[str, tuple[str, dict[str, Any], str]] = {
    "organizations": ("organizations", {"most": 12}, "max_allowed_memberships: 9 → 12"),
    "sign_in": ("sign_in", {"claims": "theirs"}, "session token: claims.of: ours → theirs"),
    "secret": ("sign_in", {"secret": "another"}, "OAuth github: client secret: another one"),
    "roles": ("roles", {"role": "Money"}, "role org:finance: name: Finance → Money"),
    "billing": ("billing", {"amount": 7000}, "plan pro: amount: 6000 → 7000"),
    "api_keys": ("api_keys", {"users": True}, "user_api_keys_enabled: False → True"),
    "webhook": (
        "webhook",
        {"events": ("user.created", "user.deleted")},
        "the webhook endpoint at one.sendero.example: events",
    ),
    "header": (
        "webhook",
        {"headers": {BYPASS: "another"}},
        f"the webhook endpoint at one.sendero.example: header {BYPASS}: another one",
    ),
}
"""What one declares differently: the part, how, and what is said of it."""


@pytest.fixture(scope="module")
def _world() -> Iterator[World]:
    with World(proxy=False) as started:
        yield started


@pytest.fixture
def testbed(_world: World, tmp_path: Path) -> SharedTestbed:
    _world.reset()
    _world.dashboard("advertise_api_keys", on=True)
    _world.dashboard("set_api_keys", environment="development", organizations=False, users=False)
    return SharedTestbed(_world, tmp_path)


def two_stacks(testbed: SharedTestbed, where: str) -> tuple[Stack, Stack]:
    """Two stacks in one checkout, in two, or in two backends."""
    checkout = "one" if where == "one checkout" else "two"
    backend = "two" if where == "two backends" else "one"
    return testbed.stack("one"), testbed.stack("two", checkout=checkout, backend=backend)


ANYWHERE = pytest.mark.parametrize("where", ["one checkout", "two checkouts", "two backends"])
FIRST = pytest.mark.parametrize("first", [0, 1], ids=["the first goes first", "the second does"])


@FIRST
@pytest.mark.parametrize("parts", [*PARTS, KINDS], ids=lambda parts: "+".join(parts))
def test_what_both_declare_stays_until_both_are_gone(
    testbed: SharedTestbed, first: int, parts: tuple[str, ...]
) -> None:
    before = live(testbed.world)
    stacks = two_stacks(testbed, "two checkouts")
    for stack in stacks:
        stack.up(declared(testbed.world, parts=parts))
    there = live(testbed.world)

    stacks[first].destroy()
    assert live(testbed.world) == there

    stacks[1 - first].destroy()
    assert live(testbed.world) == before


def test_what_is_passed_on_goes_to_and_fro(testbed: SharedTestbed) -> None:
    before = live(testbed.world)
    one, two = two_stacks(testbed, "two checkouts")
    both = declared(testbed.world)
    one.up(both)
    two.up(both)
    one.destroy()
    one.up(both)
    two.destroy()
    two.up(both)
    two.destroy()
    assert live(testbed.world) != before

    one.destroy()
    assert live(testbed.world) == before


@ANYWHERE
@FIRST
def test_an_endpoint_of_its_own_is_made_and_goes(
    testbed: SharedTestbed, where: str, first: int
) -> None:
    before = live(testbed.world)
    stacks = two_stacks(testbed, where)
    stacks[0].up(declared(testbed.world, parts=["webhook"]))
    stacks[1].up(declared(testbed.world, parts=["webhook"], host="two.sendero.example"))
    assert {name for name in live(testbed.world) if name.startswith("endpoint")} == {
        "endpoint https://one.sendero.example/api/webhooks/clerk",
        "endpoint https://two.sendero.example/api/webhooks/clerk",
    }

    stacks[first].destroy()
    left = ["two", "one"][first]
    assert [name for name in live(testbed.world) if name.startswith("endpoint")] == [
        f"endpoint https://{left}.sendero.example/api/webhooks/clerk"
    ]

    stacks[1 - first].destroy()
    assert live(testbed.world) == before


@pytest.mark.parametrize("case", DIFFERENTLY)
def test_the_second_one_declares_nothing_differently(testbed: SharedTestbed, case: str) -> None:
    part, changes, said = DIFFERENTLY[case]
    parts = ["organizations", part]
    one, two = two_stacks(testbed, "two checkouts")
    one.up(declared(testbed.world, parts=parts))
    there = live(testbed.world)

    with pytest.raises(Refused) as refused:
        two.up(declared(testbed.world, parts=parts, **changes))
    assert "The stack one shares the development instance" in str(refused.value)
    assert said in str(refused.value)
    assert "pulumi up --stack one" in str(refused.value)

    two.up(declared(testbed.world, parts=parts))
    with pytest.raises(Refused, match="The stack one shares"):
        two.up(declared(testbed.world, parts=parts, **changes))
    assert live(testbed.world) == there


@pytest.mark.parametrize("case", DIFFERENTLY)
def test_the_first_one_changes_what_is_shared_and_the_second_follows(
    testbed: SharedTestbed, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    part, changes, _ = DIFFERENTLY[case]
    parts = ["organizations", part]
    before = live(testbed.world)
    one, two = two_stacks(testbed, "two checkouts")
    for stack in (one, two):
        stack.up(declared(testbed.world, parts=parts))

    if part == "api_keys":
        # The only switch without an API.
        testbed.world.dashboard(
            "set_api_keys", environment="development", organizations=True, users=True
        )
    one.up(declared(testbed.world, parts=parts, **changes))
    assert "Next: pulumi up --stack two" in capsys.readouterr().err
    there = live(testbed.world)

    two.up(declared(testbed.world, parts=parts, **changes))
    assert live(testbed.world) == there
    one.destroy()
    assert live(testbed.world) == there
    two.destroy()
    assert live(testbed.world) == before


def test_who_came_second_owns_what_it_declared_first(testbed: SharedTestbed) -> None:
    one, two = two_stacks(testbed, "two checkouts")
    one.up(declared(testbed.world))
    two.up(declared(testbed.world, more=("extra", "org:more")))
    one.up(declared(testbed.world, more=("extra", "org:more")))

    changed = declared(testbed.world, more=("extra", "org:more"))
    changed["billing"]["plans"]["extra"]["amount"] = 500
    changed["roles"]["roles"]["org:more"]["name"] = "Even more"
    with pytest.raises(Refused, match="The stack two shares"):
        one.up(changed)
    two.up(changed)

    assert live(testbed.world)["config billing"]["plans"]["extra"]["amount"] == 500
    assert live(testbed.world)["role org:more"][0] == "Even more"


@FIRST
def test_what_one_does_not_declare_any_more_stays_for_the_other(
    testbed: SharedTestbed, first: int
) -> None:
    before = live(testbed.world)
    stacks = two_stacks(testbed, "two checkouts")
    for stack in stacks:
        stack.up(declared(testbed.world))
    there = live(testbed.world)

    less = declared(testbed.world, without=("pro", "org:finance"))
    stacks[first].up(less)
    assert live(testbed.world) == there

    stacks[1 - first].up(less)
    left = live(testbed.world)
    assert set(left["config billing"]["plans"]) == {"team"}
    assert "role org:finance" not in left
    assert "permission org:invoices:read" not in left
    for stack in stacks:
        stack.destroy()
    assert live(testbed.world) == before


def test_what_the_second_one_needs_stays(testbed: SharedTestbed) -> None:
    """A role of its own with one of the first stack's permissions."""
    one, two = two_stacks(testbed, "two checkouts")
    one.up(declared(testbed.world, parts=["organizations", "roles"]))
    needs = declared(testbed.world, parts=["organizations", "roles"])
    needs["roles"]["permissions"] = {}
    needs["roles"]["roles"] = {"org:books": {"name": "Books", "permissions": ["org:invoices:read"]}}
    two.up(needs)

    one.destroy()

    assert "permission org:invoices:read" in live(testbed.world)
    assert len(live(testbed.world)["role org:books"][2]) == 1


@pytest.mark.parametrize("where", ["one checkout", "two backends"])
@pytest.mark.parametrize(
    ("number", "moment"), [(4, "before"), (9, "after"), (16, "after"), (3, "written")]
)
def test_a_killed_first_run_takes_nothing_of_the_other_ones(
    testbed: SharedTestbed, where: str, number: int, moment: str
) -> None:
    one, two = two_stacks(testbed, where)
    one.up(declared(testbed.world))
    there = live(testbed.world)

    with killed_at(two, number, moment):
        two.up(declared(testbed.world, host="two.sendero.example"))
    two.up(declared(testbed.world, host="two.sendero.example"))
    two.destroy()

    assert live(testbed.world) == there


@pytest.mark.parametrize(
    ("number", "moment"),
    [(4, "after"), (9, "after"), (12, "before"), (16, "after"), (4, "written")],
)
@FIRST
def test_what_a_killed_run_made_is_known_to_the_other_stack(
    testbed: SharedTestbed, number: int, moment: str, first: int
) -> None:
    before = live(testbed.world)
    stacks = two_stacks(testbed, "one checkout")
    with killed_at(stacks[0], number, moment):
        stacks[0].up(declared(testbed.world))
    for stack in (stacks[1], stacks[0]):
        stack.up(declared(testbed.world))
    there = live(testbed.world)

    stacks[first].destroy()
    assert live(testbed.world) == there
    stacks[1 - first].destroy()
    assert live(testbed.world) == before


@pytest.mark.parametrize(
    ("number", "moment"), [(1, "after"), (5, "before"), (8, "after"), (2, "written")]
)
@FIRST
def test_a_killed_destroy_leaves_the_other_one_its_own(
    testbed: SharedTestbed, number: int, moment: str, first: int
) -> None:
    before = live(testbed.world)
    stacks = two_stacks(testbed, "two checkouts")
    for stack in stacks:
        stack.up(declared(testbed.world))
    there = live(testbed.world)

    with killed_at(stacks[first], number, moment):
        stacks[first].destroy()
    stacks[first].recover()
    stacks[first].destroy()
    assert live(testbed.world) == there

    stacks[1 - first].destroy()
    assert live(testbed.world) == before


def test_a_stack_that_is_begun_again_finds_no_note(testbed: SharedTestbed) -> None:
    one = testbed.stack("one")
    one.up(declared(testbed.world))
    there = live(testbed.world)
    one.forget()

    one.up(declared(testbed.world))
    one.destroy()

    assert live(testbed.world) == there


def test_one_checkout_and_two_backends_have_notes_of_their_own(testbed: SharedTestbed) -> None:
    one = testbed.stack("dev")
    same_name = testbed.stack("dev", backend="two")
    with killed_at(one, 9, "after"):
        one.up(declared(testbed.world))
    there = live(testbed.world)

    same_name.up(declared(testbed.world, parts=["organizations"]))
    same_name.destroy()

    assert (
        live(testbed.world)["config organization_settings"] == there["config organization_settings"]
    )


def test_a_renamed_stack_is_no_other_one(testbed: SharedTestbed) -> None:
    before = live(testbed.world)
    one = testbed.stack("one")
    one.up(declared(testbed.world))
    one.name = "renamed"

    one.destroy()

    assert live(testbed.world) == before


def test_a_state_that_can_not_be_read_stops_what_it_may_concern(testbed: SharedTestbed) -> None:
    one, two = two_stacks(testbed, "two checkouts")
    one.up(declared(testbed.world))
    there = live(testbed.world)
    testbed.broken.add("one")

    with pytest.raises(ClerkstackError, match="The state of the stack one cannot be read"):
        two.up(declared(testbed.world))
    assert live(testbed.world) == there


@FIRST
def test_states_of_an_older_version_leave_each_other_alone(
    testbed: SharedTestbed, first: int
) -> None:
    stacks = two_stacks(testbed, "two checkouts")
    for stack in stacks:
        stack.up(declared(testbed.world))
        stack.as_older()
    there = live(testbed.world)

    testbed.world.clear_journal()
    for stack in stacks:
        stack.up(declared(testbed.world))
    assert testbed.world.journal() == []
    stacks[first].destroy()

    assert live(testbed.world) == there


def test_what_becomes_shared_is_reported(
    testbed: SharedTestbed, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = two_stacks(testbed, "two checkouts")
    one.up(declared(testbed.world, more=("extra", "org:more")))
    two.up(declared(testbed.world))
    capsys.readouterr()

    two.up(declared(testbed.world, more=("extra", "org:more")))

    told = capsys.readouterr().err
    assert "shared with one: role org:more\n" in told
    assert "shared with one: feature of_extra, plan extra\n" in told


@FIRST
@pytest.mark.parametrize(
    "case", [case for case in DIFFERENTLY if case not in ("api_keys", "header")]
)
def test_who_has_not_followed_yet_gets_back_what_it_declares(
    testbed: SharedTestbed, case: str, first: int
) -> None:
    part, changes, _ = DIFFERENTLY[case]
    parts = ["organizations", part]
    before = live(testbed.world)
    one, two = two_stacks(testbed, "two checkouts")
    for stack in (one, two):
        stack.up(declared(testbed.world, parts=parts))
    both = live(testbed.world)
    one.up(declared(testbed.world, parts=parts, **changes))
    changed = live(testbed.world)

    if first == 0:
        one.destroy()
        assert live(testbed.world) == both
        two.destroy()
    else:
        two.destroy()
        assert live(testbed.world) == changed
        one.destroy()
    assert live(testbed.world) == before


HOOKS = ["organizations", "webhook"]
MORE = {BYPASS: "own", "x-more": "more"}
ENDPOINT = "endpoint https://one.sendero.example/api/webhooks/clerk"


def by_hand(testbed: SharedTestbed) -> None:
    """A person has made the endpoint, with a custom header."""
    hand = testbed.stack("hand", backend="none")
    theirs = {BYPASS: "theirs", "x-theirs": "kept"}
    events = ("organization.created",)
    hand.up(declared(testbed.world, parts=["webhook"], headers=theirs, events=events))
    testbed.stacks.remove(hand)


@FIRST
@pytest.mark.parametrize("hand", [False, True], ids=["new", "by hand"])
def test_a_header_that_one_of_them_brought_goes_with_the_last_that_declares_it(
    testbed: SharedTestbed, first: int, hand: bool
) -> None:
    if hand:
        by_hand(testbed)
    before = live(testbed.world)
    stacks = two_stacks(testbed, "two checkouts")
    for stack in stacks:
        stack.up(declared(testbed.world, parts=HOOKS, headers=MORE))
    both = live(testbed.world)

    stacks[first].up(declared(testbed.world, parts=HOOKS, headers={BYPASS: "own"}))
    assert live(testbed.world) == both
    stacks[first].destroy()
    assert live(testbed.world) == both

    stacks[1 - first].up(declared(testbed.world, parts=HOOKS, headers={BYPASS: "own"}))
    assert "x-more" not in live(testbed.world)[ENDPOINT][2]
    stacks[1 - first].destroy()

    left = live(testbed.world)
    if hand and first == 0:
        # What the first stack found is encrypted in its state: nobody else can restore it.
        description, events, headers = left[ENDPOINT]
        assert headers == {BYPASS: "own", "x-theirs": "kept"}
        left[ENDPOINT] = description, events, before[ENDPOINT][2]
    assert left == before


@pytest.mark.parametrize("first", [0, 1])
def test_a_header_of_one_alone_goes_with_it(testbed: SharedTestbed, first: int) -> None:
    stacks = two_stacks(testbed, "two checkouts")
    for stack, headers in zip(stacks, ({"x-one": "1"}, {"x-two": "2"}), strict=True):
        stack.up(declared(testbed.world, parts=HOOKS, headers=headers))
    assert live(testbed.world)[ENDPOINT][2] == {"x-one": "1", "x-two": "2"}

    stacks[first].destroy()

    assert live(testbed.world)[ENDPOINT][2] == ({"x-two": "2"}, {"x-one": "1"})[first]


def test_a_header_that_the_owner_changed_last_is_reported_to_whoever_has_not_followed(
    testbed: SharedTestbed, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = two_stacks(testbed, "two checkouts")
    for stack in (one, two):
        stack.up(declared(testbed.world, parts=HOOKS))
    one.up(declared(testbed.world, parts=HOOKS, headers={BYPASS: "another"}))
    one.destroy()

    told = capsys.readouterr().err
    assert f"the header {BYPASS} keeps its value, but two declares another one" in told
    assert "pulumi up --refresh --stack two" in told
    assert "another" not in told.replace("declares another one", "")
    two.recover()
    two.up(declared(testbed.world, parts=HOOKS))
    assert live(testbed.world)[ENDPOINT][2] == {BYPASS: "own"}


@FIRST
@pytest.mark.parametrize("hidden", [(True, False), (False, True), (True, True)], ids=str)
def test_an_endpoint_is_shared_where_one_of_them_keeps_its_url_secret(
    testbed: SharedTestbed, first: int, hidden: tuple[bool, bool]
) -> None:
    before = live(testbed.world)
    stacks = two_stacks(testbed, "two checkouts")
    for stack, secret in zip(stacks, hidden, strict=True):
        stack.up(declared(testbed.world, parts=HOOKS, hidden=secret))
    there = live(testbed.world)
    with pytest.raises(Refused, match="The stack one shares"):
        stacks[1].up(
            declared(testbed.world, parts=HOOKS, hidden=hidden[1], events=("organization.created",))
        )

    stacks[first].destroy()
    assert live(testbed.world) == there
    stacks[1 - first].destroy()
    assert live(testbed.world) == before
