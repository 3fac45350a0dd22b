"""A variable that another stack has in its state stays that stack's own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clerkstack.desired.resource_types import VARIABLE_TYPE
from clerkstack.settings.names import VARIABLE_COMMENT
from local.project import settings_on
from local.world import World
from local.world import seed as seeded
from local.world.vercel.models import Variable
from tests.unit.cli.engine_of_memory import EngineOfMemory, ended

PROJECT = seeded.VERCEL_PROJECT_ID
APP_URL, PATH = "preview/NEXT_PUBLIC_APP_URL", "preview/NEXT_PUBLIC_CLERK_SIGN_IN_URL"
OWN_URL = "https://preview.sendero.example"


def make(world: World, name: str, value: str, **more: Any) -> Variable:
    target, _, key = name.partition("/")
    body = {"key": key, "value": value, "type": "encrypted", "target": [target], **more}
    return world.vercel.create_variable(world.vercel.projects[PROJECT], body)


def in_state(variable: Variable, project: str = PROJECT) -> dict[str, Any]:
    """The variable as a stack's state has it."""
    name = f"environment-{variable.target[0]}-{variable.key}"
    inputs = {"projectId": project, "key": variable.key, "targets": variable.target}
    return {
        "urn": f"urn:pulumi:one::clerkstack::{VARIABLE_TYPE}::{name}",
        "type": VARIABLE_TYPE,
        "custom": True,
        "id": f"{project}/{variable.id}",
        "inputs": inputs,
        "outputs": {**inputs, "id": variable.id},
    }


@pytest.fixture
def stacks(stacks: EngineOfMemory, running: World) -> EngineOfMemory:
    """The stack `one` has a variable of the project, which the stack `dev` is for as well."""
    stacks.lists = True
    stacks.settings["one"] = stacks.settings["dev"] = settings_on(running)
    theirs = make(running, APP_URL, OWN_URL, comment=VARIABLE_COMMENT)
    make(running, PATH, "/sign-in")
    stacks.resources["one"] = [in_state(theirs)]
    running.clear_journal()
    return stacks


def writes(world: World) -> list[str]:
    return [e.path for e in world.journal() if e.service == "vercel" and e.method != "GET"]


@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=str)
@pytest.mark.parametrize("allowed", [False, True])
@pytest.mark.parametrize("targets", [["preview"], ["preview", "development"]], ids=str)
def test_it_is_not_taken_over_whatever_may_be_replaced(
    stacks: EngineOfMemory,
    running: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    targets: list[str],
    allowed: bool,
    more: tuple[str, ...],
) -> None:
    for variable in running.vercel.projects[PROJECT].variables.values():
        if f"preview/{variable.key}" == APP_URL:
            variable.target = targets
    environment = {**stacks.settings["dev"]["environment"], "overwrite": [APP_URL] * allowed}
    stacks.settings["dev"] = {**stacks.settings["dev"], "environment": environment}

    code = ended(monkeypatch, "take-over", "--stack", "dev", *more)

    told = capsys.readouterr()
    assert code == 1
    assert f"{APP_URL}: encrypted" in told.err
    assert "of the stack one" in told.err
    assert "clerkstack:environment.leaveAlone" in told.err
    assert APP_URL not in told.out
    assert writes(running) == []


def test_its_own_stack_is_not_in_its_way(
    stacks: EngineOfMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ended(monkeypatch, "take-over", "--stack", "one", "--dry-run") == 0


def test_it_is_left_alone_by_an_adoption(
    stacks: EngineOfMemory,
    running: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def adopted(stack: str) -> dict[str, Any]:
        words = ("adopt", "--stack", stack, "--overwrite", "--dry-run", "--json")
        assert ended(monkeypatch, *words) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    theirs, own = adopted("dev"), adopted("one")

    thing = f"variable {APP_URL}"
    assert {"thing": thing, "why": "the stack one has it"} in theirs["leftAlone"]
    assert APP_URL in theirs["settings"]["environment.leaveAlone"]
    assert PATH not in theirs["settings"]["environment.leaveAlone"]
    assert thing not in [each["thing"] for each in own["leftAlone"]]
    assert writes(running) == []
