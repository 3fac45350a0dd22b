"""What a move compares, and what it leaves behind."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from clerkstack.cli.move import _print
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Journal, Running
from clerkstack.rotation.stacks import is_rotating
from clerkstack.state import engine
from clerkstack.state.compare import differences
from clerkstack.state.marks import secret
from clerkstack.state.model import State
from clerkstack.state.move import Moved, _refuse_unfinished, left_behind
from tests.backend import Backend

TYPE = "pulumi-python:dynamic/clerkstack:"


def exported() -> dict[str, Any]:
    """Return a state as the engine exports it, secrets shown."""
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
    assert differences(State(before), State(more)) == ["t: new"]
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


PLACE = {"application_id": "app_1", "environment": "development"}


def on(stack: str, **place: str) -> list[dict[str, Any]]:
    """Return what a stack has on an instance."""
    urn = f"urn:pulumi:{stack}::p::Billing::billing-catalog"
    return [{"urn": urn, "type": f"{TYPE}Billing", "inputs": {**PLACE, **place}}]


def test_the_stacks_that_stay_behind_on_the_same_instance_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    other = "organization/other/dev"
    there = {
        "dev": on("dev"),
        "staging": on("staging"),
        "prod": on("prod", environment="production"),
        other: on("dev"),
    }
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://state")
    monkeypatch.setattr(engine, "pulumi", Backend(there))
    state = State.of(there["dev"])

    found = left_behind("dev", state, print)

    assert found == ["staging", other]
    assert left_behind("dev", State.of([]), print) == []
    _print(Moved("dev", "file:///old", "s3://new", 1, 0, None, found))
    told = capsys.readouterr().out
    assert f"staging and {other} use the same instance" in told
    assert f"bin/clerkstack move --stack {other} --to 's3://new'" in told
    assert told.index("move them too") < told.index("stack rm")
    _print(Moved("dev", "file:///old", "s3://new", 1, 0, None))
    assert "same instance" not in capsys.readouterr().out
