"""`clerkstack probe` on a deployed stack, as a person runs it."""

from __future__ import annotations

import json

import pytest

from local.project import Project
from local.world import World
from local.world import seed as seeded
from tests.deployments import declared_production, development
from tests.kept import starts_from

pytestmark = pytest.mark.engine
NEVER = f"{seeded.APPLICATION_ID} was not probed from this folder"


def test_the_first_up_says_so_until_it_was_probed(project: Project) -> None:
    probed = project.clerkstack("probe", "--write")

    assert probed.returncode == 0, probed.stdout + probed.stderr
    assert "does not hold: 0" in probed.stdout
    assert NEVER not in project.up()


def test_an_up_that_was_never_probed_says_so_in_one_line(project: Project) -> None:
    said = [line for line in project.up().splitlines() if line.strip().startswith(NEVER)]

    assert len(said) == 1  # under the engine's Diagnostics
    assert NEVER not in project.up()


@starts_from(development)
def test_for_programs_and_with_what_does_not_hold(project: Project, world: World) -> None:
    shown = json.loads(project.clerkstack("probe", "--json").stdout)

    assert {premise["state"] for premise in shown["premises"]} <= {"holds", "unresolved"}

    world.fault(service="clerk", kind="dry_run_ignored", method="PATCH")
    ran = project.clerkstack("probe", "--write")

    assert ran.returncode == 1
    assert "clerk.config-dry-run does not hold. What relies on it: dry-run, review." in ran.stdout
    assert project.clerkstack("drift").returncode == 0


@starts_from(declared_production)
def test_production_is_never_written_to(project: Project, world: World) -> None:
    world.clear_journal()

    ran = project.clerkstack("probe", "--write")

    assert ran.returncode == 2
    assert "probe the development stack" in ran.stderr
    assert not world.journal()


def test_a_service_that_refuses(project: Project, world: World) -> None:
    world.fault(service="clerk", kind="status", status=401, times=None)

    ran = project.clerkstack("probe")

    assert ran.returncode == 3
    assert "could not be asked" in ran.stdout
