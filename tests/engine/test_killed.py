"""`pulumi up` killed at any request: recover and `up` reach the same end, and can be undone."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any, Literal

import pytest

from local.killing import kill_tree
from local.project import Project
from local.world import World
from local.world.faults import Fault
from tests import sendero
from tests.deployments import development
from tests.engine.by_hand import take_out
from tests.engine.live import read_instance, requests, variables, writes
from tests.engine.test_deployment import assert_deployed
from tests.forks import forks_of
from tests.kept import starts_from

pytestmark = pytest.mark.engine

Moment = Literal["before", "after"]
# A request of a killed program that never arrived.
LOST = {
    service: Fault(kind="drop_before", service=service)
    for service in ("clerk", "frontend", "svix", "vercel")
}


def up_killed_at(project: Project, number: int, moment: Moment, *, command: str = "up") -> bool:
    """Run `pulumi up` (or another), and kill it with all its processes at its n-th request.

    `before` kills before the service acts, `after` between its act and the arrival of the answer.
    Returns False if the command ended before that request.
    """
    world = project.world
    log = project.folder / "up.log"
    with log.open("a") as out:
        process = subprocess.Popen(
            project.command(command, "--yes", "--skip-preview", "--stack", project.stack),
            cwd=project.folder,
            env=project.environment,
            stdout=out,
            stderr=out,
        )
    killed = False
    seen = 0

    def strike() -> bool:
        nonlocal killed, seen
        seen += 1
        if seen == number:
            killed = True
            kill_tree(process.pid, forks_of)
        return killed

    take, add = world.faults.take, world.requests.add

    def taken(service: Any, method: str, path: str) -> Fault | None:
        return LOST[service] if strike() else take(service, method, path)

    def added(**entry: Any) -> None:
        add(**entry)
        strike()

    with pytest.MonkeyPatch.context() as patch:
        if moment == "before":
            patch.setattr(world.faults, "take", taken)
        else:
            patch.setattr(world.requests, "add", added)
        process.wait(120)
    assert killed or process.returncode == 0, log.read_text()
    return killed


def recover(project: Project) -> str:
    """Do what docs/trouble.md says to do after a kill."""
    ran = project.clerkstack("recover")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def assert_complete(project: Project, world: World) -> None:
    """The deployment is complete, nothing exists twice, and `up` has nothing left to do."""
    live = read_instance(world)
    assert_deployed(live)
    assert len(variables(world)) == 2 * len(sendero.VARIABLES)
    signing = live.signing_secrets[live.endpoints[0].id]
    assert variables(world)["CLERK_WEBHOOK_SECRET", "development"]["value"] == signing
    world.clear_journal()
    assert "unchanged" in project.up()
    assert writes(world) == []


def assert_undone(project: Project, world: World) -> None:
    """The stack knows what killed runs made as its own: destroying removes all of it."""
    project.destroy()
    live = read_instance(world)
    assert variables(world) == {}
    assert live.endpoints == []
    assert set(live.config["billing"]["plans"]) <= {"free_org"}
    assert live.config["billing"]["features"] == {}
    assert "org:finance" not in live.roles


# The writes of a first `up` and their neighbours: see the list that `make bench` prints.
@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (3, "before"),
        (3, "after"),
        (6, "after"),
        (8, "before"),
        (8, "after"),
        (11, "after"),
        (13, "after"),
        (15, "before"),
        (22, "after"),
        (32, "after"),
    ],
)
def test_after_a_kill_the_next_up_completes(
    project: Project, world: World, number: int, moment: Moment
) -> None:
    assert up_killed_at(project, number, moment)

    recover(project)
    project.up()

    assert_complete(project, world)
    assert_undone(project, world)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_again_and_again_it_still_gets_there(
    project: Project, world: World, moment: Moment
) -> None:
    number, kills = 4, 0
    while up_killed_at(project, number, moment):
        kills += 1
        number += 2
        recover(project)

    assert kills >= 3
    assert_complete(project, world)
    assert_undone(project, world)


@starts_from(development)
def test_a_kill_while_the_checkpoint_was_written_is_repaired(
    project: Project, world: World
) -> None:
    [attributes] = project.folder.glob("state/.pulumi/stacks/*/*.json.attrs")
    attributes.write_bytes(b"")
    assert "failed to load checkpoint" in project.up(check=False)

    told = recover(project)

    assert str(attributes) in told
    assert_complete(project, world)

    # Every other command of ours removes them by itself.
    attributes.write_bytes(b"{")
    ran = project.clerkstack("drift", "--json")
    assert ran.returncode == 0, ran.stderr
    assert not attributes.exists()


@starts_from(development)
@pytest.mark.parametrize("number", [3, 6, 8])
def test_a_kill_while_variables_are_replaced(project: Project, world: World, number: int) -> None:
    project.set("environment.sensitive", "all")
    world.clear_journal()
    assert up_killed_at(project, number, "after")

    recover(project)
    project.up()

    assert_complete(project, world)
    assert_undone(project, world)


def lose_answers(project: Project, world: World) -> None:
    """Run an `up` that the armed faults end with an error, all of them: without the option, the
    engine may stop after the first."""
    assert "error" in project.up("--continue-on-error", check=False)
    assert world.faults.waiting() == []


@starts_from(development)
def test_answers_lost_while_variables_are_replaced(project: Project, world: World) -> None:
    project.set("environment.sensitive", "all")
    world.fault(service="vercel", method="POST", path="/env$", kind="drop_after", after=1, times=2)
    lose_answers(project, world)

    recover(project)
    project.up()

    assert_complete(project, world)


@starts_from(development)
@pytest.mark.parametrize("number", [3, 25])
def test_a_killed_destroy_is_recovered(project: Project, world: World, number: int) -> None:
    assert up_killed_at(project, number, "after", command="destroy")

    told = recover(project)
    project.up()

    assert "was being removed" in told
    assert_complete(project, world)
    assert_undone(project, world)


def test_variables_whose_answers_were_lost_are_taken_over(project: Project, world: World) -> None:
    world.fault(service="vercel", method="POST", path="/env$", after=3, times=2, kind="drop_after")
    lose_answers(project, world)

    told = recover(project)
    project.up()

    assert told.count("exists at Vercel, added to the state") == 2
    assert_complete(project, world)
    assert_undone(project, world)


def change_price(project: Project) -> None:
    project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))


def drop_plan(project: Project) -> None:
    take_out(project, "enterprise")


def move_webhook(project: Project) -> None:
    project.set("appUrl", "https://other.sendero.example")


@starts_from(development)
@pytest.mark.parametrize(
    ("change", "number", "moment"),
    [
        (change_price, 1, "after"),
        # Four reads (two of them of the subscribers), the write, its read-back.
        (change_price, 5, "before"),
        (change_price, 5, "after"),
        (drop_plan, 5, "after"),
        (drop_plan, 6, "before"),
        (move_webhook, 3, "after"),
        (move_webhook, 4, "before"),
        (move_webhook, 4, "after"),
    ],
)
def test_a_killed_change_is_completed_by_the_next_up(
    project: Project,
    world: World,
    change: Callable[[Project], None],
    number: int,
    moment: Moment,
) -> None:
    change(project)
    assert up_killed_at(project, number, moment)

    recover(project)
    project.up()

    live = read_instance(world)
    if change is change_price:
        assert live.config["billing"]["plans"]["pro"]["amount"] == 6500
    elif change is drop_plan:
        assert "enterprise" not in live.config["billing"]["plans"]
    else:
        (endpoint,) = live.endpoints
        assert endpoint.url == "https://other.sendero.example/api/webhooks/clerk"
    world.clear_journal()
    assert "unchanged" in project.up()
    assert requests(world) == []
