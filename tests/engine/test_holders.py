"""A rotation, on the real engine, with other holders of the secrets."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from local.project import Project, production_settings_on
from local.world import World
from local.world import seed as seeded
from local.world.deployed import Deployed
from local.world.vercel.models import Variable, digest
from tests.deployments import production
from tests.engine.live import read_instance, writes
from tests.engine.test_rotate import history, rotate, status
from tests.kept import starts_from
from tests.smoke.deployment import app_in_production, need_app

pytestmark = [pytest.mark.engine, starts_from(production)]
OWN, NAME = seeded.VERCEL_PROJECT_ID, seeded.VERCEL_PROJECT_NAME


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    need_app()


@pytest.fixture
def app(project: Project, world: World) -> Deployed:
    """The app as production's deployment."""
    return app_in_production(world)


def add(world: World, project: str, key: str, value: str, **more: Any) -> Variable:
    with world._turns.threads:
        body = {"key": key, "value": value, "type": "encrypted", "target": ["production"], **more}
        return world.vercel.create_variable(world.vercel.projects[project], body)


def second_stack(project: Project) -> None:
    """Another stack of the instance, whose state has the same secrets."""
    text = json.dumps(project.state()).replace("urn:pulumi:prod::", "urn:pulumi:second::")
    file = project.folder / "second.json"
    file.write_text(text)
    project.init("second", production_settings_on(project.world))
    project.pulumi("stack", "import", "--stack", "second", "--file", str(file))
    file.unlink()
    project.stack = "prod"


def test_others_are_written_or_named_and_counted(
    project: Project, world: World, app: Deployed
) -> None:
    key = read_instance(world, "production").secret_key
    with world._turns.threads:
        world.vercel.add_project("prj_api", "api")
        staging = world.vercel.add_custom_environment(OWN, "staging")
    copies = [
        add(world, OWN, "CLERK_API_KEY", key),
        add(world, OWN, "CLERK_SECRET_KEY", key, target=[], customEnvironmentIds=[staging]),
    ]
    theirs = add(world, "prj_api", "CLERK_SECRET_KEY", key)
    add(world, "prj_api", "CLERK_WEBHOOK_SECRET", "hidden", type="sensitive")
    # Production's variables share one project with development's.
    add(world, OWN, "CLERK_SECRET_KEY", "hidden", type="sensitive", target=["preview"])
    with world._turns.threads:
        world.vercel.add_deployment(OWN, "staging")
    second_stack(project)
    world.clear_journal()

    refused = rotate(project, ends=2)

    names = [
        "stack:second",
        "api/production/CLERK_WEBHOOK_SECRET",
        "api/production/CLERK_SECRET_KEY",
    ]
    asked = refused.stderr.split("name them: ")[1].splitlines()[0]
    named = shlex.split(asked)[4:]
    assert sorted(named[1::2]) == sorted(names)
    assert "holds the secret key and signing secret: stack:second" in refused.stderr
    assert "may hold the signing secret: api/production/CLERK_WEBHOOK_SECRET" in refused.stderr
    assert writes(world) == []
    assert status(project)["over"]

    # The command in the message does it.
    done = rotate(project, *named)

    now = read_instance(world, "production").secret_key
    assert now != key
    app.settle()
    with world._turns.threads:
        newest = max(
            world.vercel.deployments.values(), key=lambda deployment: deployment.created_at
        )
        made = world.vercel.deployments[str(app.deployment)]
    assert [copy_.value_digest for copy_ in copies] == [digest(now)] * 2
    assert made.environment["CLERK_API_KEY"] == digest(now)
    assert (newest.target, newest.environment["CLERK_SECRET_KEY"]) == ("staging", digest(now))
    assert theirs.value_digest == digest(key)
    assert f"{NAME}/production/CLERK_API_KEY written" in done.stderr
    assert "3 other holders must receive the new secrets by" in done.stdout
    assert key not in done.stdout + done.stderr + refused.stderr
    (entry,) = history(project)
    written = [f"{NAME}/production/CLERK_API_KEY", f"{NAME}/staging/CLERK_SECRET_KEY"]
    assert sorted(entry["copies"]) == written
    assert sorted(other["name"] for other in entry["others"]) == sorted(names)
    assert "unchanged" in project.up()

    # They are counted until somebody handles them.
    assert sorted(other["name"] for other in status(project, ends=1)["waiting"]) == sorted(names)
    doctor = project.clerkstack("doctor")
    assert "3 other holders must receive the new secrets" in doctor.stdout
    words = [word for name in names for word in ("--holder-done", name)]
    assert "no other holder" in rotate(project, "--status", "--holder-done", "x", ends=2).stderr
    assert "no rotation is under way" in rotate(project, "--status", *words).stdout
    assert status(project)["waiting"] == []
    assert "(done)" in rotate(project, "--history").stdout

    # The rollback writes the copies as well.
    rotate(project, "--abort")
    assert [copy_.value_digest for copy_ in copies] == [digest(key)] * 2
