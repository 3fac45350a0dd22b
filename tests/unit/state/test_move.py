"""What a move compares, and what it does not move."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Journal, Running
from clerkstack.rotation.stacks import is_rotating
from clerkstack.state.compare import differences
from clerkstack.state.marks import secret
from clerkstack.state.model import State
from clerkstack.state.move import _refuse_unfinished

TYPE = "pulumi-python:dynamic/clerkstack:"


def exported() -> dict[str, Any]:
    """A state as the engine exports it, secrets shown."""
    instance = {
        "urn": "urn:pulumi:dev::p::Instance::instance",
        "type": f"{TYPE}Instance",
        "custom": True,
        "outputs": {"instance_id": "ins_1", "secret_key": secret("sk_test_hidden")},
    }
    rotations = {
        "urn": "urn:pulumi:dev::p::Rotations::rotations",
        "type": f"{TYPE}Rotations",
        "custom": True,
        "outputs": {"journal": secret(Journal().text())},
    }
    return {
        "version": 3,
        "deployment": {"manifest": {"time": "a"}, "resources": [instance, rotations]},
    }


def refuse(document: dict[str, Any]) -> None:
    _refuse_unfinished("dev", State(document), lambda state: is_rotating(state, "dev"))


def test_the_same_state_written_at_another_time_is_the_same() -> None:
    other = exported()
    other["deployment"]["manifest"] = {"time": "b"}
    other["deployment"]["secrets_providers"] = {"type": "cloud"}

    assert differences(State(exported()), State(other)) == []


def test_a_secret_that_differs_is_named_and_not_shown() -> None:
    other = exported()
    other["deployment"]["resources"][0]["outputs"]["secret_key"] = secret("sk_test_other")

    assert differences(State(exported()), State(other)) == ["instance: outputs.secret_key"]


def test_everything_else_that_differs_is_named() -> None:
    before = exported()
    less, more, turned, protected, half = (deepcopy(before) for _ in range(5))
    less["deployment"]["resources"].pop()
    more["deployment"]["resources"].append({"urn": "urn:pulumi:dev::p::T::t", "type": "T"})
    turned["deployment"]["resources"].reverse()
    protected["deployment"]["resources"][0]["protect"] = True
    half["deployment"]["pending_operations"] = [{"type": "creating"}]

    assert differences(State(before), State(less)) == ["rotations: missing"]
    assert differences(State(before), State(more)) == ["t: not there before"]
    assert differences(State(before), State(turned)) == ["the order of the resources"]
    assert differences(State(before), State(protected)) == ["instance: protect"]
    assert differences(State(before), State(half)) == ["pending operations"]


def test_a_rotation_that_is_not_over_is_finished_first() -> None:
    state = exported()
    refuse(state)
    running = Running(
        id="1", who="ann", reason="leaves", overlap_hours=24, started=1, sides={}, aborting=False
    )
    outputs = state["deployment"]["resources"][1]["outputs"]
    outputs["journal"] = secret(Journal(running=running).text())

    with pytest.raises(ClerkstackError, match="bin/clerkstack rotate --stack dev"):
        refuse(state)


def test_half_an_update_is_finished_first() -> None:
    state = exported()
    state["deployment"]["pending_operations"] = [{"type": "creating", "resource": {}}]

    with pytest.raises(ClerkstackError, match="bin/clerkstack recover --stack dev"):
        refuse(state)


def test_a_state_without_rotations_is_moved() -> None:
    refuse({"deployment": {"resources": []}})
    refuse({"deployment": None})
