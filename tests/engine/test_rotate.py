"""Rotations on the real engine: state, variables, the running app, and who blocks them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.errors import ApiError
from local.project import Project, copy_project
from local.world import World
from local.world.deployed import Deployed
from tests.deployments import production
from tests.engine.live import read_instance, requests, variables, writes
from tests.engine.test_killed import up_killed_at
from tests.forks import forks_of
from tests.kept import starts_from
from tests.smoke.deployment import app_in_production, need_app

pytestmark = [pytest.mark.engine, starts_from(production)]
SECRETS = ("CLERK_SECRET_KEY", "CLERK_WEBHOOK_SECRET")


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    need_app()


@pytest.fixture
def app(prod: Project, world: World) -> Deployed:
    """The app as production's deployment."""
    return app_in_production(world)


@pytest.fixture
def prod(project: Project) -> Project:
    """Production, deployed."""
    return project


def rotate(project: Project, *words: str, ends: int = 0) -> subprocess.CompletedProcess[str]:
    ran = project.clerkstack("rotate", *words)
    assert ran.returncode == ends, ran.stdout + ran.stderr
    return ran


def running(project: Project, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["bin/clerkstack", "rotate", "--stack", project.stack, *words],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(process: subprocess.Popen[str], step: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.removeprefix("rotate:").strip().startswith(step):
            return
    pytest.fail(f"it ended before {step}")


def status(project: Project, ends: int = 0) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(rotate(project, "--status", "--json", ends=ends).stdout)
    return shown


def history(project: Project) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(rotate(project, "--history", "--json").stdout)[
        "rotations"
    ]
    return shown


def test_a_rotation_reaches_state_variables_and_app(
    prod: Project, world: World, app: Deployed
) -> None:
    before = read_instance(world, "production")
    built = app.deployment
    world.clear_journal()

    ran = rotate(prod, "--reason", "offboarding")

    assert "secret key and signing secret rotated" in ran.stdout
    sent = writes(world)
    assert len([each for each in sent if each.endswith("/rotate_secret_keys")]) == 1
    assert len([each for each in sent if each.endswith("/secret/rotate")]) == 1
    assert [each for each in sent if "deployments" in each] == ["vercel POST /v13/deployments"]
    live = read_instance(world, "production")
    (signing,) = live.signing_secrets.values()
    assert live.secret_key != before.secret_key
    assert signing not in before.signing_secrets.values()
    assert app.deployment != built
    with world._turns.threads:  # what the deployment was built with
        made = world.vercel.deployments[str(app.deployment)]
        held = world.vercel.vault.opened(made.environment)
    assert [held[name] for name in SECRETS] == [live.secret_key, signing]
    (entry,) = history(prod)
    assert (entry["reason"], entry["result"]) == ("offboarding", "done")
    assert entry["deployment"] == app.deployment
    assert status(prod)["over"]
    # No plain text, and no change remains.
    state = json.dumps(prod.state())
    for secret in (before.secret_key, *before.signing_secrets.values(), live.secret_key, signing):
        assert secret not in state + ran.stdout + ran.stderr
    world.clear_journal()
    assert "unchanged" in prod.up()
    assert requests(world) == []
    assert "25 unchanged" in prod.up("--refresh")

    # The rollback.
    back = rotate(prod, "--abort")

    assert "Clerk still ends this secret key at" in back.stdout
    assert variables(world)["CLERK_SECRET_KEY", "production"]
    with world._turns.threads:
        made = world.vercel.deployments[str(app.deployment)]
        held = world.vercel.vault.opened(made.environment)
    assert held["CLERK_SECRET_KEY"] == before.secret_key
    assert list(read_instance(world, "production").signing_secrets.values()) == list(
        before.signing_secrets.values()
    )
    assert status(prod, ends=1)["doomed"].keys() == {"clerk"}
    assert "unchanged" in prod.up()


def test_nothing_is_minted_where_it_could_not_be_proved(
    prod: Project, world: World, app: Deployed
) -> None:
    prod.set("rotation", {"healthPath": "/api/nowhere"})
    world.clear_journal()
    ran = rotate(prod, ends=1)
    assert "healthPath" in ran.stderr
    assert not [each for each in writes(world) if "rotate" in each]
    assert status(prod)["over"]
    assert app.deployment


def test_an_update_in_the_way_is_waited_for_and_a_dead_one_is_cleared(
    prod: Project, world: World, app: Deployed
) -> None:
    # Somebody's `pulumi up` is running: the rotation waits for it.
    world.fault(service="clerk", method="PATCH", path="/config", kind="delay", seconds=25)
    prod.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
    up = subprocess.Popen(
        prod.command("up", "--yes", "--skip-preview", "--stack", "prod"),
        cwd=prod.folder,
        env=prod.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    world.faults.wait_until_met()
    waits = running(prod)
    wait_for(waits, f"waiting for pulumi, process {up.pid}, to end")
    world.clear_faults()

    said, _ = waits.communicate()

    assert waits.returncode == 0, said
    assert up.wait() == 0
    assert read_instance(world, "production").config["billing"]["plans"]["pro"]["amount"] == 6500

    # A rotation is killed with its update: the lock of the dead process is removed.
    world.fault(service="vercel", method="PATCH", path="/env/", kind="delay", seconds=25)
    killed = running(prod)
    world.faults.wait_until_met()
    for child in Path("/proc").glob("[0-9]*"):
        _kill_in(child, prod.folder)
    killed.communicate()
    world.clear_faults()

    ran = rotate(prod)

    assert "recovering it" in ran.stderr
    assert [each["result"] for each in history(prod)] == ["done", "done"]
    assert "unchanged" in prod.up()
    assert app.deployment


def _kill_in(process: Path, folder: Path) -> None:
    """Kill the processes that work in the project's folder."""
    try:
        here = (process / "cwd").resolve() == folder
    except OSError:
        return
    if here and int(process.name) != os.getpid():
        os.kill(int(process.name), signal.SIGKILL)


def test_two_at_once(prod: Project, world: World, app: Deployed, tmp_path: Path) -> None:
    other = Project(copy_project(tmp_path / "other"), world, "prod")
    (other.folder / "Pulumi.prod.yaml").write_text((prod.folder / "Pulumi.prod.yaml").read_text())
    for folder in ("state", "home"):
        (other.folder / folder).symlink_to(prod.folder / folder)
    first = running(prod)
    wait_for(first, "preflight")
    [holder] = forks_of(first.pid) or [first.pid]

    same, elsewhere = rotate(prod, ends=2), rotate(other, ends=2)
    waited = rotate(other, "--wait", "120", "--if-older-than", "1")
    said, _ = first.communicate()

    assert first.returncode == 0, said
    assert f"process {holder} of" in same.stderr
    assert f"process {holder} of" in elsewhere.stderr
    assert "no secret is that old" in waited.stderr
    assert len(history(prod)) == 1
    assert app.deployment


def test_terminated_it_says_where_it_stands_and_lets_go(
    prod: Project, world: World, app: Deployed
) -> None:
    first = running(prod)
    wait_for(first, "roll out")
    os.kill(first.pid, signal.SIGTERM)
    said, _ = first.communicate()

    assert first.returncode == 130
    assert "--status" in said
    shown = status(prod, ends=1)
    assert shown["running"]["holder"] is None
    rotate(prod)
    assert status(prod)["over"]
    assert len([each for each in writes(world) if each.endswith("/rotate_secret_keys")]) == 1
    assert app.deployment


def test_a_leaked_key(prod: Project, world: World, app: Deployed) -> None:
    leaked = read_instance(world, "production").secret_key

    assert "--confirm prod" in rotate(prod, "--overlap", "0", ends=2).stderr
    assert "Nothing was sent" in rotate(prod, "--overlap", "0", "--confirm", "dev", ends=2).stderr
    world.clear_journal()
    ran = rotate(prod, "--overlap", "0", "--confirm", "prod", "--secret", "clerk")

    # Vercel is checked, then the key is ended: no request to Clerk comes before.
    asked = requests(world)
    first = next(row for row in asked if not row.startswith("vercel GET"))
    assert first.endswith("/rotate_secret_keys")
    assert asked.index(first) == 1
    assert "Clerk no longer accepts the old secret key" in ran.stderr
    with (
        BackendClient(key=SecretStr(leaked), base_url=world.urls.clerk) as backend,
        pytest.raises(ApiError),
    ):
        backend.get_instance()
    assert app.deployment


def test_a_stack_that_others_build_is_built_all_the_same(
    prod: Project, world: World, app: Deployed
) -> None:
    prod.set("environment.redeploy", False)
    prod.up()
    before = app.deployment

    rotate(prod, "--secret", "webhook")

    assert app.settle() != before
    assert history(prod)[0]["deployment"] == app.deployment
    assert "unchanged" in prod.up()
    assert world.journal()


def test_what_a_killed_update_began_to_make_is_not_forgotten(
    prod: Project, world: World, app: Deployed
) -> None:
    # Killed when Vercel has made a variable that the state does not know.
    prod.set("environment.sensitive", "all")
    world.clear_journal()
    assert up_killed_at(prod, 4, "after")
    # Read from the file: the kill may have hit the engine as it wrote the files beside it.
    checkpoint = json.loads((prod.folder / "state/.pulumi/stacks/clerkstack/prod.json").read_text())
    assert checkpoint["checkpoint"]["latest"]["pending_operations"]

    ran = rotate(prod, ends=2)

    assert "recovering it" in ran.stderr
    assert "pulumi up --stack prod" in ran.stderr
    # The update had more to do, and does it; nothing exists twice.
    prod.up()
    rotate(prod)
    assert "unchanged" in prod.up()
    assert app.deployment
