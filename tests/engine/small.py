"""A program with a few invented resources, for tests of the state only. It runs in a second."""

from __future__ import annotations

from local.project import Project, write_source
from tests.deployments import declared

PROGRAM = """\
import pulumi
from pulumi.dynamic import Resource
from things import Kept

class Thing(Resource):
    def __init__(self, name, value):
        super().__init__(Kept(), name, {"value": value, "made": None})

key = pulumi.Config("clerkstack").require_secret("platformKey")
for number in range(COUNT):
    Thing(f"thing-{number}", key)
pulumi.export("key", key)
"""

THINGS = """\
from pulumi.dynamic import CreateResult, ResourceProvider

class Kept(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult("kept", {**props, "made": "yes"})
"""
NO_OWN = "OWN: dict[str, tuple[str, str]] = {}"
OWN = 'OWN = {"pulumi-python:dynamic:Resource": ("things", "Kept")}'


def declare(project: Project, things: int = 2) -> None:
    """Make the project's program declare only so many resources, each with a secret."""
    if not (project.folder / "things.py").exists():
        # A provider of the user's own, as in docs/team.md.
        write_source(project.folder / "things.py", THINGS)
        project.edit("clerkstack/state/code.py", (NO_OWN, OWN))
    write_source(project.folder / "__main__.py", PROGRAM.replace("COUNT", str(things)))


def small(project: Project) -> None:
    """Deploy a stack of two such resources."""
    declared(project)
    declare(project)
    project.up()


def small_thrice(project: Project) -> None:
    """Deploy a stack of such resources three times, each time with one more."""
    declared(project)
    for things in (1, 2, 3):
        declare(project, things)
        project.up()
