"""`python -m local.stack up|preview|down`: the stacks `local` and `local-prod` on the local world.

Beyond plain Pulumi, `make` starts the world at the addresses of Pulumi.local.yaml and creates the
stack; `down` removes both. With `source .local/env.sh` the same works by hand (`pulumi up --stack
local`).
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from ruamel.yaml import YAML

from local import address
from local.machine.engine import Engine, EngineSetupError, Places, ensure, locks, variables
from local.machine.engine.official import plugins_missing
from local.machine.engine.variables import STAND_INS_VARIABLE, uses_stand_ins, write_env_file
from local.machine.npm import registries
from local.machine.steps import Steps, alone
from local.world import background
from local.world.store import DEFAULT_PORT, HIGHEST_PORT, Home, PortTaken, Urls, WorldError

STACK, PRODUCTION = "local", "local-prod"
STACKS = (STACK, PRODUCTION)
PROJECT_NAME = "clerkstack"
PORTS_APART = 10
POLICIES = ("--policy-pack", "policies/pack")


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Return the exit code of the command that failed, else 0. `up` and `preview` become Pulumi
    itself."""
    options, more = _parser().parse_known_args(arguments)
    places = places or Places()
    steps = Steps("stack")
    try:
        engine = ensure(places, environ=os.environ, steps=steps)
    except EngineSetupError as error:
        print(error, file=sys.stderr)
        return 1
    write_env_file(engine, places, os.environ)
    os.chdir(places.project)
    local = Local(engine, places, steps)
    try:
        if options.command == "down":
            return local.down(more)
        return local.run(options.command, options.stack, more)
    except WorldError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


