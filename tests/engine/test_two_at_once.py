"""Two updates at once: one wins, the other says so, and nothing is lost."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.project import Project, copy_project, settings_on
from local.world import World
from tests.deployments import declared
from tests.engine.live import read_instance, writes
from tests.kept import starts_from

pytestmark = pytest.mark.engine

WAIT = 25.0  # seconds: the longest that the first waits while the second runs


def started(project: Project, log: Path) -> subprocess.Popen[str]:
    """An `up` in the background."""
    with log.open("w") as out:
        return subprocess.Popen(
            project.command("up", "--yes", "--skip-preview", "--stack", project.stack),
            cwd=project.folder,
            env=project.environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )


def held_up(world: World, project: Project, log: Path, **fault: Any) -> subprocess.Popen[str]:
    """Start an `up`, and return as soon as its held-up request has arrived."""
    world.fault(kind="delay", service="clerk", seconds=WAIT, **fault)
    running = started(project, log)
    world.faults.wait_until_met()
    return running


def without_environment(project: Project) -> None:
    """The stack `local` without its variables at Vercel, deployed."""
    declared(project)
    project.set("components.environment", False)
    project.up()


@pytest.fixture
def other(tmp_path: Path, world: World) -> Project:
    """Another person's checkout with its own stack on the same instance; both deployed."""
    made = Project(copy_project(tmp_path / "other"), world)
    made.init("local", settings_on(world))
    made.set("components.environment", False)
    made.up()
    return made


def amount(world: World, plan: str) -> Any:
    return read_instance(world).config["billing"]["plans"][plan]["amount"]


@starts_from(without_environment)
def test_the_same_stack_is_locked(project: Project, world: World, tmp_path: Path) -> None:
    project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
    running = held_up(world, project, tmp_path / "first", method="PATCH")

    second = project.up(check=False)
    world.clear_faults()
    running.wait(120)

    assert "the stack is currently locked" in second
    assert running.returncode == 0, (tmp_path / "first").read_text()
    assert amount(world, "pro") == 6500
    world.clear_journal()
    assert "unchanged" in project.up()
    assert writes(world) == []


@starts_from(without_environment)
def test_two_stacks_on_one_instance_that_change_different_things(
    project: Project, other: Project, world: World, tmp_path: Path
) -> None:
    project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
    other.set("organizations.maxAllowedMemberships", 9)
    # The read before the write: its result is outdated when the write comes.
    running = held_up(world, project, tmp_path / "first", method="PATCH")

    other.up()
    world.clear_faults()
    running.wait(120)

    assert running.returncode == 0, (tmp_path / "first").read_text()
    assert amount(world, "pro") == 6500
    section = read_instance(world).config["organization_settings"]
    assert section["max_allowed_memberships"] == 9


@starts_from(without_environment)
def test_two_stacks_on_one_instance_that_want_different_things(
    project: Project, other: Project, world: World, tmp_path: Path
) -> None:
    project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
    other.edit("catalog.yaml", ("amount: 6000", "amount: 7000"))
    running = held_up(world, project, tmp_path / "first", method="PATCH")

    other.up()
    world.clear_faults()
    running.wait(120)

    said = (tmp_path / "first").read_text()
    assert running.returncode
    assert "Somebody changed the development instance" in said
    assert "billing.plans.pro.amount: 7000 → 6500" in said
    assert "Nothing was written" in said
    assert amount(world, "pro") == 7000
