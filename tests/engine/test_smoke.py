"""A smoke run passes on a deployed stack whose app runs with the stack's own values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.project import Project
from local.world import World
from tests.smoke.deployment import HOST, need_app

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    need_app()


def smoke(project: Project, *words: str) -> tuple[int, dict[str, Any]]:
    ran = project.clerkstack("smoke", "--json", *words)
    assert ran.stdout, ran.stderr
    shown: dict[str, Any] = json.loads(ran.stdout)
    return ran.returncode, shown


def test_what_up_deploys_passes_a_smoke_run(project: Project, world: World) -> None:
    app = world.deploy("preview", HOST)
    project.up()
    deployment = app.settle()

    # Through the proxy, so that the stack's own URL leads to the app.
    code, shown = smoke(project)

    assert code == 0, shown
    assert shown["url"] == f"https://{HOST}"
    assert world.vercel.deployments[deployment].redeploy_of is not None
    gates = next(step for step in shown["steps"] if step["name"] == "gated routes")
    assert "/api/audit-log refuses" in gates["detail"]
    people = world.clerk.instances()[0].people
    assert (people.users, people.organizations) == ({}, {})

    # A value set by hand reaches the app with the next build only: then the app breaks.
    variables = world.vercel.projects["prj_senderolocal"].variables
    secret = next(
        variable
        for variable in variables.values()
        if (variable.key, variable.target) == ("CLERK_WEBHOOK_SECRET", ["preview"])
    )
    world.vercel.update_variable(
        world.vercel.projects["prj_senderolocal"], secret.id, {"value": "whsec_" + "A" * 32}
    )
    assert smoke(project)[0] == 0
    world.vercel.add_deployment("prj_senderolocal", "preview")
    app.settle()

    code, shown = smoke(project, "--wait", "1")

    assert code == 1
    assert [step["name"] for step in shown["steps"] if not step["ok"]] == ["webhook"]
