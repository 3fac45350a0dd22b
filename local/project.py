"""A copy of the project in a folder of its own, on a local world, driven by the real engine.

What the engine tests and the benchmark deploy.
"""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from local import address
from local.world import World
from local.world import seed as seeded

TOP = Path(__file__).resolve().parents[1]
PARTS = (
    "Pulumi.yaml",
    "__main__.py",
    "catalog.yaml",
    "components",
    "policies",
    "clerkstack",
    "bin",
)
ENVIRONMENT = "CLERKSTACK_ENVIRONMENT_OF_COPIES"
PROVIDER = "CLERKSTACK_SECRETS_PROVIDER_OF_COPIES"
LIMIT = 300.0  # seconds for one command: a busy machine takes many times what an idle one does
PASSPHRASE = "passphrase-of-a-copy-mW4tR9xe"
SECRETS = {
    "clerkstack:platformKey": seeded.PLATFORM_KEY,
    "vercel:apiToken": seeded.VERCEL_TOKEN,
}


class PulumiFailed(AssertionError):
    """A `pulumi` command that was to succeed did not; holds what it printed."""


@dataclass
class Project:
    """The project as a user has it: a folder, a stack, a world to deploy to."""

    folder: Path
    world: World
    stack: str = "local"
    shell: dict[str, str] = field(default_factory=dict)
    """Variables of the shell besides: another backend, its credentials."""

    @property
    def environment(self) -> dict[str, str]:
        """The process environment of every `pulumi` command."""
        return {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{self.folder}/state",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # Both ways to the world: a stand-in plugin takes the first, an official one the others.
            **address.variables(self.world.urls),
            **self.shell,
        }

    def init(
        self,
        stack: str,
        settings: Mapping[str, Any],
        secrets: Mapping[str, str] = SECRETS,
        *options: str,
    ) -> None:
        """Make a stack with its settings, as `pulumi config set` would."""
        self.stack = stack
        for folder in ("state", "home"):
            (self.folder / folder).mkdir(exist_ok=True)
        self.make_stack(stack, *options)
        words = [part for key, value in secrets.items() for part in ("--secret", f"{key}={value}")]
        self.pulumi("config", "set-all", "--stack", stack, *words)
        for key, value in settings.items():
            self.set(key, value)

    def make_stack(self, stack: str, *options: str) -> None:
        """Make an empty stack. Its secrets provider is the one in the `options`, else the one that
        `PROVIDER` names, else the passphrase."""
        if PROVIDER in os.environ:
            options = ("--secrets-provider", os.environ[PROVIDER], *options)
        self.pulumi("stack", "init", stack, *options)

    def set(self, key: str, value: Any) -> None:
        """Change one setting in the stack's file; `a.b` names a nested one."""
        file = self.folder / f"Pulumi.{self.stack}.yaml"
        yaml = YAML()
        document = yaml.load(file.read_text()) or {}
        target = document.setdefault("config", {})
        *outer, last = f"clerkstack:{key}".split(".")
        for step in outer:
            target = target.setdefault(step, {})
        target[last] = value
        with file.open("w") as out:
            yaml.dump(document, out)

    def edit(self, name: str, *changes: tuple[str, str]) -> None:
        """Replace texts in a file of the project; each must be there."""
        file = self.folder / name
        text = file.read_text()
        for before, after in changes:
            if before not in text:
                raise ValueError(f"{name} does not have: {before}")
            text = text.replace(before, after, 1)
        write_source(file, text)

    def command(self, *words: str) -> list[str]:
        """The command line of a `pulumi` command."""
        return ["pulumi", *words, "--non-interactive"]

    def pulumi(
        self, *words: str, check: bool = True, timeout: float = LIMIT
    ) -> subprocess.CompletedProcess[str]:
        """Run a `pulumi` command in the project. Raises PulumiFailed where `check`."""
        ran = self._run(self.command(*words), timeout)
        if check and ran.returncode:
            raise PulumiFailed(f"pulumi {' '.join(words)} failed\n{ran.stdout}\n{ran.stderr}")
        return ran

    def clerkstack(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the project's own command on the stack."""
        return self.own_command(*words, "--stack", self.stack)

    def own_command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the project's own command as it is given."""
        return self._run(["bin/clerkstack", *words], LIMIT)

    def _run(self, words: Sequence[str], timeout: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def up(self, *words: str, check: bool = True) -> str:
        """`pulumi up`; everything it printed."""
        ran = self.pulumi(
            "up", "--yes", "--skip-preview", "--stack", self.stack, *words, check=check
        )
        return ran.stdout + ran.stderr

    def preview(self, *words: str, check: bool = True) -> str:
        """`pulumi preview --diff`; everything it printed."""
        ran = self.pulumi("preview", "--diff", "--stack", self.stack, *words, check=check)
        return ran.stdout + ran.stderr

    def destroy(self) -> str:
        """`pulumi destroy`; everything it printed."""
        return self.pulumi("destroy", "--yes", "--skip-preview", "--stack", self.stack).stdout

    def state(self) -> dict[str, Any]:
        """The stack's state, secrets still encrypted."""
        exported: dict[str, Any] = json.loads(
            self.pulumi("stack", "export", "--stack", self.stack).stdout
        )
        return exported

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs; secrets are masked."""
        shown: dict[str, Any] = json.loads(
            self.pulumi("stack", "output", "--json", "--stack", self.stack).stdout
        )
        return shown


def write_source(file: Path, text: str) -> None:
    """Write a source of Python that the next process reads.

    Python tells the versions of a source apart by their size and the second of their change, and
    else takes the bytecode of the one before: each gets a second of its own."""
    before = file.stat().st_mtime if file.exists() else 0.0
    file.unlink(missing_ok=True)  # other copies may be links to it
    file.write_text(text)
    second = max(int(before) + 1, int(file.stat().st_mtime))
    os.utime(file, (second, second))


def copy_project(folder: Path, parts: Sequence[str] = PARTS) -> Path:
    """Copy the program into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    # The caches of bytecode go with their sources: no process of a copy compiles anything.
    _compile()
    for part in parts:
        source = TOP / part
        if source.is_dir():
            shutil.copytree(source, folder / part, dirs_exist_ok=True, copy_function=copy_file)
        else:
            shutil.copy2(source, folder / part)
    link_environment(folder)
    return folder


def copy_source(source: Path, target: Path) -> None:
    """Copy a file into a folder that is made where it is missing; a source of Python with its cache
    of bytecode."""
    _compile()
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    if source.suffix == ".py":
        cache, copied = (Path(cache_from_source(str(file))) for file in (source, target))
        if cache.exists():
            copied.parent.mkdir(exist_ok=True)
            copy_file(str(cache), str(copied))


def copy_file(source: str, target: str) -> str:
    """Copy a file, as `shutil.copytree` asks for it. A cache of bytecode is linked: Python puts a
    new one in its place, and never writes into one that is there."""
    return link_file(source, target) if source.endswith(".pyc") else shutil.copy2(source, target)


def link_file(source: str, target: str) -> str:
    """Link a file, or copy it where it can't be linked."""
    try:
        os.link(source, target)
    except OSError:
        return shutil.copy2(source, target)
    return target


def link_environment(folder: Path) -> None:
    """Give a copy the virtual environment that Pulumi.yaml names: the one of this process, or in
    its place the one that `ENVIRONMENT` names."""
    link = folder / ".venv"
    link.unlink(missing_ok=True)
    link.symlink_to(os.environ.get(ENVIRONMENT, sys.prefix))


@cache
def _compile() -> None:
    """Bring the caches of bytecode up to date, once for each process; those of the plugins too."""
    for part in (*PARTS, "local"):
        if (TOP / part).is_dir():
            compileall.compile_dir(str(TOP / part), quiet=2)


def settings_on(world: World) -> dict[str, Any]:
    """The settings of a stack for the development instance of a world."""
    return {
        "instance": "development",
        "applicationId": seeded.APPLICATION_ID,
        "appUrl": "https://preview.sendero.example",
        "environment": {"projectId": seeded.VERCEL_PROJECT_ID, "names": ["guide"]},
        "urls": address.settings(world.urls),
    }


def production_settings_on(world: World) -> dict[str, Any]:
    """The settings of a stack that makes the production instance of a world and deploys to it."""
    return {
        **settings_on(world),
        "instance": "production",
        "appUrl": "https://sendero.example",
        "production": {"create": True, "domain": "sendero.example"},
        # A test takes it down again.
        "protect": False,
    }
