"""A copy of the project on a local world of its own, driven by the real engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.world import World
from local.world import seed as seeded

TOP = Path(__file__).resolve().parents[2]
PARTS = (
    "Pulumi.yaml",
    "__main__.py",
    "catalog.yaml",
    "components",
    "policies",
    "clerkstack",
    "bin",
)
PASSPHRASE = "tests"


@dataclass
class Project:
    """The project as a user has it: a folder, a stack, and a world to deploy to."""

    folder: Path
    world: World
    stack: str = "local"
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The process environment of every `pulumi` command."""
        return {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{self.folder}/state",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "VERCEL_API_URL": self.world.urls.vercel,
            "PATH": f"{TOP / 'local/plugins/bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def configure(
        self, stack: str, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> None:
        """Make the stack with its settings, as `pulumi config set` would."""
        self.stack = stack
        for folder in ("state", "home"):
            (self.folder / folder).mkdir(exist_ok=True)
        self.pulumi("stack", "init", stack)
        words = [part for key, value in secrets.items() for part in ("--secret", f"{key}={value}")]
        self.pulumi("config", "set-all", "--stack", stack, *words)
        for key, value in settings.items():
            self.set(key, value)

    def set(self, key: str, value: Any) -> None:
        """Change one setting in the stack's file (`a.b` for a nested one)."""
        from ruamel.yaml import YAML

        file = self.folder / f"Pulumi.{self.stack}.yaml"
        yaml = YAML()
        document = yaml.load(file.read_text()) or {}
        target = document.setdefault("config", {})
        name, *path = f"clerkstack:{key}".split(".")
        for step in [name, *path][:-1]:
            target = target.setdefault(step, {})
        target[[name, *path][-1]] = value
        with file.open("w") as out:
            yaml.dump(document, out)

    def pulumi(
        self, *words: str, check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a `pulumi` command in the project."""
        ran = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and ran.returncode:
            raise AssertionError(f"pulumi {' '.join(words)} failed\n{ran.stdout}\n{ran.stderr}")
        return ran

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

    def state_text(self) -> str:
        """Every file of the backend as text, history and backups too."""
        files = (path for path in (self.folder / "state").rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)

    def edit(self, name: str, *changes: tuple[str, str]) -> None:
        """Replace texts in a file of the project; each must be there."""
        file = self.folder / name
        text = file.read_text()
        for before, after in changes:
            assert before in text, f"{name} does not have: {before}"
            text = text.replace(before, after, 1)
        file.write_text(text)


def writes(world: World, *services: str) -> list[str]:
    """The writes in the journal, as "service METHOD path"."""
    return [
        f"{entry.service} {entry.method} {entry.path}"
        for entry in world.journal()
        if entry.method not in ("GET", "HEAD") and (not services or entry.service in services)
    ]


def requests(world: World, *services: str) -> list[str]:
    """All requests in the journal, as "service METHOD path"."""
    return [
        f"{entry.service} {entry.method} {entry.path}"
        for entry in world.journal()
        if not services or entry.service in services
    ]


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """The engine on PATH; without it these tests can't say anything."""
    if shutil.which("pulumi") is None:
        if os.environ.get("CI"):
            pytest.fail("pulumi is not on PATH: run the tests with `make test`")
        pytest.skip("pulumi is not on PATH: run the tests with `make test`")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fresh local world."""
    with World(tmp_path / "world") as started:
        yield started


def copy_project(folder: Path, parts: Sequence[str] = PARTS) -> None:
    """Copy the program into a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in parts:
        source = TOP / part
        if source.is_dir():
            shutil.copytree(
                source,
                folder / part,
                ignore=shutil.ignore_patterns("__pycache__"),
                dirs_exist_ok=True,
            )
        else:
            shutil.copy2(source, folder / part)


def base_settings(world: World) -> dict[str, Any]:
    """The settings every stack on this world shares."""
    return {
        "applicationId": seeded.APPLICATION_ID,
        "environment": {"projectId": seeded.VERCEL_PROJECT_ID},
        "urls": {
            "platform": world.urls.clerk,
            "backend": world.urls.clerk,
            "frontend": world.urls.frontend,
            "svix": world.urls.svix,
            "vercel": world.urls.vercel,
        },
    }


SECRETS = {
    "clerkstack:platformKey": seeded.PLATFORM_KEY,
    "vercel:apiToken": seeded.VERCEL_TOKEN,
}


@pytest.fixture
def project(tmp_path: Path, world: World) -> Project:
    """The Sendero deployment on its development instance, nothing deployed yet."""
    made = Project(tmp_path / "project", world)
    copy_project(made.folder)
    settings = {
        **base_settings(world),
        "instance": "development",
        "appUrl": "https://sendero-preview.example.com",
    }
    made.configure("local", settings, SECRETS)
    return made
