"""`clerkstack doctor` on a stack that the real engine deployed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.project import Project
from local.world import World
from local.world import seed as seeded
from tests.deployments import development
from tests.engine.live import requests, writes
from tests.kept import starts_from
from tests.smoke.deployment import HOST, need_app

pytestmark = pytest.mark.engine


def doctor(project: Project, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    ran = project.own_command("doctor", "--json", *words)
    assert ran.stdout, ran.stderr
    return ran.returncode, {
        finding["check"]: finding for finding in json.loads(ran.stdout)["findings"]
    }


@starts_from(development)
def test_a_deployed_stack_and_what_is_off(project: Project, world: World) -> None:
    need_app()
    app = world.deploy("preview", HOST)
    world.vercel.add_deployment(seeded.VERCEL_PROJECT_ID, "preview")
    app.settle()
    world.clear_journal()

    code, found = doctor(project, "--stack", "local")

    assert code == 0, found
    assert {each["severity"] for each in found.values()} <= {"passed", "warning"}
    assert found["app"]["severity"] == found["webhook"]["severity"] == "passed"
    # The request for the link to Svix is no GET, and changes nothing.
    assert writes(world) == []
    sent = requests(world)
    assert len([row for row in sent if row.endswith("/" + seeded.APPLICATION_ID)]) == 1
    shown = project.own_command("doctor", "--stack", "local").stdout
    assert "passed       app" in shown
    assert "\x1b" not in shown

    # A build picked up another secret at Vercel: the app runs with one that the state lacks.
    variables = world.vercel.projects[seeded.VERCEL_PROJECT_ID].variables
    secret = next(
        variable
        for variable in variables.values()
        if variable.key == "CLERK_WEBHOOK_SECRET" and "preview" in variable.target
    )
    world.vercel.update_variable(
        world.vercel.projects[seeded.VERCEL_PROJECT_ID], secret.id, {"value": "whsec_" + "A" * 32}
    )
    world.vercel.add_deployment(seeded.VERCEL_PROJECT_ID, "preview")
    app.settle()

    code, found = doctor(project, "--stack", "local")
    assert (code, found["app"]["severity"]) == (1, "failed")
    assert "CLERK_WEBHOOK_SECRET" in found["app"]["message"]


def test_without_a_stack_and_with_one_that_is_not_there(project: Project) -> None:
    code, found = doctor(project)
    assert code == 0
    assert set(found) == {"python", "checkout", "approvals", "engine", "plugins", "backend"}

    code, found = doctor(project, "--stack", "nowhere")
    assert code == 2
    assert "nowhere" in found["settings"]["message"]
    assert found["app"]["severity"] == "not checked"
