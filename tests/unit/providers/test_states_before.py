"""States and intent records of an earlier version are read as that version read them.

`states_before.json` was written by the code of 30 November 2026, before the write protocol had a
base class. For each write of `local.faults.operations` it holds the resource's state before and
after the run that sends the write, and the records that this run leaves if it is killed as the
answer comes.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from clerkstack.clients.http import Http
from clerkstack.intent_log import FOLDER
from local.driven import Driven, Props, config_on, end_run
from local.faults.live import live
from local.faults.matrix import fresh
from local.faults.operations import Operation, operations
from local.world import World
from local.world import seed as seeded
from tests.two_stacks import Killed

STATES: dict[str, Any] = json.loads(Path(__file__).with_name("states_before.json").read_text())
STACK = "organization/clerkstack/dev"
NO_LEDGER = "PATCH config: API keys"
"""A resource that did not keep what it found: a removal leaves everything as it is."""
ANEW = ("endpoint_id", "signing_secret", "noted", "publishable_key")
"""Outputs that are others in each world, or in each run."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World(proxy=False, api_keys_config=True) as world:
        yield world
        end_run()


@pytest.fixture(autouse=True)
def _backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///one")


def operation(world: World, name: str) -> Operation:
    key = world.clerk.instance(seeded.APPLICATION_ID, "development").publishable_key
    return next(each for each in operations(key) if each.name == name)


def started(world: World, of: Operation) -> Driven:
    """Return the resource in a fresh world."""
    end_run()
    fresh(world)
    of.before(world)
    return Driven(of.provider(), config_on(world), STACK)


def take_over(driven: Driven, kept: Props) -> None:
    """Give the stack the earlier state, with this world's values where worlds differ."""
    assert driven.id == kept["id"]
    own = {key: driven.state[key] for key in ANEW if key in driven.state and key != "noted"}
    driven.state, driven.inputs = {**kept["state"], **own}, {**kept["inputs"], **_given(driven)}


def _given(driven: Driven) -> Props:
    return {key: driven.inputs[key] for key in ANEW if driven.inputs.get(key)}


def same(state: Props, kept: Props) -> None:
    def of_all_worlds(props: Props) -> Props:
        return {key: value for key, value in props.items() if key not in ANEW}

    assert of_all_worlds(state) == of_all_worlds(kept)
    assert state.keys() == kept.keys()


@contextmanager
def killed_as_the_answer_comes(of: Operation) -> Iterator[None]:
    attempt = Http._attempt

    def attempted(http: Http, name: str, method: str, path: str, how: Any) -> Any:
        answer = attempt(http, name, method, path, how)
        if method == of.method and re.search(of.path.replace("/v1", ""), path):
            raise Killed
        return answer

    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        patch.setattr(Http, "_attempt", attempted)
        yield
        pytest.fail("the run was not killed")


@pytest.mark.parametrize("name", [name for name in STATES if name != NO_LEDGER])
def test_a_state_of_before_is_no_difference_and_is_removed_whole(world: World, name: str) -> None:
    of = operation(world, name)
    driven = started(world, of)
    for inputs in of.runs:
        driven.up(copy.deepcopy(inputs or {}))
    same(driven.state, STATES[name]["state"])
    driven.destroy()
    left = live(world)

    driven = started(world, of)
    for inputs in of.runs:
        driven.up(copy.deepcopy(inputs or {}))
    take_over(driven, STATES[name])

    assert not driven.up(copy.deepcopy(of.runs[-1] or {}))
    if "headers" not in driven.state:  # the operation makes up their fingerprints
        driven.refresh()
    same(driven.state, STATES[name]["state"])
    assert not driven.up(copy.deepcopy(of.runs[-1] or {}))
    driven.destroy()
    assert live(world) == left


def test_a_state_without_what_was_found_is_no_difference_and_nothing_is_reverted(
    world: World,
) -> None:
    of, kept = operation(world, NO_LEDGER), STATES[NO_LEDGER]
    driven = started(world, of)
    driven.up(copy.deepcopy(of.runs[-1] or {}))
    there = live(world)
    take_over(driven, kept)
    driven.state = {key: driven.state[key] for key in kept["state"]}

    assert not driven.up(copy.deepcopy(of.runs[-1] or {}))
    driven.refresh()
    same(driven.state, kept["state"])
    assert not driven.up(copy.deepcopy(of.runs[-1] or {}))
    driven.up(copy.deepcopy(of.runs[-1] or {}), always=True)
    assert driven.state["before"] == {}
    driven.destroy()
    assert live(world) == there


@pytest.mark.parametrize("name", [state for state in STATES if STATES[state]["records"]])
def test_a_record_of_before_says_what_a_killed_run_made(world: World, name: str) -> None:
    of, kept = operation(world, name), STATES[name]
    driven = started(world, of)
    for inputs in of.runs[:-1]:
        driven.up(copy.deepcopy(inputs or {}))
    if driven.id is not None:
        take_over(driven, kept["before"])
    with killed_as_the_answer_comes(of):
        driven.up(copy.deepcopy(of.runs[-1] or {}))
    (own,) = FOLDER.glob("*.json")
    ((file, record),) = kept["records"].items()
    assert own.name == file
    assert json.loads(own.read_text()).keys() == record.keys()
    was = str(kept["before"]["state"].get("endpoint_id"))
    own.write_text(json.dumps(record).replace(was, str(driven.state.get("endpoint_id"))))

    driven.up(copy.deepcopy(of.runs[-1] or {}), always=True)

    same(driven.state, kept["state"])
