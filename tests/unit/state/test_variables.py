"""Vercel's variables in an exported state: values and ids that are entered there last."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.desired.resource_types import VARIABLE_TYPE
from clerkstack.state.model import Resource, State
from clerkstack.state.variables import (
    RAW_STATE_DELTA,
    existing,
    follow_team,
    kept_variables,
    name_of_variable,
    point_at,
    set_ids,
    set_value,
    take_over,
)


def variable(**outputs: Any) -> dict[str, Any]:
    return {
        "urn": "urn:a",
        "type": VARIABLE_TYPE,
        "id": "team_1/prj_1/env_1",
        "inputs": {"key": "A", "value": "old"},
        "outputs": {"key": "A", "value": "old", RAW_STATE_DELTA: {}, **outputs},
    }


def test_a_value_is_entered_without_the_delta_that_would_undo_it() -> None:
    held = variable(id="env_1")

    assert set_value(Resource(held), "new")

    assert held["inputs"] == {"key": "A", "value": "new"}
    assert held["outputs"] == {"key": "A", "value": "new", "id": "env_1"}


def test_a_value_that_is_there_stays_with_its_delta() -> None:
    held = variable(id="env_1")

    assert not set_value(Resource(held), "old")

    assert held == variable(id="env_1")


def test_ids_are_entered_where_they_lack_and_nowhere_else() -> None:
    whole, lacking, empty = variable(id="env_9"), variable(), variable(id="")
    other = {"urn": "urn:b", "type": "another", "id": "x", "outputs": {}}
    never_made = {"urn": "urn:c", "type": VARIABLE_TYPE, "inputs": {"key": "A"}}
    resources = [whole, lacking, empty, other, never_made]

    assert set_ids(State.of(resources)) == ["urn:a", "urn:a"]

    ids = [each["outputs"]["id"] for each in (whole, lacking, empty)]
    assert ids == ["env_9", "env_1", "env_1"]
    assert "id" not in other["outputs"]
    assert [resource.entry for resource in existing(State.of(resources))] == [whole, lacking, empty]
    assert set_ids(State.of(resources)) == []


URN = "urn:pulumi:dev::p::clerkstack:components:Environment$x::environment-preview-A_KEY"


def of_project(project: str, team: str | None, **outputs: Any) -> dict[str, Any]:
    place = {"projectId": project, "key": "A_KEY", "targets": ["preview"], "sensitive": True}
    if team is not None:
        place["teamId"] = team
    return {
        "urn": URN,
        "type": VARIABLE_TYPE,
        "id": "env_1",
        "inputs": {**place},
        "outputs": {**place, "id": "env_1", RAW_STATE_DELTA: {}, **outputs},
    }


def noted(project: str, team: str | None) -> dict[str, Any]:
    place = {"project_id": project, "team_id": team}
    kind = "pulumi-python:dynamic/clerkstack:WrittenVariables"
    return {"urn": "urn:w", "type": kind, "inputs": {**place}, "outputs": {**place}}


@pytest.mark.parametrize(("was", "now"), [(None, "team_1"), ("team_1", "team_2"), ("team_1", None)])
def test_a_project_that_moved_is_followed_and_another_is_not(
    was: str | None, now: str | None
) -> None:
    other = of_project("prj_2", was)
    resources = [of_project("prj_1", was), noted("prj_1", was), other]

    assert follow_team(State.of(resources), "prj_1", now)

    moved, written, _ = resources
    for properties in (moved["inputs"], moved["outputs"]):
        assert properties.get("teamId") == now
        assert ("teamId" in properties) == (now is not None)
    assert RAW_STATE_DELTA not in moved["outputs"]
    assert written == noted("prj_1", now)
    assert other == of_project("prj_2", was)
    assert not follow_team(State.of(resources), "prj_1", now), "once is enough"


def test_a_team_that_the_plugin_filled_in_stays() -> None:
    resources = [of_project("prj_1", None, teamId="team_default")]

    assert not follow_team(State.of(resources), "prj_1", None)

    assert resources == [of_project("prj_1", None, teamId="team_default")]


def test_what_is_being_removed_is_not_kept() -> None:
    there = of_project("prj_1", None)
    going, replaced = {**there, "delete": True}, {**there, "pendingReplacement": True}

    assert kept_variables(State.of([going, replaced])) == {}
    assert kept_variables(State.of([there]))["prj_1", "preview/A_KEY"].id == "env_1"
    assert name_of_variable(URN) == "preview/A_KEY"


def test_the_state_is_pointed_at_the_variable_that_was_split_off() -> None:
    shared = of_project("prj_1", None, targets=["preview", "production"], gitBranch=None)
    shared["outputs"]["customEnvironmentIds"] = ["env_x"]

    assert point_at(Resource(shared), "env_2", "preview")

    assert shared["id"] == shared["outputs"]["id"] == "env_2"
    assert shared["inputs"]["targets"] == shared["outputs"]["targets"] == ["preview"]
    assert not shared["outputs"].get("customEnvironmentIds")
    assert RAW_STATE_DELTA not in shared["outputs"]
    assert not point_at(Resource(shared), "env_2", "preview")


def test_a_resource_is_taken_out_with_what_others_say_of_it() -> None:
    after = {
        "urn": "urn:w",
        "type": "x",
        "dependencies": ["urn:a", URN],
        "propertyDependencies": {"values": [URN], "none": None},
    }
    resources = [of_project("prj_1", None), after]

    State.of(resources).drop(URN)

    assert resources == [
        {
            "urn": "urn:w",
            "type": "x",
            "dependencies": ["urn:a"],
            "propertyDependencies": {"values": [], "none": None},
        }
    ]


def test_variables_become_the_stacks_or_another_ones() -> None:
    """One gets its own id, one loses its mark, one is another stack's; one that is being removed
    stays."""

    def of(key: str, **more: Any) -> dict[str, Any]:
        urn = URN.replace("A_KEY", key)
        return {**of_project("prj_1", None), "urn": urn, "id": f"was_{key}", **more}

    own = of("OWN", pendingReplacement=True)
    marked = of("MARKED", pendingReplacement=True)
    marked["outputs"]["id"] = "was_MARKED"
    others, going, other_project = of("OTHERS"), of("OWN", delete=True), of("OTHERS")
    other_project["urn"] += "-2"
    other_project["inputs"] = {**other_project["inputs"], "projectId": "prj_2"}
    resources = [own, marked, others, going, other_project]
    state = State.of(resources)
    ids = {("prj_1", "preview/OWN"): "env_1", ("prj_1", "preview/MARKED"): "was_MARKED"}

    told = list(take_over(state, ids, {("prj_1", "preview/OTHERS"), ("prj_1", "preview/OWN")}))

    assert told == [
        ("preview/OWN", "the state now has its own variable"),
        ("preview/MARKED", ""),
        ("preview/OTHERS", "belonged to another stack; removed from the state"),
    ]
    assert resources == [own, marked, going, other_project]
    assert own["id"] == own["outputs"]["id"] == "env_1"
    assert going["id"] == "was_OWN"
    assert not any("pendingReplacement" in resource for resource in resources)
