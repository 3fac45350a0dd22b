"""Measures the start of `--help`, `--version`, and each command up to its first request, compared
with an empty Python program.

Each command runs in a project with two deployed stacks, whose services have ended: `first_request`
listens in their place. CPU seconds, not wall time, because a start mostly imports.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import typer

from clerkstack.cli import app
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
REVIEW = "review.json"  # a file of the copy
PASS = ("-c", "pass")
UNIT_REPEATS = 7  # for what takes a few hundredths of a second
REDEPLOYED = ("--project", seed.VERCEL_PROJECT_ID, "--target", "production")

# The arguments of each command. A command that only reads files is measured completely.
WORDS: Mapping[str, tuple[str, ...]] = {
    "check": (*PROD, "--live"),
    "drift": PROD,
    "doctor": PROD,
    "dry-run": PROD,
    "adopt": (*PROD, "--dry-run"),
    "take-over": (*PROD, "--dry-run"),
    "parity": BOTH,
    "cutover": (*PROD, "--reference", STACK),
    "cutover points": (),
    "cutover sign": ("sign-up", *PROD, "--by", "Ana"),
    "probe": PROD,
    "redeploy": REDEPLOYED,
    "recover": PROD,
    "move": ("--stack", STACK, "--to", f"file://./{MOVED}"),
    "review": ("--stack", STACK),
    "comment": ("--file", REVIEW, "--pull-request", "7"),
    "rotate": PROD,
    "smoke": PROD,
}


@dataclass(frozen=True)
class Stage:
    """A folder with two deployed stacks, reset before each command.

    The folder and every address stay the same, so that an update of the stacks would change
    nothing: some commands check this before their first request.
    """

    folder: Path
    kept: Path
    environment: Mapping[str, str]
    github: Mapping[str, str]
    """Variables of GitHub Actions for `comment`. Other commands would do more with a token."""
    ports: tuple[int, ...]
    """The ports of the services, none of which runs now."""

    def environment_of(self, name: str) -> Mapping[str, str]:
        """Return the environment of a command."""
        return {**self.environment, **self.github} if name == "comment" else self.environment

    def reset(self) -> None:
        """Restore the folder."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        shutil.copytree(self.kept, self.folder, symlinks=True)


def command_names(parent: object, above: str = "") -> Iterator[str]:
    """Yield the runnable commands below one, such as `cutover sign` with both words."""
    for name, inner in getattr(parent, "commands", {}).items():
        whole = f"{above} {name}".strip()
        if inner.callback is not None:
            yield whole
        yield from command_names(inner, whole)


def own_commands() -> list[str]:
    """Return the commands of `clerkstack --help`, in its order.

    Raises:
        LookupError: a command is missing in `WORDS`.
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
        say: called with each step as it begins.

    Raises:
        proc.NotHere: this system does not account for processes.
        command.Failed: a command failed before its first request.
    """
    proc.needed()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say("starts: two stacks to start on")
        stage = _deployed(folder)
        with Listener(*stage.ports) as listener:
            return _started(stage, listener, count, say)


def python_starts(repeats: int, folder: Path) -> list[float]:
    """Return the CPU seconds of an empty Python program, `repeats` times."""
    words = (sys.executable, *PASS)
    return [command.run(words, cwd=folder, environ=os.environ).cpu for _ in range(repeats)]


def _deployed(folder: Path) -> Stage:
    with World(folder / "world") as world:
        project = Project(copy_project(folder / "project"), world)
        compiled(project.folder)
        project.init(STACK, settings_on(world))
        project.up()
        project.init(PRODUCTION, production_settings_on(world))
        project.up()
        (project.folder / MOVED).mkdir()
        reviewed = project.clerkstack("review", "--stack", STACK, "--save", REVIEW)
        if not (project.folder / REVIEW).exists():
            raise command.Failed(f"review wrote no file: {reviewed.stderr}")
        shutil.move(project.folder, folder / "kept")
        return Stage(
            project.folder,
            folder / "kept",
            {**project.environment, "VERCEL_API_TOKEN": seed.VERCEL_TOKEN},
            {
                "GITHUB_API_URL": world.urls.vercel,
                "GITHUB_REPOSITORY": "sendero/app",
                "GITHUB_TOKEN": "none",
            },
            ports_of(world.urls),
        )


def ports_of(urls: Urls) -> tuple[int, ...]:
    """Return the ports of all services and of the proxy."""
    every = (urls.clerk, urls.frontend, urls.svix, urls.vercel, urls.proxy)
    return tuple(port for port in (urlsplit(url or "").port for url in every) if port is not None)


def _started(stage: Stage, listener: Listener, count: int, say: Callable[[str], None]) -> Starts:
    stage.reset()
    say(f"starts: python, --help, --version, {UNIT_REPEATS} times")
    unit = python_starts(UNIT_REPEATS, stage.folder)
    found = [_without_stack(stage, option) for option in ("--help", "--version")]
    for name in own_commands():
        spent = []
        for number in range(count):
            say(f"starts: {name}, {number + 1} of {count}")
            stage.reset()
            words = ("bin/clerkstack", *name.split(), *WORDS[name])
            environ = stage.environment_of(name)
            spent.append(listener.spent(words, cwd=stage.folder, environ=environ))
        found.append(_start(name, spent))
    return Starts(unit=tuple(unit), starts=tuple(found))


def _without_stack(stage: Stage, option: str) -> Start:
    words = ("bin/clerkstack", option)
    costs = [
        command.run(words, cwd=stage.folder, environ=stage.environment) for _ in range(UNIT_REPEATS)
    ]
    return Start(
        name=option, own=tuple(cost.cpu for cost in costs), below=(0.0,) * len(costs), asks=False
    )


def _start(name: str, spent: Sequence[Spent]) -> Start:
    return Start(
        name=name,
        own=tuple(each.own for each in spent),
        below=tuple(each.below for each in spent),
        asks=all(each.asks for each in spent),
    )
