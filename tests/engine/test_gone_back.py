"""A rollback that is stuck until the old secrets have ended.

The app and the state keep the valid secrets. tests/unit/rotation/test_histories.py covers every
order.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from local.project import Project
from local.world import World
from local.world.deployed import Deployed
from tests.deployments import production
from tests.engine.live import read_instance
from tests.engine.test_rotate import SECRETS, history, rotate, running, status, wait_for
from tests.kept import starts_from
from tests.smoke.deployment import app_in_production

pytestmark = [pytest.mark.engine, starts_from(production)]


@pytest.fixture
def app(project: Project, world: World) -> Deployed:
    """The app as production's deployment."""
    return app_in_production(world)


def held(world: World, app: Deployed) -> list[str]:
    """Return the secrets that the deployment was built with."""
    deployment = str(app.settle())
    with world._turns.threads:
        made = world.vercel.deployments[deployment]
        values = world.vercel.vault.opened(made.environment)
    return [values[name] for name in SECRETS]


def assert_all_valid(world: World, app: Deployed) -> None:
    """Assert that the app has the secrets that Clerk and Svix show."""
    live = read_instance(world, "production")
    assert held(world, app) == [live.secret_key, *live.signing_secrets.values()]
    with BackendClient(key=SecretStr(live.secret_key), base_url=world.urls.clerk) as backend:
        assert backend.get_instance()


def kill_all(project: Project, pid: int) -> None:
    """Kill a run and its helper processes."""
    os.kill(pid, signal.SIGKILL)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            here = (process / "cwd").resolve() == project.folder
        except OSError:
            continue
        if here and int(process.name) != os.getpid():
            os.kill(int(process.name), signal.SIGKILL)


def test_an_abort_that_failed_is_no_trap_when_the_old_key_has_ended(
    project: Project, world: World, app: Deployed
) -> None:
    rotate(project)
    new = read_instance(world, "production").secret_key
    world.fault(service="vercel", method="PATCH", path="/env/", kind="status", status=403)

    failed = rotate(project, "--abort", ends=3)

    assert "environment-production-CLERK_" in failed.stderr
    assert "pulumi:pulumi:Stack" not in failed.stderr
    world.clear_faults()
    # Somebody deploys in between: the state has the lasting key.
    project.up()
    assert held(world, app)[0] == new
    world.advance(25)
    back = rotate(project, "--abort", ends=2)
    assert "there is no way back" in back.stderr

    gone_on = rotate(project)

    assert "done" in [each["result"] for each in history(project)]
    assert status(project)["over"], gone_on.stderr
    assert_all_valid(world, app)
    assert "unchanged" in project.up()
    world.advance(200)
    assert_all_valid(world, app)


def test_an_abort_that_was_killed_goes_on_to_the_new_secrets_when_the_old_key_has_ended(
    project: Project, world: World, app: Deployed
) -> None:
    rotate(project)
    killed = running(project, "--abort")
    wait_for(killed, "roll out")
    world.fault(service="vercel", method="PATCH", path="/env/", kind="delay", seconds=25)
    world.faults.wait_until_met()
    kill_all(project, killed.pid)
    killed.communicate()
    world.clear_faults()
    world.advance(25)
    assert "Next: go back to the old ones" in rotate(project, "--status", ends=1).stdout

    ran = rotate(project)

    assert "continuing with the new one" in ran.stderr
    assert status(project)["over"]
    assert_all_valid(world, app)
    assert "unchanged" in project.up()


def test_where_one_secret_can_t_be_minted_the_other_reaches_the_app(
    project: Project, world: World, app: Deployed
) -> None:
    world.fault(service="svix", method="POST", path="secret/rotate$", kind="status", status=403)

    refused = rotate(project, ends=3)

    assert "only the secret key was minted, and it alone is rolled out" in refused.stderr
    world.advance(200)
    assert_all_valid(world, app)
    rotate(project)
    assert_all_valid(world, app)
    assert status(project)["over"]
