"""The other stacks of one instance that the backend knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clerkstack.desired.resource_types import VARIABLE_TYPE
from clerkstack.state import engine
from clerkstack.state.model import Resource
from clerkstack.state.neighbours import (
    States,
    UnreadableStack,
    is_same_stack,
    neighbours,
    stacks_on,
    variables_elsewhere,
)
from tests.backend import Backend, Resources

APPLICATION, OTHER = "app_one", "app_other"
Refusal = dict[str, Resources]


def resource(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"type": f"pulumi-python:dynamic/clerkstack:{kind}", "inputs": inputs, "outputs": inputs}


def instance(application: str = APPLICATION, environment: str = "development") -> dict[str, Any]:
    return resource("Instance", application_id=application, environment=environment)


def variable(project: str) -> dict[str, Any]:
    return {"type": VARIABLE_TYPE, "id": "env_1", "inputs": {"projectId": project, "key": "A"}}


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Backend:
    (tmp_path / "Pulumi.yaml").write_text("name: clerkstack\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://state")
    made = Backend({})
    monkeypatch.setattr(engine, "pulumi", made)
    return made


def names(stack: str = "one") -> list[str]:
    return [neighbour.stack for neighbour in neighbours(stack, APPLICATION, "development")]


@pytest.mark.parametrize("stack", ["one", "organization/clerkstack/one"])
def test_those_of_the_same_instance_and_not_the_asking_one(backend: Backend, stack: str) -> None:
    backend.stacks = {
        "one": [instance()],
        "two": [instance()],
        "production": [instance(environment="production")],
        "elsewhere": [instance(OTHER)],
        "organization/shop/one": [instance()],
    }

    assert names(stack) == ["two", "organization/shop/one"]


def test_what_one_has(backend: Backend) -> None:
    written = resource("VercelProject", project_id="prj_web")
    backend.stacks = {"two": [instance(), written, variable("prj_web"), variable("prj_api")]}

    [found] = neighbours("one", APPLICATION, "development")

    assert found.project_ids == ("prj_web", "prj_api")
    assert found.resource("Instance") == Resource(instance())
    assert found.resource("Billing") is None


def test_stacks_without_resources_are_not_read(backend: Backend) -> None:
    backend.stacks = {"one": [], "two": []}

    assert names() == []
    assert len(backend.asked) == 1


def test_other_projects_of_pulumi_cloud_are_not_read(backend: Backend) -> None:
    backend.stacks = {"acme/shop/dev": [instance()], "acme/two": [instance()]}

    assert names() == ["acme/two"]


def test_what_is_being_removed_is_not_there(backend: Backend) -> None:
    backend.stacks = {"two": [{**instance(), "delete": True}]}

    assert names() == []


def test_one_that_can_not_be_read_is_named(backend: Backend) -> None:
    backend.stacks = {"two": [instance()]}
    backend.broken = {"two"}

    with pytest.raises(UnreadableStack, match="The state of the stack two cannot be read"):
        names()


def test_one_that_goes_meanwhile_is_no_neighbour(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.stacks = {"two": [instance()], "three": [instance()]}
    told = Backend({"three": [instance()]})
    both = lambda *words, **how: (backend if words[1] == "ls" else told)(*words, **how)  # noqa: E731
    monkeypatch.setattr(engine, "pulumi", both)

    assert names() == ["three"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("dev", "dev", True),
        ("dev", "prod", False),
        ("dev", "organization/clerkstack/dev", True),
        ("acme/dev", "acme/clerkstack/dev", True),
        ("dev", "organization/shop/dev", False),
        ("acme/clerkstack/dev", "other/clerkstack/dev", False),
    ],
)
def test_names_of_one_stack(backend: Backend, one: str, other: str, same: bool) -> None:
    assert is_same_stack(one, other) is same
    assert is_same_stack(other, one) is same


def test_the_variables_of_other_stacks_on_any_instance(backend: Backend) -> None:
    backend.stacks = {
        "one": [{**variable("prj_web"), "id": "prj_web/env_mine"}],
        "prod": [instance(environment="production"), {**variable("prj_web"), "id": "t/p/env_2"}],
        "half": [{"type": VARIABLE_TYPE, "inputs": {}}],
    }

    assert variables_elsewhere("one") == {"env_2": "prod"}


def test_a_state_is_read_again_where_the_stack_was_updated_since(backend: Backend) -> None:
    backend.stacks = {"one": [instance()], "two": [instance()]}
    states: States = {}
    for _ in range(2):
        stacks_on(APPLICATION, "development", states)
    read = [words[-1] for words in backend.asked if words[1] == "export"]
    assert read == ["one", "two"]

    backend.updated["two"] = "2026-11-29T10:00:00Z"
    stacks_on(APPLICATION, "development", states)

    assert [words[-1] for words in backend.asked if words[1] == "export"] == [*read, "two"]
