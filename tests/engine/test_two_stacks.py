"""Two stacks of one instance under the real engine, in one checkout or two, with one backend."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clerkstack.intent_log import FOLDER
from clerkstack.state.stored import stored_stacks
from local.project import TOP, Project, copy_project, settings_on
from local.world import World
from local.world import seed as seeded
from tests.deployments import development
from tests.engine.live import read_instance, requests, variables, writes
from tests.engine.test_killed import recover, up_killed_at
from tests.kept import starts_from

pytestmark = pytest.mark.engine

PAGE = TOP / "docs" / "several.md"
ONE, TWO = "https://one.sendero.example", "https://two.sendero.example"


def settings(world: World, url: str) -> dict[str, Any]:
    """A stack of the development instance without variables: a project has each variable once."""
    return {**settings_on(world), "appUrl": url, "components": {"environment": False}}


def declared_first(project: Project) -> None:
    """The stack `one`, and nothing deployed."""
    project.init("one", settings(project.world, ONE))


def first(project: Project) -> None:
    """The stack `one`, deployed."""
    declared_first(project)
    project.up()


def another(project: Project, folder: Path | None = None) -> Project:
    """The stack `two`, in the same checkout, or in its own with the same backend."""
    if folder is None:
        made = Project(project.folder, project.world)
    else:
        backend = {
            "PULUMI_BACKEND_URL": f"file://{project.folder}/state",
            "PULUMI_HOME": str(project.folder / "home"),
        }
        made = Project(copy_project(folder), project.world, shell=backend)
    made.init("two", settings(project.world, TWO))
    return made


def as_live(world: World) -> dict[str, Any]:
    """Return the live values of what stacks declare."""
    found = read_instance(world)
    found.config["billing"]["plans"].pop("free_org", None)
    return {
        **found.config,
        "roles": {key: role.name for key, role in found.roles.items()},
        "endpoints": sorted(endpoint.url for endpoint in found.endpoints),
    }


def hooks(*urls: str) -> list[str]:
    return [f"{url}/api/webhooks/clerk" for url in urls]


@starts_from(first)
@pytest.mark.parametrize("checkouts", [1, 2])
def test_one_is_as_it_was_after_two_came_changed_and_went(
    project: Project, world: World, tmp_path: Path, checkouts: int
) -> None:
    assert list(project.folder.glob(f"{FOLDER}/*.json")) == []
    there = as_live(world)
    two = another(project, tmp_path / "two" if checkouts == 2 else None)

    shown = two.preview()
    assert "shared with one: organizations" in shown
    assert "plan pro" in shown
    assert hooks(ONE)[0] not in shown
    two.up()
    assert as_live(world) == {**there, "endpoints": hooks(ONE, TWO)}
    assert list(two.folder.glob(f"{FOLDER}/*.json")) == []
    for stack in (project, two):
        world.clear_journal()
        assert "unchanged" in stack.up()
        assert requests(world) == []

    two.set("organizations.maxAllowedMemberships", 9)
    two.up()
    two.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
    world.clear_journal()
    refused = two.up(check=False)
    assert "The stack one shares the development instance" in refused
    assert "plan pro: amount: 6000 → 6500" in refused
    assert writes(world) == []

    printed = two.destroy()
    assert "plan pro stays: one declares it too" in printed
    assert as_live(world) == there


@starts_from(first)
def test_the_first_goes_first_and_the_second_takes_all_with_it(
    project: Project, world: World
) -> None:
    there = as_live(world)
    two = another(project)
    two.up()

    project.destroy()
    assert as_live(world) == {**there, "endpoints": hooks(TWO)}
    two.destroy()

    left = as_live(world)
    assert left["billing"]["plans"] == {}
    assert left["billing"]["features"] == {}
    assert left["billing"]["organization_enabled"] is False
    assert left["organization_settings"]["enabled"] is False
    assert set(left["roles"]) == {"org:admin", "org:member"}
    assert left["endpoints"] == []


@starts_from(declared_first)
@pytest.mark.parametrize("number", [6, 13])
def test_a_kill_before_the_other_one_comes(project: Project, world: World, number: int) -> None:
    before = as_live(world)
    assert up_killed_at(project, number, "after")
    assert list(project.folder.glob(f"{FOLDER}/*.json"))
    two = another(project)

    two.up()
    assert "Run one before a destroy" in recover(project)
    project.up()
    project.destroy()
    assert as_live(world)["endpoints"] == hooks(TWO)
    assert "pro" in as_live(world)["billing"]["plans"]
    two.destroy()

    assert as_live(world) == before


@starts_from(first)
def test_a_stack_that_is_begun_again_owns_nothing_that_is_there(
    project: Project, world: World
) -> None:
    there = as_live(world)
    project.pulumi("stack", "rm", "--force", "--yes", "--preserve-config", "--stack", "one")
    project.make_stack("one")
    project.up()

    project.destroy()

    assert as_live(world) == there


def as_the_engine_tells(project: Project) -> dict[str, Any]:
    """Return the resources of all stacks that have some."""
    listed = json.loads(project.pulumi("stack", "ls", "--all", "--json").stdout)
    return {
        stack["name"]: replace(project, stack=stack["name"]).state()["deployment"]["resources"]
        for stack in listed
        if stack["resourceCount"]
    }


@starts_from(development)
def test_recover_takes_no_variable_of_another_stack(
    project: Project, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = variables(world)
    two = another(project)
    two.set("components.environment", True)
    assert "error" in two.up(check=False)
    monkeypatch.chdir(project.folder)
    stored = stored_stacks(project.environment["PULUMI_BACKEND_URL"])
    assert stored is not None
    assert as_the_engine_tells(project) == {
        name: stack.state.entries for name, stack in stored.items()
    }

    told = two.clerkstack("recover")

    assert "the stack local manages it; not touched" in told.stdout
    two.destroy()
    assert variables(world) == before


@starts_from(development)
def test_a_stack_that_adopts_beside_another_takes_nothing_of_it(
    project: Project, world: World
) -> None:
    """The same settings as the other stack, including its endpoint and its project."""
    there, held = as_live(world), variables(world)
    two = Project(project.folder, world)
    two.init("two", settings_on(world))
    world.clear_journal()

    told = two.clerkstack("adopt")

    assert told.returncode == 0, told.stderr
    assert "variable preview/CLERK_SECRET_KEY: the stack local has it" in told.stdout
    assert writes(world) == []
    assert "the webhook endpoint at preview.sendero.example stays" in two.destroy()
    assert (as_live(world), variables(world)) == (there, held)
    assert "unchanged" in project.up("--refresh")


@pytest.mark.passphrase
@starts_from(first)
def test_the_page_about_several_stacks(project: Project, world: World) -> None:
    section = PAGE.read_text().partition("\n## How a stack knows the others")[0]
    [commands, shared, refused] = re.findall(r"```\n(.*?)```", section, re.DOTALL)
    two = Project(project.folder, world, "two")
    for command in commands.splitlines():
        ran = subprocess.run(
            command, shell=True, cwd=two.folder, env=two.environment, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert shared.splitlines()[0] in ran.stderr + ran.stdout
    two.up()
    two.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))

    told = two.up(check=False)

    _, first_line, *others = refused.splitlines()
    assert first_line.replace("app_2xK9", seeded.APPLICATION_ID).removeprefix("error: ") in told
    for line in others:
        assert line in told
    project.up()
    two.up()
    project.destroy()
    assert "pro" in as_live(world)["billing"]["plans"]
    two.destroy()
    assert as_live(world)["billing"]["plans"] == {}
