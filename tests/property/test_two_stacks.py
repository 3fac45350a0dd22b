"""Two and three stacks of one instance, brought up, changed, killed and destroyed in any order.

No stack removes what another one declares, none changes what another one owns, and after the last
one is destroyed everything is as before the first.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clerkstack.problems import ClerkstackError
from local.driven import Refused
from local.world import World
from tests.two_stacks import KINDS, SharedTestbed, Stack, declared, killed_at, live

RUNS = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
HANDS: tuple[dict[str, Any], ...] = (
    {},
    {"organization_settings": {"enabled": True, "max_allowed_memberships": 5}},
    {
        "organization_settings": {"enabled": True},
        "billing": {
            "organization_enabled": True,
            "plans": {
                "pro": {"name": "By hand", "amount": 100, "payer_type": "org", "features": []}
            },
        },
    },
)
"""What a person made before either stack came."""


@dataclass(frozen=True)
class Run:
    """One run of a stack: what it declares (None: a destroy), and where it is killed."""

    stack: int
    choices: Mapping[str, Any] | None
    kill: tuple[int, str] | None


choices = st.fixed_dictionaries(
    {
        "parts": st.sampled_from(
            [tuple(KINDS), ("organizations", "billing", "roles"), ("organizations", "webhook")]
        ),
        "amount": st.sampled_from([6000, 6000, 7000]),
        "most": st.sampled_from([9, 9, 12]),
        "without": st.sampled_from([(), (), ("pro",), ("org:finance",), ("pro", "team")]),
        "more": st.sampled_from([(), ("extra",), ("org:more",)]),
        "own_host": st.booleans(),
        "role": st.sampled_from(["Finance", "Finance", "Money"]),
        "card": st.sampled_from([False, False, True]),
        "free": st.sampled_from([(), ("audit",)]),
        "headers": st.sampled_from([{}, {"x-a": "1"}, {"x-a": "1"}, {"x-a": "2"}, {"x-b": "1"}]),
        "hidden": st.booleans(),
    }
)
runs = st.builds(
    Run,
    stack=st.integers(0, 2),
    choices=st.one_of(choices, choices, choices, st.none()),
    kill=st.one_of(
        st.none(),
        st.none(),
        st.tuples(st.integers(1, 24), st.sampled_from(["before", "after", "written"])),
    ),
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World(proxy=False) as started:
        yield started


@RUNS
@given(
    hand=st.sampled_from(HANDS),
    checkouts=st.integers(1, 2),
    number=st.integers(2, 3),
    order=st.lists(runs, min_size=2, max_size=5),
    last=st.permutations(range(3)),
)
def test_any_order(
    world: World,
    tmp_path_factory: pytest.TempPathFactory,
    hand: Mapping[str, Any],
    checkouts: int,
    number: int,
    order: list[Run],
    last: list[int],
) -> None:
    world.reset()
    for section, fields in hand.items():
        world.dashboard("set_config", environment="development", changes={section: fields})
    folder = tmp_path_factory.mktemp("bed")
    testbed = SharedTestbed(world, folder)
    names = ["one", "two", "three"][:number]
    stacks = [
        testbed.stack(name, checkout=f"of_{min(index, checkouts - 1)}")
        for index, name in enumerate(names)
    ]
    before = live(world)
    killed = left_behind = False
    unfinished: list[Run] = []

    for given_run in order:
        run = replace(given_run, stack=given_run.stack % number)
        there, stack = live(world), stacks[run.stack]
        end = once(stack, run)
        assert lost(there, live(world), stack, stacks, run) == []
        killed |= end == "killed"
        if end == "killed" and run.choices:
            unfinished.append(replace(run, kill=None))
        elif end == "done" and run.choices is None:
            # A killed run made it, no state has it, and no other run reaches it.
            left_behind |= any(each.stack == run.stack for each in unfinished)
        elif end == "done":
            unfinished = [each for each in unfinished if not comes_to(run, each)]
    # No state has what a killed run made of a resource: another run has to reach it.
    left_behind |= any(once(stacks[run.stack], run) != "done" for run in unfinished)
    for stack in [stacks[index] for index in last if index < number]:
        there = live(world)
        stack.recover()
        stack.destroy()
        assert lost(there, live(world), stack, stacks) == []

    shutil.rmtree(folder)
    # Other stacks know what a killed run made only where they can read its notes.
    if not left_behind and (not killed or checkouts == 1):
        assert live(world) == before


def comes_to(run: Run, unfinished: Run) -> bool:
    """Whether a run reaches every resource that a killed run of the same stack reached."""
    if run.choices is None or unfinished.choices is None or run.stack != unfinished.stack:
        return False
    return {*run.choices["parts"]} >= {*unfinished.choices["parts"]}


def once(stack: Stack, run: Run) -> str:
    """Execute one run; return whether it was `done`, `refused` or `killed`."""
    with killed_at(stack, *(run.kill or (0, "before"))) as struck:
        try:
            if run.choices is None:
                stack.destroy()
            else:
                stack.up(declared_by(stack, run.choices))
        except (Refused, ClerkstackError):
            return "refused"
    if struck and run.choices is None:
        stack.recover()
    return "killed" if struck else "done"


def declared_by(stack: Stack, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a stack declares for these choices."""
    said = dict(choices)
    host = stack.name if said.pop("own_host") else "both"
    return declared(stack.testbeds.world, host=f"{host}.sendero.example", **said)