class Local:
    """The local stacks, the engine that runs them, and the world that they are deployed to."""

    def __init__(self, engine: Engine, places: Places, steps: Steps) -> None:
        self._pulumi = str(engine.pulumi)
        self._places = places
        self._steps = steps
        self._stand_ins = uses_stand_ins(engine, os.environ)
        self._environ = variables(engine, places, os.environ)
        self._home = Home(places.local / "world")

    def run(self, name: str, stack: str, more: Sequence[str]) -> int:
        """Run `up` or `preview`. Returns only if something before it fails."""
        code = self._ready(stack)
        if code == 0:
            self._become_pulumi(name, stack, more)
        return code

    def down(self, more: Sequence[str]) -> int:
        """Destroy the stacks' resources, remove the stacks, stop the world."""
        there = [stack for stack in reversed(STACKS) if self._exists(stack)]
        for stack in there:
            code = self._ready(stack) or self._destroy(stack, more)
            if code != 0:
                return code  # the world stays, so that the rest can be destroyed
        if not there:
            self._steps.say(f"there is no stack `{STACK}`, nothing to destroy")
        address.shell_file(self._home.folder).unlink(missing_ok=True)
        stopped = background.stop(self._home)
        self._steps.say("the local world is stopped" if stopped else "no local world was running")
        return 0

    def _destroy(self, stack: str, more: Sequence[str]) -> int:
        code, words = 0, list[str]()
        if stack == PRODUCTION:
            # It is protected like production, and its app checks its plans; here nobody relies on
            # them.
            code = self._engine("state", "unprotect", "--all", "--yes", "--stack", stack)
            words = self._leaving_billing(stack)
        code = code or self._engine("destroy", "--yes", "--stack", stack, *words, *more)
        # --preserve-config: the stack's file belongs to the project.
        return code or self._engine("stack", "rm", "--yes", "--preserve-config", "--stack", stack)

    def _leaving_billing(self, stack: str) -> list[str]:
        """Return the options that allow to destroy it: a copy of its settings with an allowance."""
        settings = self._places.project / f"Pulumi.{stack}.yaml"
        if not settings.exists():
            return []
        yaml = YAML()
        document = yaml.load(settings.read_text())
        document["config"].setdefault("clerkstack:allow", {})["billingLeft"] = True
        document["config"]["clerkstack:protect"] = False
        file = self._places.local / f"Pulumi.{stack}.down.yaml"
        with file.open("w") as out:
            yaml.dump(document, out)
        # Without the program, a destroy uses the settings of the last update.
        return ["--run-program", "--config-file", str(file)]

    def _engine(self, *words: str) -> int:
        return _run([self._pulumi, *words], self._environ)

    def _become_pulumi(self, name: str, stack: str, more: Sequence[str]) -> NoReturn:
        """Replace this process by Pulumi, which then gets signals and the terminal alone."""
        command = [self._pulumi, name, "--stack", stack, *POLICIES]
        if name == "up":
            command.append("--yes")
        self._steps.say(f"pulumi {' '.join(command[1:])}")
        os.execve(command[0], [*command, *more], self._environ)

    def _ready(self, stack: str) -> int:
        """Fetch the plugins, start the world, create the stack and check that nobody is working on
        it.

        One command at a time: the next one finds what this one started.
        """
        with alone(self._places.stack_lock, self._steps):
            return self._make_ready(stack)

    def _make_ready(self, stack: str) -> int:
        code = 0 if self._stand_ins else self._bring_plugins()
        if code != 0:
            return code
        urls = self._start_world()
        reach = address.variables(urls)
        hosts = registries(self._places.project, os.environ)
        address.write_shell_file(self._home.folder, reach, hosts)
        self._environ |= reach
        if self._exists(stack):
            return self._unlock(stack)
        self._steps.say(
            f"new stack `{stack}`, state in {self._places.state.relative_to(self._places.project)}"
        )
        return self._engine("stack", "init", stack)

    def _unlock(self, stack: str) -> int:
        """Remove the lock of a killed run; if a run is in progress, report it and return 1."""
        found = locks.find(self._places.state, PROJECT_NAME, stack)
        working = [lock for lock in found if lock.is_here and lock.at_work]
        elsewhere = [lock for lock in found if not lock.is_here]
        if working:
            self._steps.say(
                f"another pulumi is at work on the stack `{stack}`: process {working[0].pid}; "
                "wait until it ends"
            )
            return 1
        if elsewhere:
            self._steps.say(
                f"process {elsewhere[0].pid} of the machine {elsewhere[0].hostname} has the stack "
                f"locked; when it has ended: bin/clerkstack recover --stack {stack}"
            )
        if not found or elsewhere:
            return 0
        self._steps.say("a killed run left the stack locked; recovering it")
        recover = [sys.executable, "-m", PROJECT_NAME, "recover", "--stack", stack]
        return _run(recover, self._environ)

    def _bring_plugins(self) -> int:
        """Fetch the official plugins, before the world's proxy blocks other hosts."""
        code = 0
        for words in plugins_missing(self._places, os.environ):
            self._steps.say(f"pulumi plugin install {' '.join(words)}")
            code = _run([self._pulumi, "plugin", "install", *words], self._environ)
            if code != 0:
                self._steps.say(
                    f"the plugin {words[1]} cannot be fetched here. For the local stacks, use the "
                    "stand-in in local/machine/plugins instead: "
                    f"{STAND_INS_VARIABLE}=yes make up"
                )
                return code
        return code

    def _start_world(self) -> Urls:
        """Start the world at the addresses in the stacks' files, or at others, and write those to
        the files."""
        files = [self._places.project / f"Pulumi.{stack}.yaml" for stack in STACKS]
        urls = self._home.urls()
        if urls is None:
            urls = self._start_at(address.declared_port(files[0]) or DEFAULT_PORT)
            self._steps.say(f"the local world runs, its control API at {urls.control}")
        for file in files:
            if file.exists() and address.declare(file, urls):
                self._steps.say(f"{file.name} has its addresses now")
        return urls

    def _start_at(self, port: int) -> Urls:
        """Start the world at the first block of free ports from `port` on.

        A block, not any free ports: the next start must find the same addresses; otherwise the
        stack would show changes without any.
        """
        for first in range(port, HIGHEST_PORT, PORTS_APART):
            try:
                return background.start(self._home, first)
            except PortTaken as taken:
                self._steps.say(f"{taken.reason} The local world tries {first + PORTS_APART}")
        raise WorldError(f"no free ports from {port} on")

    def _exists(self, stack: str) -> bool:
        """Whether the stack has a file in the file backend (asking Pulumi takes 0.3 s)."""
        folder = self._places.state / ".pulumi" / "stacks" / PROJECT_NAME
        return any((folder / f"{stack}{end}").exists() for end in (".json", ".json.gz"))


def _run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command to its end. Ctrl-C reaches it through the terminal; SIGTERM is passed on."""
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
    parser.add_argument(
        "--stack", choices=STACKS, default=STACK, help="the stack [local]; down uses both"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
