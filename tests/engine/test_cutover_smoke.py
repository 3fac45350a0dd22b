"""The cutover with a deployed app: no point is left to a person, no test user remains."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from local.project import Project
from local.world import World
from local.world import seed as seeded
from local.world.deployed import Deployed
from tests.clock import wait_until
from tests.deployments import production_of_an_app, protected_production
from tests.engine.cutting_over import HOST, ask, judged, production, set_dns
from tests.kept import starts_from
from tests.smoke.deployment import need_app

pytestmark = [
    pytest.mark.engine,
    starts_from(protected_production),
]


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    need_app()


@pytest.fixture
def app(project: Project, world: World) -> Deployed:
    """Production as at a launch, and the app built with the stack's values."""
    running = world.deploy("production", HOST)
    world.vercel.add_deployment(seeded.VERCEL_PROJECT_ID, "production")
    world.dashboard("set_api_keys", environment="production", organizations=True, users=False)
    set_dns(world, ready=True)
    running.settle()
    return running


@starts_from(production_of_an_app)
def test_production_is_ready_without_anybody_s_word(
    project: Project, world: World, app: Deployed
) -> None:
    code, points, printed = judged(project, "--smoke")

    assert code == 0, printed
    assert {point["severity"] for point in points.values()} == {"passed"}, printed
    assert all(point["waiver"] is None for point in points.values())
    steps = {detail["subject"]: detail["severity"] for detail in points["smoke"]["details"]}
    assert {"sign-up", "create organization", "webhook", "mint API key", "MCP call"} <= {*steps}
    assert set(steps.values()) == {"passed"}
    (count,) = points["test-users"]["details"]
    assert (count["found"], count["severity"]) == ("0", "passed")
    assert production(world).people.users == {}

    # Somebody tries it by hand, and leaves the user behind.
    address = f"ana+clerk_test@{HOST}"
    ask(world, "POST", "/users", {"email_address": [address], "skip_password_requirement": True})
    world.dashboard("add_satellite", environment="production", domain="sendero.app")
    code, points, _ = judged(project)

    assert code == 1
    assert {name for name, each in points.items() if not each["done"]} == {
        "smoke",
        "test-users",
        "satellites",
    }
    assert [detail["subject"] for detail in points["satellites"]["details"]] == [
        "satellite sendero.app"
    ]
    assert points["test-users"]["severity"] == "failed"
    assert [detail["found"] for detail in points["test-users"]["details"]] == ["1"]

    set_dns(world, "sendero.app", ready=True)

    # The deployed app breaks: the smoke run names the step.
    app.stop()
    code, points, _ = judged(project, "--smoke")

    assert points["smoke"]["severity"] == "failed"
    assert points["endpoint"]["severity"] == "failed"
    assert points["satellites"]["severity"] == "passed"
    assert code == 1
    left = production(world).people
    assert [user["email_addresses"][0]["email_address"] for user in left.users.values()] == [
        address
    ]
    assert left.organizations == {}


def test_ctrl_c_in_the_smoke_run_removes_what_it_made(
    project: Project, world: World, app: Deployed
) -> None:
    page = Path(project.folder / "page.html")
    people = production(world).people
    with subprocess.Popen(
        ["bin/clerkstack", "cutover", "--stack", "prod", "--smoke", "--html", str(page)],
        cwd=project.folder,
        env={**os.environ, **project.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        wait_until(lambda: people.users)
        running.send_signal(signal.SIGINT)
        out, told = running.communicate(timeout=180)

    assert running.returncode == 130, told
    assert "interrupted: removing what was created" in told
    assert (people.users, people.organizations) == ({}, {})
    assert (out, page.exists()) == ("", False)