def lost(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    mine: Stack,
    stacks: list[Stack],
    run: Run | None = None,
) -> list[str]:
    """What the other stacks declare but is gone or changed, unless this stack declares it as it is
    now, in its state or in its `run`."""
    said = mine.declares()
    if run is not None and run.choices is not None:
        said |= declared_by(mine, run.choices)
    ours = dict(_leaves(said))
    return [
        each
        for other in stacks
        if other is not mine
        for each in _lost_of(before, after, ours, dict(_leaves(other.declares())))
    ]


def _lost_of(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
) -> list[str]:
    was, now = dict(_live_leaves(before)), dict(_live_leaves(after))
    return [
        f"{name}: {was[name]} → {now.get(name)}"
        for name in theirs
        if name in was
        and was[name] != now.get(name)
        and now.get(name, ...) not in (theirs[name], ours.get(name))
    ]


def _leaves(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for kind in ("organizations", "sign_in"):
        for section, fields in said.get(kind, {}).get("sections", {}).items():
            for name, value in (fields or {}).items():
                yield f"config {section}.{name}", value
    billing = said.get("billing", {})
    for name, value in billing.get("settings", {}).items():
        yield f"config billing.{name}", value
    for kind in ("plans", "features"):
        for slug, fields in billing.get(kind, {}).items():
            for name, value in fields.items():
                yield f"{kind} {slug}.{name}", sorted(value) if isinstance(value, list) else value
    for kind in ("roles", "permissions"):
        for key, fields in said.get("roles", {}).get(kind, {}).items():
            yield f"{kind[:-1]} {key}", fields["name"]
    if "webhook" in said:
        url = said["webhook"]["url"]
        yield f"endpoint {url}", True
        for name, value in said["webhook"].get("headers", {}).items():
            yield f"header {name} of {url}", value


def _live_leaves(shown: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in shown.items():
        if name.startswith("config ") and isinstance(value, dict):
            for field, inner in value.items():
                yield f"{name}.{field}", inner
        elif name.startswith("role "):
            yield name, value[0]
        elif name.startswith("endpoint "):
            yield name, True
            for header, inner in value[2].items():
                yield f"header {header} of {name.removeprefix('endpoint ')}", inner
        else:
            yield name, value
    for kind in ("plans", "features"):
        for slug, fields in shown["config billing"][kind].items():
            for name, value in fields.items():
                yield f"{kind} {slug}.{name}", sorted(value) if isinstance(value, list) else value
