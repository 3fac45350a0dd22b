"""`python -m local.stack up|preview|down`: the stack `local` on the local world.

All that `make` does beyond plain Pulumi: the world is running, the stack exists. With
`source .local/env.sh` the same works by hand (`pulumi up --stack local`).
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from local.engine import Engine, EngineSetupError, Places, ensure, variables
from local.engine.variables import write_env_file
from local.steps import Steps

STACK = "local"
PROJECT_NAME = "clerkstack"
POLICIES = ("--policy-pack", "policies/pack")


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Exit code of the command that failed, else 0. `up` and `preview` become Pulumi itself."""
    options, more = _parser().parse_known_args(arguments)
    places = places or Places()
    steps = Steps("stack")
    try:
        engine = ensure(places, environ=os.environ, steps=steps)
    except EngineSetupError as error:
        print(error, file=sys.stderr)
        return 1
    write_env_file(engine, places, os.environ)
    environ = variables(engine, places, os.environ)
    os.chdir(places.project)
    if options.command == "down":
        return _down(engine, environ, places, steps, more)
    code = _ready(engine, environ, places, steps)
    if code == 0:
        _become_pulumi(engine, environ, steps, options.command, more)
    return code


def _become_pulumi(
    engine: Engine, environ: Mapping[str, str], steps: Steps, name: str, more: Sequence[str]
) -> NoReturn:
    """Run it in the place of this process: signals and the terminal are then Pulumi's alone."""
    command = [str(engine.pulumi), name, "--stack", STACK, *POLICIES]
    if name == "up":
        command.append("--yes")
    steps.say(f"pulumi {' '.join(command[1:])}")
    os.execve(command[0], [*command, *more], dict(environ))


def _ready(engine: Engine, environ: Mapping[str, str], places: Places, steps: Steps) -> int:
    """The world answers and the stack exists."""
    code = _run([sys.executable, "-m", "local.world", "start"], environ)
    if code != 0 or _exists(places):
        return code
    steps.say(f"new stack `{STACK}`, state in {places.state.relative_to(places.project)}")
    return _run([str(engine.pulumi), "stack", "init", STACK], environ)


def _down(
    engine: Engine,
    environ: Mapping[str, str],
    places: Places,
    steps: Steps,
    more: Sequence[str],
) -> int:
    code = 0
    if _exists(places):
        pulumi = str(engine.pulumi)
        code = _ready(engine, environ, places, steps) or _run(
            [pulumi, "destroy", "--yes", "--stack", STACK, *more], environ
        )
        # --preserve-config: Pulumi.local.yaml belongs to the project.
        code = code or _run(
            [pulumi, "stack", "rm", "--yes", "--preserve-config", "--stack", STACK], environ
        )
    else:
        steps.say(f"there is no stack `{STACK}`, nothing to destroy")
    if code != 0:
        return code  # the world stays, so that the rest can be destroyed
    return _run([sys.executable, "-m", "local.world", "stop"], environ)


def _exists(places: Places) -> bool:
    """Whether the stack is there: its file in Pulumi's file backend (asking Pulumi costs 0.3 s)."""
    folder = places.state / ".pulumi" / "stacks" / PROJECT_NAME
    return any((folder / f"{STACK}{end}").exists() for end in (".json", ".json.gz"))


def _run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run to the end. Ctrl-C reaches the command through the terminal and ends it in its own way;
    SIGTERM is passed on."""
    process = subprocess.Popen(command, env=dict(environ))
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        while True:
            try:
                code = process.wait()
            except KeyboardInterrupt:
                continue
            return code if code >= 0 else 128 - code
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.stack",
        description=__doc__,
        epilog="Further arguments go to Pulumi.",
    )
    parser.add_argument("command", choices=("up", "preview", "down"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
