"""`clerkstack dry-run`: Clerk says what the next write would do, and nothing is written."""

from __future__ import annotations

import json

import pytest

from local.project import Project
from local.world import World
from tests.deployments import development
from tests.engine.by_hand import take_out
from tests.engine.live import read_instance, requests
from tests.kept import starts_from

pytestmark = pytest.mark.engine


def test_what_clerk_would_take_is_reported_and_not_written(project: Project, world: World) -> None:
    first = project.clerkstack("dry-run", "--json")
    project.up()
    nothing = project.clerkstack("dry-run")
    before = read_instance(world).config
    project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
    take_out(project, "enterprise")
    world.clear_journal()

    ran = project.clerkstack("dry-run")

    assert first.returncode == 0, first.stderr
    assert len(json.loads(first.stdout)["changes"]) > 10
    assert "nothing would be written" in nothing.stdout
    assert ran.returncode == 0, ran.stderr
    assert "billing.plans.pro.amount: 6000 → 6500" in ran.stdout
    assert "billing.plans.enterprise" in ran.stdout
    assert "Nothing was written" in ran.stdout
    assert [line.split()[1] for line in requests(world)] == ["GET", "PATCH"]
    assert read_instance(world).config == before


@starts_from(development)
def test_what_clerk_refuses_is_reported_before_anything_is_written(
    project: Project, world: World
) -> None:
    world.dashboard("subscribe", environment="development", plan="enterprise", payers=2)
    take_out(project, "enterprise")

    ran = project.clerkstack("dry-run")

    assert ran.returncode == 3
    assert "plan_cannot_be_deleted" in ran.stderr


@starts_from(development)
def test_a_dry_run_that_was_a_write_is_an_alarm(project: Project, world: World) -> None:
    project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
    world.fault(kind="dry_run_ignored", service="clerk", method="PATCH")

    ran = project.clerkstack("dry-run")

    assert ran.returncode == 3
    assert "ALARM: a dry run on the development instance" in ran.stderr
    assert read_instance(world).config["billing"]["plans"]["pro"]["amount"] == 6500
