"""Drift of several Vercel projects: each against its own, and reported under its name."""

from __future__ import annotations

from typing import Any

from clerkstack.catalog.load import load_catalog
from clerkstack.checks.finding import Finding
from clerkstack.clients.vercel import EnvironmentVariable
from clerkstack.desired.resource_types import VARIABLE_TYPE
from clerkstack.drift.compare import declared_variables, differences
from clerkstack.settings.models import Settings
from clerkstack.state.known import Known
from clerkstack.state.model import State
from tests.unit.drift.test_compare import CATALOG, INSTANCE, settings
from tests.unit.live.given import GivenInstance

PROJECTS = {
    "web": {"projectId": "prj_web"},
    "api": {"projectId": "prj_api", "appUrl": "https://api.example", "names": ["express"]},
}
PARTS = dict.fromkeys(("apiKeys", "webhook", "organizations", "billing", "signIn"), False)


def two(**changes: Any) -> Settings:
    given = {"environment": {"projects": PROJECTS}, "components": PARTS, **changes}
    return settings(**given)


def as_declared(own: Settings) -> dict[str, list[EnvironmentVariable]]:
    """What each project has if everything is as declared."""
    live: dict[str, list[EnvironmentVariable]] = {}
    for project, variables in declared_variables(own, INSTANCE, None):
        live[project.project_id] = [
            EnvironmentVariable.model_validate(
                {
                    "id": f"env_{project.name}_{each.target}_{each.key}",
                    "key": each.key,
                    "target": [each.target],
                    "type": "sensitive" if each.sensitive else "plain",
                    "value": None if each.sensitive else each.value,
                    "updatedAt": 5,
                }
            )
            for each in variables
        ]
    return live


def found(
    own: Settings, live: dict[str, list[EnvironmentVariable]], known: Known | None = None
) -> list[Finding]:
    there = {project: tuple(each) for project, each in live.items()}
    instance = GivenInstance(found=INSTANCE, variables=there)
    return differences(own, load_catalog(CATALOG), instance, known or Known())


def test_each_is_compared_with_its_own() -> None:
    own = two()
    live = as_declared(own)
    assert found(own, live) == []

    live["prj_api"], live["prj_web"] = live["prj_web"], live["prj_api"]

    assert found(own, live)


def test_what_differs_is_reported_under_the_projects_name() -> None:
    own = two()
    live = as_declared(own)
    live["prj_api"] = [e for e in live["prj_api"] if "development" in e.target]

    things = [each.subject for each in found(own, live)]

    assert "variable api/preview/CLERK_SECRET_KEY" in things
    assert all(each.startswith("variable api/preview/") for each in things)


def test_a_variable_that_one_project_left_is_looked_for_there_alone() -> None:
    whole = two()
    left = {**PROJECTS["api"], "leaveAlone": ["preview/CLERK_SECRET_KEY"]}
    own = two(environment={"projects": {**PROJECTS, "api": left}})
    key = ("CLERK_SECRET_KEY", "preview")
    known = Known(
        variables={
            ("prj_api", *key): "env_api_preview_CLERK_SECRET_KEY",
            ("prj_web", *key): "env_web_preview_CLERK_SECRET_KEY",
        }
    )

    (told,) = found(own, as_declared(whole), known)

    assert told == Finding("drift", "variable api/preview/CLERK_SECRET_KEY", "", None, "there")


def test_a_project_that_the_settings_no_longer_name_is_reported() -> None:
    known = Known(variables={("prj_gone", "CLERK_SECRET_KEY", "preview"): "env_1"})
    own = two()

    (told,) = found(own, as_declared(own), known)

    assert (told.subject, told.expected) == ("variables of prj_gone", None)


def test_an_edit_by_hand_is_that_of_its_project() -> None:
    own = two()
    written = {
        "prj_web": {"preview/CLERK_SECRET_KEY": 5},
        "prj_api": {"preview/CLERK_SECRET_KEY": 4},
    }

    (told,) = found(own, as_declared(own), Known(written=written))

    assert (told.subject, told.field) == ("variable api/preview/CLERK_SECRET_KEY", "value")


def test_the_state_knows_variables_and_times_by_project() -> None:
    def variable(project: str, identity: str) -> dict[str, Any]:
        inputs = {"projectId": project, "key": "A", "targets": ["preview"]}
        return {"type": VARIABLE_TYPE, "id": f"{project}/{identity}", "inputs": inputs}

    def times(project: str, at: int) -> dict[str, Any]:
        outputs = {"project_id": project, "written": {"preview/A": at}}
        return {"type": "pulumi-python:dynamic/clerkstack:WrittenVariables", "outputs": outputs}

    known = Known.of(
        State.of(
            [
                variable("prj_1", "env_1"),
                variable("prj_2", "env_2"),
                times("prj_1", 1),
                times("prj_2", 2),
            ]
        )
    )

    assert known.variables == {
        ("prj_1", "A", "preview"): "env_1",
        ("prj_2", "A", "preview"): "env_2",
    }
    assert known.written == {"prj_1": {"preview/A": 1}, "prj_2": {"preview/A": 2}}
