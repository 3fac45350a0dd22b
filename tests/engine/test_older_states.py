"""A state of older plugins, whose variables lack `id` or delta, loses no variable.

Older versions of the plugins wrote variables without one of these outputs; the plugins of today
need the `id`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from clerkstack.state.model import State
from clerkstack.state.variables import RAW_STATE_DELTA, existing
from local.project import Project
from local.world import World
from tests import sendero
from tests.deployments import development
from tests.engine.live import variables, writes
from tests.engine.test_killed import assert_complete, recover
from tests.kept import starts_from

pytestmark = pytest.mark.engine

COUNT = 2 * len(sendero.VARIABLES)


def in_state(project: Project) -> list[dict[str, Any]]:
    return [resource.entry for resource in existing(State(project.state()))]


def make_older(project: Project) -> None:
    """Remove from the variables' outputs what older plugins did not write."""
    state = project.state()
    for variable in existing(State(state)):
        for name in ("id", RAW_STATE_DELTA):
            del variable.outputs[name]
    file = project.folder / "older.json"
    file.write_text(json.dumps(state))
    project.pulumi("stack", "import", "--file", str(file), "--stack", project.stack)


def ids(world: World) -> dict[tuple[str, str], str]:
    return {place: each["id"] for place, each in variables(world).items()}


@starts_from(development)
def test_recover_enters_the_ids_and_a_refresh_then_drops_nothing(
    project: Project, world: World
) -> None:
    before = ids(world)
    make_older(project)
    assert "unchanged" in project.up()
    off = project.clerkstack("doctor")
    world.clear_journal()

    told = recover(project)
    project.pulumi("refresh", "--yes", "--skip-preview", "--stack", project.stack)

    assert f"{COUNT} variables without an id in the state" in off.stdout
    assert told.count("its id is now in the state") == COUNT
    assert all(each["outputs"]["id"] == each["id"] for each in in_state(project))
    assert len(in_state(project)) == COUNT
    assert writes(world) == []
    assert_complete(project, world)
    assert ids(world) == before


@starts_from(development)
def test_what_a_refresh_dropped_is_taken_back(project: Project, world: World) -> None:
    before = ids(world)
    make_older(project)
    project.pulumi("refresh", "--yes", "--skip-preview", "--stack", project.stack)
    assert in_state(project) == []

    told = recover(project)
    project.up()

    assert told.count("added to the state") == COUNT
    assert_complete(project, world)
    assert ids(world) == before
