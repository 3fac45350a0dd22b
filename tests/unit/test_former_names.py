"""The names in the state of each Vercel project's resources; no project is lost by a rename."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from clerkstack.desired.resource_types import VARIABLE_TYPE
from clerkstack.settings.models import Settings
from clerkstack.settings.projects import Project
from clerkstack.state import own
from components.former import former_names

OURS = "pulumi-python:dynamic/clerkstack:"

URN = "urn:pulumi:prod::clerkstack::clerkstack:components:Environment$"


def of_state(begin: str, project_id: str, *only: str) -> dict[str, dict[str, Any]]:
    """The resources of a project in the state; `only` those whose names end so."""
    variable = {"projectId": project_id, "key": "CLERK_SECRET_KEY", "targets": ["production"]}
    found = {
        "project": (f"{OURS}VercelProject", {"project_id": project_id}),
        "production-CLERK_SECRET_KEY": (VARIABLE_TYPE, variable),
        "written": (f"{OURS}WrittenVariables", {"project_id": project_id}),
        "redeploy": ("command:local:Command", {"create": f"redeploy --project {project_id}"}),
    }
    return {
        f"{URN}{kind}::{begin}-{end}": {"type": kind, "outputs": outputs}
        for end, (kind, outputs) in found.items()
        if not only or end in only
    }


def declared(**projects: str) -> tuple[Project, ...]:
    """The projects that are declared, by their names; `only` is one in the short form."""
    urls = {name: {"appUrl": f"https://{name}.sendero.example"} for name in projects}
    environment: dict[str, Any] = {
        "projects": {name: {"projectId": each, **urls[name]} for name, each in projects.items()}
    }
    if set(projects) == {"only"}:
        environment = {"projectId": projects["only"]}
    values = {"instance": "production", "applicationId": "app_1", "platformKey": "ak_1"}
    return Settings.model_validate(
        {**values, "appUrl": "https://sendero.example", "environment": environment}
    ).vercel_projects


def formers(state: dict[str, Any], projects: tuple[Project, ...]) -> dict[str, tuple[str, ...]]:
    return {each.name: found for each, found in former_names(own.state_of(state), projects).items()}


def test_a_new_stack_has_called_nothing_anything() -> None:
    assert formers({}, declared(only="prj_1")) == {"": ()}


def test_the_one_project_of_before_is_found_among_several_whatever_their_order() -> None:
    state = of_state("environment", "prj_web")
    several = {"api": "prj_api", "web": "prj_web", "jobs": "prj_jobs"}

    for order in itertools.permutations(several.items()):
        found = formers(state, declared(**dict(order)))
        assert found == {"api": (), "jobs": (), "web": ("environment",)}


def test_one_of_several_becomes_the_only_one() -> None:
    state = {**of_state("environment-web", "prj_web"), **of_state("environment-api", "prj_api")}

    assert formers(state, declared(only="prj_api")) == {"": ("environment-api",)}
    assert formers(state, declared(web="prj_web", api="prj_api")) == {"web": (), "api": ()}
    assert formers(state, declared(site="prj_web")) == {"site": ("environment-web",)}


@pytest.mark.parametrize("end", ["project", "production-CLERK_SECRET_KEY", "written"])
def test_a_killed_update_leaves_both_names_and_both_are_known(end: str) -> None:
    state = of_state("environment", "prj_web", end)
    state |= of_state("environment-web", "prj_web", "project")

    assert formers(state, declared(web="prj_web", api="prj_api"))["web"] == ("environment",)


def test_names_that_look_alike_are_kept_apart() -> None:
    state = {
        **of_state("environment-production", "prj_1"),
        **of_state("environment-production-x", "prj_2"),
    }

    found = formers(state, declared(a="prj_1", b="prj_2"))

    assert found == {"a": ("environment-production",), "b": ("environment-production-x",)}


def test_another_project_under_a_name_is_another_project() -> None:
    state = of_state("environment-web", "prj_old")

    assert formers(state, declared(web="prj_new")) == {"web": ()}


def test_a_name_that_goes_from_one_project_to_another_is_refused() -> None:
    state = {**of_state("environment-web", "prj_1"), **of_state("environment-api", "prj_2")}

    with pytest.raises(pulumi.RunError, match=r"Nothing was sent.*does not use yet") as error:
        former_names(own.state_of(state), declared(web="prj_2", api="prj_1"))
    assert "is the current name of prj_" in str(error.value)


def test_what_is_no_variable_of_one_target_says_nothing() -> None:
    state = of_state("environment", "prj_web", "production-CLERK_SECRET_KEY")
    for resource in state.values():
        resource["outputs"]["targets"] = ["production", "preview"]
    state["urn:pulumi:prod::clerkstack::pulumi:pulumi:Stack::clerkstack-prod"] = {"type": "x"}

    assert formers(state, declared(web="prj_web")) == {"web": ()}


def asked(monkeypatch: pytest.MonkeyPatch, *answers: dict[str, Any] | None) -> list[float]:
    """Make the engine answer so; None if it cannot read what is just being written. Return the
    pauses in between."""
    pauses: list[float] = []
    left = list(answers)

    def invoke(token: str, given: dict[str, Any]) -> Any:
        assert (token, given) == (own.STATE, {"stackName": "prod"})
        answer = left.pop(0)
        if answer is None:
            raise Exception("failed to load checkpoint: EOF")
        return SimpleNamespace(value={"name": "prod", "outputs": answer})

    monkeypatch.setattr(pulumi, "get_stack", lambda: "prod")
    monkeypatch.setattr(pulumi.runtime, "invoke", invoke)
    monkeypatch.setattr("clerkstack.state.own.time.sleep", pauses.append)
    return pauses


def test_a_state_that_is_just_being_written_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = asked(monkeypatch, None, None, of_state("environment", "prj_web"))

    assert own.own_state() == own.state_of(of_state("environment", "prj_web"))
    assert len(pauses) == 2


def test_a_state_that_can_never_be_read_declares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, *[None] * 20)

    with pytest.raises(pulumi.RunError, match=r"Nothing was sent: failed to load .* again\."):
        own.own_state()
