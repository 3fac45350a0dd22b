"""The engine starts the plugins while the program is still importing."""

from __future__ import annotations

import pytest

from local.project import Project, write_source
from local.world import World
from tests.deployments import declared
from tests.engine.live import writes
from tests.kept import starts_from

pytestmark = pytest.mark.engine

# The program's last lines: it would send what it has declared when it returns.
ENDS_THERE = """
import os
import threading

for thread in threading.enumerate():
    if thread.name == "early":
        thread.join()
os._exit(1)
"""


def plugins(project: Project) -> set[str]:
    """The packages in the state of which the engine has started a plugin."""
    types = [resource["type"] for resource in project.state()["deployment"]["resources"]]
    return {each.rpartition(":")[2] for each in types if each.startswith("pulumi:providers:")}


@starts_from(declared)
def test_the_plugins_run_before_the_program_has_sent_anything(project: Project) -> None:
    program = project.folder / "__main__.py"
    write_source(program, program.read_text() + ENDS_THERE)

    project.up(check=False)

    assert plugins(project) == {"pulumi", "pulumi-python", "vercel", "command"}
    resources = project.state()["deployment"]["resources"]
    assert all(each["type"].startswith("pulumi:") for each in resources)


@starts_from(declared)
def test_a_plugin_that_no_resource_needs_is_not_started(project: Project) -> None:
    project.set("components", {"environment": False})

    project.up()

    assert plugins(project) == {"pulumi", "pulumi-python"}


@starts_from(declared)
def test_without_a_plugin_nothing_is_written(
    project: Project, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_IGNORE_AMBIENT_PLUGINS", "true")
    monkeypatch.setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")

    printed = project.up(check=False)

    assert "pulumi-resource-vercel" in printed
    assert writes(world) == []
