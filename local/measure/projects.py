"""The programs whose ups are measured: an empty one, one of each kind, and the project."""

from __future__ import annotations

import compileall
import sys
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

from local.measure import command
from local.measure.results import Cost
from local.project import Project, copy_project, settings_on
from local.world import World, seed

STACK = "local"
UP = ("up", "--yes", "--skip-preview", "--stack", STACK)
PACK = ("--policy-pack", "policies/pack")
CODE = ("clerkstack", "components", "policies")
ONE_OF_EACH = """
import pulumi
import pulumi_command
import pulumiverse_vercel
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Nothing(ResourceProvider):
    def create(self, props):
        return CreateResult("nothing", props)


class Made(Resource):
    pass


nothing = Made(Nothing(), "nothing", {{}})
variable = pulumiverse_vercel.ProjectEnvironmentVariable(
    "variable", project_id="{project}", key="NOTHING", value="nothing", targets=["preview"],
    sensitive=False, opts=pulumi.ResourceOptions(depends_on=[nothing]),
)
pulumi_command.local.Command(
    "nothing", create="true", opts=pulumi.ResourceOptions(depends_on=[variable])
)
"""


def empty_program(folder: Path, world: World) -> Project:
    """Create a program without resources: the cost of the engine and its language host."""
    _bare(folder)
    (folder / "__main__.py").write_text("import pulumi\n")
    empty = Project(folder, world)
    empty.init(STACK, {})
    return empty


def one_of_each(folder: Path, world: World) -> Project:
    """Create a program with a trivial dynamic resource, Vercel variable and command: the fixed cost
    of the engine and its three plugins."""
    _bare(folder)
    (folder / "__main__.py").write_text(ONE_OF_EACH.format(project=seed.VERCEL_PROJECT_ID))
    least = Project(folder, world)
    least.init(STACK, {}, {"vercel:apiToken": seed.VERCEL_TOKEN})
    return least


def _bare(folder: Path) -> None:
    """Create a project with only its file, without the plugins that only run our own providers."""
    copy_project(folder, ("Pulumi.yaml",))
    file = folder / "Pulumi.yaml"
    yaml = YAML()
    document = yaml.load(file)
    del document["plugins"]
    yaml.dump(document, file)


def whole_project(folder: Path, world: World) -> Project:
    """Create the project on the development instance, not deployed yet.

    Its bytecode exists, as in a folder in which it has run once.
    """
    project = Project(copy_project(folder), world)
    compiled(folder)
    project.init(STACK, settings_on(world))
    return project


def compiled(folder: Path) -> None:
    """Compile the code of a copy.

    Raises:
        RuntimeError: a module can't be compiled.
    """
    for name in CODE:
        if not compileall.compile_dir(folder / name, quiet=1):
            raise RuntimeError(f"{name} can't be compiled by Python {sys.version}")


def pulumi(
    project: Project, words: Sequence[str], follower: command.Follower | None = None
) -> Cost:
    """Run a `pulumi` command on a project.

    Raises:
        command.Failed: it failed.
    """
    return command.run(
        project.command(*words),
        cwd=project.folder,
        environ=project.environment,
        follower=follower,
    )
