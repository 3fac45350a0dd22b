"""Two stacks of one instance, brought up, changed, killed and destroyed in any order: nothing that
the other one declares is removed, or changed by another one than its owner, and when both
are gone everything is as it was."""

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
from tests.two_stacks import KINDS, Bed, Stack, declared, killed_at, live

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

    second: bool
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
    }
)
runs = st.builds(
    Run,
    second=st.booleans(),
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
    order=st.lists(runs, min_size=2, max_size=5),
    last=st.booleans(),
)
def test_any_order(
    world: World,
    tmp_path_factory: pytest.TempPathFactory,
    hand: Mapping[str, Any],
    checkouts: int,
    order: list[Run],
    last: bool,
) -> None:
    world.reset()
    for section, fields in hand.items():
        world.dashboard("set_config", environment="development", changes={section: fields})
    folder = tmp_path_factory.mktemp("bed")
    bed = Bed(world, folder)
    stacks = [bed.stack("one"), bed.stack("two", checkout=f"of_{checkouts}")]
    if checkouts == 1:
        stacks[1].checkout = stacks[0].checkout
    before = live(world)
    killed = False
    unfinished: dict[bool, Run] = {}

    for run in order:
        there = live(world)
        mine, other = stacks[run.second], stacks[not run.second]
        end = once(mine, run)
        assert lost(there, live(world), mine, other) == []
        killed |= end == "killed"
        if end == "killed" and run.choices:
            unfinished[run.second] = replace(run, kill=None)
        elif end == "done" and comes_to(run, unfinished.get(run.second)):
            del unfinished[run.second]
    # What a killed run made of a resource is in no state: another run has to come to it.
    refused = [run for run in unfinished.values() if once(stacks[run.second], run) != "done"]
    for stack in stacks if last else reversed(stacks):
        there = live(world)
        stack.recover()
        stack.destroy()
        others = [each for each in stacks if each is not stack]
        assert lost(there, live(world), stack, others[0]) == []

    shutil.rmtree(folder)
    # What a killed run made is known to the other stack only where its notes are.
    if not refused and (not killed or checkouts == 1):
        assert live(world) == before


def comes_to(run: Run, unfinished: Run | None) -> bool:
    """Whether a run comes to every resource that a killed one came to."""
    if run.choices is None or unfinished is None or unfinished.choices is None:
        return False
    return {*run.choices["parts"]} >= {*unfinished.choices["parts"]}


def once(stack: Stack, run: Run) -> str:
    """One run; whether it was `done`, `refused` or `killed`."""
    with killed_at(stack, *(run.kill or (0, "before"))) as struck:
        try:
            if run.choices is None:
                stack.destroy()
            else:
                said = dict(run.choices)
                host = stack.name if said.pop("own_host") else "both"
                stack.up(declared(stack.beds.world, host=f"{host}.sendero.example", **said))
        except (Refused, ClerkstackError):
            return "refused"
    if struck and run.choices is None:
        stack.recover()
    return "killed" if struck else "done"


def lost(
    before: Mapping[str, Any], after: Mapping[str, Any], mine: Stack, other: Stack
) -> list[str]:
    """What the other stack declares and is gone or changed, although this one does not declare it
    as it is now."""
    theirs, ours = (dict(_leaves(each)) for each in (other, mine))
    was, now = dict(_live_leaves(before)), dict(_live_leaves(after))
    return [
        f"{name}: {was[name]} → {now.get(name)}"
        for name in theirs
        if name in was
        and was[name] != now.get(name)
        and now.get(name, ...) not in (theirs[name], ours.get(name))
    ]


def _leaves(stack: Stack) -> Iterator[tuple[str, Any]]:
    said = stack.declares()
    for kind in ("organizations", "sign_in"):
        for section, fields in said.get(kind, {}).get("sections", {}).items():
            for name, value in fields.items():
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
        yield f"endpoint {said['webhook']['url']}", True


def _live_leaves(shown: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in shown.items():
        if name.startswith("config ") and isinstance(value, dict):
            for field, inner in value.items():
                yield f"{name}.{field}", inner
        elif name.startswith("role "):
            yield name, value[0]
        elif name.startswith("endpoint "):
            yield name, True
        else:
            yield name, value
    for kind in ("plans", "features"):
        for slug, fields in shown["config billing"][kind].items():
            for name, value in fields.items():
                yield f"{kind} {slug}.{name}", sorted(value) if isinstance(value, list) else value
