"""What it takes until a command begins its work: `--help`, `--version`, and each command up to its
first request, beside an empty Python program.

Each command runs in a copy of a project that is deployed twice, in which every address leads to
one listening socket (see `first_request`). CPU seconds, not wall time: a start mostly imports.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from clerkstack.cli import app
from local import address
from local.measure import command, proc
from local.measure.first_request import Listener, Spent
from local.measure.projects import STACK, compiled
from local.measure.results import Start, Starts
from local.project import Project, copy_project, production_settings_on, settings_on
from local.world import World, seed
from local.world.store import Urls

PRODUCTION = "prod"
PROD = ("--stack", PRODUCTION)
BOTH = ("--from", STACK, "--to", PRODUCTION)
MOVED = "moved"  # a folder of the copy
PASS = ("-c", "pass")
UNIT_REPEATS = 7  # of what takes some hundredths of a second
REDEPLOYED = ("--project", seed.VERCEL_PROJECT_ID, "--target", "production")

# How each command is started. One that reads nothing but files has its whole run measured.
WORDS: Mapping[str, tuple[str, ...]] = {
    "check": (*PROD, "--live"),
    "drift": PROD,
    "doctor": PROD,
    "dry-run": PROD,
    "adopt": (*PROD, "--dry-run"),
    "parity": BOTH,
    "cutover": (*PROD, "--reference", STACK),
    "cutover points": (),
    "cutover sign": ("sign-up", *PROD, "--by", "Ana"),
    "redeploy": REDEPLOYED,
    "recover": PROD,
    "move": ("--stack", STACK, "--to", f"file://./{MOVED}"),
    "review": ("--stack", STACK),
    "rotate": PROD,
    "smoke": PROD,
}


@dataclass(frozen=True)
class Stage:
    """Two deployed stacks, to be copied for each command."""

    project: Project

    def copied(self, folder: Path, urls: Urls) -> Project:
        """A copy in which every service has another address."""
        shutil.copytree(self.project.folder, folder, symlinks=True)
        shell = {
            **address.variables(urls),
            "VERCEL_API_TOKEN": seed.VERCEL_TOKEN,
        }
        for stack in (STACK, PRODUCTION):
            address.declare(folder / f"Pulumi.{stack}.yaml", urls)
        (folder / MOVED).mkdir()
        return Project(folder, self.project.world, PRODUCTION, shell)


def command_names(parent: object, above: str = "") -> Iterator[str]:
    """The commands below one that do something, `cutover sign` with both words."""
    for name, inner in getattr(parent, "commands", {}).items():
        whole = f"{above} {name}".strip()
        if inner.callback is not None:
            yield whole
        yield from command_names(inner, whole)


def own_commands() -> list[str]:
    """The commands of `clerkstack --help`, in its order.

    Raises:
        LookupError: there is one that is not in `WORDS`.
    """
    names = list(command_names(typer.main.get_command(app)))
    unknown = [name for name in names if name not in WORDS]
    if unknown:
        raise LookupError(f"how is it started? {', '.join(unknown)}: see {__name__}.WORDS")
    return names


def starts(count: int, say: Callable[[str], None]) -> Starts:
    """Start everything `count` times.

    Args:
        count: how many rounds.
        say: is given what is started as it begins.

    Raises:
        proc.NotHere: this system does not tell.
        command.Failed: a command failed before its first request.
    """
    proc.needed()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with World(folder / "world") as world:
            say("starts: two stacks to start on")
            project = _deployed(folder / "project", world)
            return _started(folder, Stage(project), count, say)


def python_starts(repeats: int, folder: Path) -> list[float]:
    """The CPU seconds of an empty Python program, some times."""
    words = (sys.executable, *PASS)
    return [command.run(words, cwd=folder, environ=os.environ).cpu for _ in range(repeats)]


def _deployed(folder: Path, world: World) -> Project:
    project = Project(copy_project(folder), world)
    compiled(folder)
    project.init(STACK, settings_on(world))
    project.up()
    project.init(PRODUCTION, production_settings_on(world))
    project.up()
    return project


def _started(folder: Path, stage: Stage, count: int, say: Callable[[str], None]) -> Starts:
    say(f"starts: python, --help, --version, {UNIT_REPEATS} times")
    unit = python_starts(UNIT_REPEATS, folder)
    found = [_without_stack(stage.project, option) for option in ("--help", "--version")]
    for name in own_commands():
        spent = []
        for number in range(count):
            say(f"starts: {name}, {number + 1} of {count}")
            spent.append(_on_copy(folder / "copy", stage, name))
        found.append(_start(name, spent))
    return Starts(unit=tuple(unit), starts=tuple(found))


def _without_stack(project: Project, option: str) -> Start:
    costs = [
        command.run(("bin/clerkstack", option), cwd=project.folder, environ=project.environment)
        for _ in range(UNIT_REPEATS)
    ]
    return Start(
        name=option, own=tuple(cost.cpu for cost in costs), below=(0.0,) * len(costs), asks=False
    )


def _on_copy(folder: Path, stage: Stage, name: str) -> Spent:
    # A listener for each: a connection that nobody took would be the next one's first request.
    with Listener(stage.project.world.urls.ca_file) as listener:
        copy = stage.copied(folder, listener.urls)
        try:
            return listener.spent(
                ("bin/clerkstack", *name.split(), *WORDS[name]),
                cwd=copy.folder,
                environ=copy.environment,
            )
        finally:
            shutil.rmtree(folder)


def _start(name: str, spent: Sequence[Spent]) -> Start:
    return Start(
        name=name,
        own=tuple(each.own for each in spent),
        below=tuple(each.below for each in spent),
        asks=all(each.asks for each in spent),
    )
