"""The engine starts the plugins before the program has sent anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from local.machine.engine.places import Places
from local.project import Project, write_source
from local.world import World
from tests.deployments import declared
from tests.engine.live import writes
from tests.kept import starts_from

pytestmark = pytest.mark.engine

STAND_INS = Places().stand_ins
THEIRS = {"vercel", "command"}

# The program has sent nothing when it gets here, and ends when the engine has answered.
ENDS_HERE = """
import os
import time

while len(early.questions) < ASKED or not all(each.done() for each in early.questions):
    time.sleep(0.01)
os._exit(1)
"""
IMPORTS = "from clerkstack.program import"
OURS = ["pulumi", "pulumi-python"]


def plugins(project: Project) -> list[str]:
    """The packages in the state of which the engine has started a plugin, once for each."""
    types = [resource["type"] for resource in project.state()["deployment"]["resources"]]
    return sorted(each.rpartition(":")[2] for each in types if each.startswith("pulumi:providers:"))


def write(project: Project, change: Callable[[str], str]) -> None:
    program = project.folder / "__main__.py"
    write_source(program, change(program.read_text()))


@starts_from(declared)
def test_our_plugin_runs_before_the_program_has_imported_the_rest(project: Project) -> None:
    ends = ENDS_HERE.replace("ASKED", "2")
    write(project, lambda program: program.replace(IMPORTS, f"{ends}\n{IMPORTS}", 1))

    project.up(check=False)

    assert plugins(project) == OURS


@starts_from(declared)
def test_all_plugins_run_before_the_program_has_sent_anything(project: Project) -> None:
    write(project, lambda program: program + ENDS_HERE.replace("ASKED", "4"))

    project.up(check=False)

    assert plugins(project) == ["command", *OURS, "vercel"]
    resources = project.state()["deployment"]["resources"]
    assert all(each["type"].startswith("pulumi:") for each in resources)


@starts_from(declared)
def test_a_plugin_that_no_resource_needs_is_not_started(project: Project) -> None:
    project.set("environment.redeploy", False)
    project.up()
    assert plugins(project) == [*OURS, "vercel"]

    project.set("components", {"environment": False})
    project.up()
    assert plugins(project) == OURS


@pytest.mark.parametrize("has", [[], ["vercel"]])
@starts_from(declared)
def test_without_a_plugin_nothing_is_written(
    project: Project, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has: list[str]
) -> None:
    monkeypatch.setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
    _only(monkeypatch, tmp_path / "bin", has)
    missing = THEIRS - {*has}

    printed = project.up(check=False)

    # The engine looks for both at once.
    assert any(f"pulumi-resource-{each}" in printed for each in missing)
    assert writes(world) == []


def _only(monkeypatch: pytest.MonkeyPatch, folder: Path, has: Sequence[str]) -> None:
    """Have the engine find only these stand-in plugins, whatever else is on PATH."""
    folder.mkdir()
    for name in (f"pulumi-resource-{each}" for each in has):
        (folder / name).write_text(f'#!/bin/sh\nexec "{STAND_INS / name}" "$@"\n')
        (folder / name).chmod(0o755)
    others = [
        each
        for each in os.environ["PATH"].split(os.pathsep)
        if not any((Path(each) / f"pulumi-resource-{name}").exists() for name in THEIRS)
    ]
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), *others]))
