"""Code planted in a state is run by no command, neither the engine's nor ours."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.project import Project
from local.world import World
from tests.deployments import development
from tests.engine.live import writes
from tests.kept import starts_from

pytestmark = pytest.mark.engine

API_KEYS = "pulumi-python:dynamic/clerkstack:ApiKeys"


class Payload:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


def rewrite(project: Project, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Write the state as anybody with access to the backend can."""
    state = project.state()
    change(state["deployment"]["resources"])
    file = project.folder / "hostile.json"
    file.write_text(json.dumps(state))
    project.pulumi("stack", "import", "--file", str(file), "--stack", project.stack)


@starts_from(development)
def test_no_state_leads_the_keys_elsewhere(project: Project, world: World) -> None:
    def lead(resources: list[dict[str, Any]]) -> None:
        for resource in resources:
            if resource["type"] == "pulumi:providers:pulumi-python":
                for side in ("inputs", "outputs"):
                    urls = json.loads(resource[side]["clerkstack:urls"])
                    led = json.dumps(dict.fromkeys(urls, "http://127.0.0.1:9"))
                    resource[side]["clerkstack:urls"] = led

    rewrite(project, lead)
    world.clear_journal()

    ran = project.pulumi("refresh", "--yes", "--stack", project.stack, check=False)

    assert ran.returncode
    assert "would send the stack's keys to http://127.0.0.1:9" in ran.stdout + ran.stderr
    assert "cannot be reached" not in ran.stdout + ran.stderr
    # The message says what to do: take the addresses from the settings.
    project.up()
    project.pulumi("refresh", "--yes", "--stack", project.stack)


@starts_from(development)
def test_code_in_a_state_runs_in_no_command(project: Project, world: World) -> None:
    marker = project.folder / "ran"
    hostile = base64.b64encode(pickle.dumps(Payload(marker))).decode()

    def plant(resources: list[dict[str, Any]]) -> None:
        # One that the program does not declare: an update would remove it, with its code in the
        # state.
        added = copy.deepcopy(
            next(resource for resource in resources if resource["type"] == API_KEYS)
        )
        added["urn"] += "-of-nobody"
        added["outputs"]["__provider"] = added["inputs"]["__provider"] = hostile
        added["retainOnDelete"] = False
        resources.append(added)

    rewrite(project, plant)
    urn = next(
        resource["urn"]
        for resource in project.state()["deployment"]["resources"]
        if resource["urn"].endswith("-of-nobody")
    )
    world.clear_journal()

    up = project.up(check=False)
    refreshed = project.pulumi("refresh", "--yes", "--stack", project.stack, check=False)
    destroyed = project.pulumi(
        "destroy", "--yes", "--stack", project.stack, "--target", urn, check=False
    )
    rotated = project.clerkstack("rotate", "--reason", "attacked")
    looked = project.clerkstack("doctor")

    assert "Nothing was run" in up
    assert urn in up
    for ran in (refreshed, destroyed):
        assert ran.returncode
        assert "was not run" in ran.stdout + ran.stderr
        assert "Traceback" not in ran.stdout + ran.stderr
    assert rotated.returncode == 2
    assert urn in rotated.stderr
    assert urn in looked.stdout
    assert not marker.exists()
    assert writes(world) == []

    # What each message says to do.
    project.pulumi("state", "delete", urn, "--yes", "--stack", project.stack)
    assert "unchanged" in project.up()
    assert not marker.exists()
