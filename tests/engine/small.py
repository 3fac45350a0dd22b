"""A program of a few made-up resources, for tests of the state alone: it runs in a second."""

from __future__ import annotations

from local.project import Project, write_source
from tests.deployments import declared

PROGRAM = """\
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Kept(ResourceProvider):
    def create(self, props):
        return CreateResult("kept", {**props, "made": "yes"})

class Thing(Resource):
    def __init__(self, name, value):
        super().__init__(Kept(), name, {"value": value, "made": None})

key = pulumi.Config("clerkstack").require_secret("platformKey")
for number in range(COUNT):
    Thing(f"thing-{number}", key)
pulumi.export("key", key)
"""


def declare(project: Project, things: int = 2) -> None:
    """Have the project's program declare so many resources, each with a secret, and nothing
    else."""
    write_source(project.folder / "__main__.py", PROGRAM.replace("COUNT", str(things)))


def small(project: Project) -> None:
    """A stack of two such resources, deployed."""
    declared(project)
    declare(project)
    project.up()


def small_thrice(project: Project) -> None:
    """A stack of such resources, deployed three times, each time with one more."""
    declared(project)
    for things in (1, 2, 3):
        declare(project, things)
        project.up()
