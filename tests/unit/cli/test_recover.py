"""What `clerkstack recover` makes of an exported state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clerkstack.cli.settings import stack_settings
from clerkstack.desired.resource_types import VARIABLE_TYPE as VARIABLE
from clerkstack.live.instance import LiveInstance
from clerkstack.live.session import Session
from clerkstack.recovery import variables_of
from clerkstack.settings.names import VARIABLE_COMMENT
from clerkstack.state.half_done import half_made, half_removed, settle
from clerkstack.state.model import Resource, State
from clerkstack.state.variables import NaturalKey
from local.world import World
from local.world import seed as seeded


def _known() -> dict[NaturalKey, str]:
    settings = stack_settings("dev")
    with LiveInstance.of(settings, Session(settings.connection)) as live:
        return variables_of(settings, live)


def variable(key: str, target: str) -> dict[str, Any]:
    """A pending create of a variable, as the engine's export has it."""
    return {
        "urn": f"urn:pulumi:local::p::{VARIABLE}::{target}-{key}",
        "custom": True,
        "type": VARIABLE,
        "inputs": {
            "projectId": "prj_1",
            "key": key,
            "targets": [target],
            "value": {"ciphertext": "…"},
        },
        "provider": "urn:provider::id",
    }


def exported(*resources: dict[str, Any], kind: str = "creating") -> dict[str, Any]:
    return {
        "resources": [{"urn": "urn:stack"}],
        "pending_operations": [{"resource": resource, "type": kind} for resource in resources],
    }


def state_of(deployment: dict[str, Any]) -> State:
    return State({"deployment": deployment})


def config_on(world: World, **environment: Any) -> dict[str, Any]:
    """The config of a stack on a world, as the engine shows it."""
    config = {
        "clerkstack:instance": "development",
        "clerkstack:applicationId": "app_1",
        "clerkstack:platformKey": "ak_1",
        "clerkstack:appUrl": "https://app.example",
        "clerkstack:environment": json.dumps(environment),
        "clerkstack:urls": json.dumps({"vercel": world.urls.vercel}),
        "vercel:apiToken": seeded.VERCEL_TOKEN,
    }
    return {key: {"value": value, "secret": True} for key, value in config.items()}


def test_a_variable_that_exists_is_taken_with_its_id() -> None:
    made = variable("A", "preview")
    deployment = exported(made)

    taken = settle(
        state_of(deployment),
        {("prj_1", "A", ("preview",)): "env_1", ("prj_1", "A", ("production",)): "env_2"},
    )

    assert taken == [made["urn"]]
    assert deployment["pending_operations"] == []
    _, kept = deployment["resources"]
    assert kept == {**made, "id": "env_1", "outputs": {**made["inputs"], "id": "env_1"}}


def test_a_variable_that_does_not_exist_is_left_to_the_next_update() -> None:
    deployment = exported(variable("A", "preview"))

    taken = settle(
        state_of(deployment),
        {("prj_1", "A", ("development",)): "env_1", ("prj_1", "B", ("preview",)): "env_2"},
    )

    assert taken == []
    assert deployment == {"resources": [{"urn": "urn:stack"}], "pending_operations": []}


def test_what_is_safe_to_make_again_is_dropped() -> None:
    billing = {
        "urn": "urn:billing",
        "type": "pulumi-python:dynamic/clerkstack:Billing",
        "inputs": {},
    }
    deployment = exported(billing)

    assert half_made(state_of(deployment)) == [Resource(billing)]
    assert settle(state_of(deployment), {}) == []
    assert deployment["pending_operations"] == []


def test_pending_updates_are_the_engines_own_matter() -> None:
    deployment = exported(variable("A", "preview"), kind="updating")

    assert half_made(state_of(deployment)) == []
    assert settle(state_of(deployment), {("prj_1", "A", ("preview",)): "env_1"}) == []
    assert deployment["pending_operations"]


def test_a_pending_removal_is_looked_at_again() -> None:
    deployment = exported(variable("A", "preview"), kind="deleting")

    assert half_removed(state_of(deployment)) == [Resource(variable("A", "preview"))]
    assert settle(state_of(deployment), {}) == []
    assert deployment["pending_operations"] == []


@pytest.mark.parametrize("pending", [True, False])
def test_a_variable_made_anew_takes_the_place_of_the_removed_one(pending: bool) -> None:
    removed = {**variable("A", "preview"), "id": "env_1", "pendingReplacement": True}
    deployment = exported(*[variable("A", "preview")][: int(pending)])
    deployment["resources"].append(removed)

    taken = settle(state_of(deployment), {("prj_1", "A", ("preview",)): "env_2"})

    assert taken == [removed["urn"]]
    [_, entry] = deployment["resources"]
    assert entry["id"] == "env_2"
    assert "pendingReplacement" not in entry


def test_a_removed_variable_that_was_not_made_anew_is_left_to_the_next_update() -> None:
    removed = {**variable("A", "preview"), "id": "env_1", "pendingReplacement": True}
    deployment = exported()
    deployment["resources"].append(removed)

    assert settle(state_of(deployment), {}) == []
    assert deployment["resources"][-1] == removed


def test_a_variable_that_was_removed_from_another_team_and_is_there_is_taken_back() -> None:
    """A project that moved: the removal found nothing, and the variable is the same one."""
    removed = {**variable("A", "preview"), "id": "env_1", "pendingReplacement": True}
    deployment = exported()
    deployment["resources"].append(removed)

    assert settle(state_of(deployment), {("prj_1", "A", ("preview",)): "env_1"}) == [removed["urn"]]
    assert "pendingReplacement" not in deployment["resources"][-1]


def test_variables_by_hand_or_of_a_branch_are_not_taken_for_declared_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with World() as world:
        project = world.vercel.projects[seeded.VERCEL_PROJECT_ID]
        draft: dict[str, Any] = {"key": "A", "value": "x", "type": "plain", "target": ["preview"]}
        world.vercel.create_variable(project, {**draft, "target": ["production"]})  # by hand
        draft["comment"] = VARIABLE_COMMENT
        world.vercel.create_variable(project, {**draft, "gitBranch": "feature"})
        held = world.vercel.create_variable(project, draft)
        config = config_on(world, projectId=seeded.VERCEL_PROJECT_ID)
        monkeypatch.setattr("clerkstack.cli.settings.pulumi", lambda *_: json.dumps(config))

        known = _known()

    assert known == {(seeded.VERCEL_PROJECT_ID, "A", ("preview",)): held.id}


def test_a_variable_of_another_project_is_not_taken_for_this_ones() -> None:
    made = variable("A", "preview")
    deployment = exported(made)

    assert settle(state_of(deployment), {("prj_2", "A", ("preview",)): "env_2"}) == []


def test_the_variables_of_every_project_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    projects = {
        "web": {"projectId": seeded.VERCEL_PROJECT_ID},
        "jobs": {
            "projectId": seeded.VERCEL_TEAM_PROJECT_ID,
            "teamId": seeded.VERCEL_TEAM_ID,
            "targets": ["development"],
        },
    }
    draft: dict[str, Any] = {"key": "A", "value": "x", "type": "plain", "target": ["preview"]}
    with World() as world:
        for project in world.vercel.projects.values():
            world.vercel.create_variable(project, {**draft, "comment": VARIABLE_COMMENT})
        config = config_on(world, projects=projects)
        monkeypatch.setattr("clerkstack.cli.settings.pulumi", lambda *_: json.dumps(config))

        known = _known()

    assert {project for project, *_ in known} == {
        seeded.VERCEL_PROJECT_ID,
        seeded.VERCEL_TEAM_PROJECT_ID,
    }
