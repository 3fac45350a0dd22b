"""The path of docs/production.md on configs of live instances: young, older, edited by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.project import Project
from local.world import World
from local.world.clerk.kinds import KINDS
from tests.engine.live import read_instance, writes

pytestmark = pytest.mark.engine


@pytest.fixture(params=list(KINDS))
def before(request: pytest.FixtureRequest, world: World) -> dict[str, Any]:
    """The config of the instance before the first stack, one kind after the other."""
    world.dashboard("begin_as", environment="development", kind=request.param)
    world.dashboard("set_api_keys", environment="development", organizations=True, users=False)
    return read_instance(world).config


def drift(project: Project) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(project.clerkstack("drift", "--json").stdout)[
        "findings"
    ]
    return found


def test_adopted_changed_and_destroyed_it_is_as_it_was(
    project: Project, world: World, before: dict[str, Any]
) -> None:
    (project.folder / "catalog.yaml").unlink()
    world.clear_journal()

    ran = project.clerkstack("adopt")

    assert ran.returncode == 0, ran.stderr
    assert writes(world) == []
    assert drift(project) == []
    assert "unchanged" in project.up()
    assert writes(world) == []

    project.set("organizations.enabled", True)
    project.set("organizations.maxAllowedMemberships", 9)
    project.up()
    settings = read_instance(world).config["organization_settings"]
    assert (settings["enabled"], settings["max_allowed_memberships"]) == (True, 9)
    assert drift(project) == []
    assert "unchanged" in project.up()

    project.set("allow.toggles", ["organizations.enabled"])
    project.destroy()
    assert read_instance(world).config == before


def test_brought_up_and_destroyed_it_is_as_it_was(
    project: Project, world: World, before: dict[str, Any]
) -> None:
    project.up()
    assert drift(project) == []
    assert "unchanged" in project.up()
    assert project.clerkstack("probe").returncode == 0

    project.destroy()
    after = read_instance(world).config
    # Clerk's default plan came with billing, and stays.
    before["billing"]["plans"].setdefault("free_org", after["billing"]["plans"]["free_org"])
    assert after == before
