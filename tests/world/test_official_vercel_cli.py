"""The official Vercel command-line client against a world: variables of a linked project."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.parts import VENDOR_CLIENTS
from local.world import World, seed
from tests.absent import absent

PROGRAM = Path(__file__).resolve().parents[2] / "node_modules" / "vercel" / "dist" / "vc.js"
VALUE = "value-of-a-test-h3Tq"


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    if shutil.which("node") is None or not PROGRAM.exists():
        absent(VENDOR_CLIENTS)


@dataclass
class Cli:
    """The client in a linked folder, which also holds its own files."""

    world: World
    folder: Path
    token: str = seed.VERCEL_TOKEN

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["node", str(PROGRAM), *words, "--api", self.world.urls.vercel],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "XDG_DATA_HOME": str(self.folder / "data"),
                "VERCEL_TOKEN": self.token,
                "VERCEL_TELEMETRY_DISABLED": "1",
                "NO_UPDATE_NOTIFIER": "1",
                "CI": "1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def does(self, *words: str) -> str:
        ran = self.run(*words)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout + ran.stderr

    def variables(self) -> dict[str, Any]:
        project = self.world.vercel.projects[seed.VERCEL_PROJECT_ID]
        return {variable.key: variable for variable in project.variables.values()}


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    with World(proxy=False) as world:
        # It selects none of several scopes by itself.
        world.vercel.add_token(seed.VERCEL_TOKEN)
        yield Cli(world, tmp_path)


def test_variables_are_added_listed_changed_pulled_and_removed(cli: Cli) -> None:
    assert "Linked" in cli.does("link", "--yes", "--project", seed.VERCEL_PROJECT_ID)
    for name, target in (("SHOWN", "development"), ("HIDDEN", "production")):
        cli.does("env", "add", name, target, "--yes", "--value", VALUE)

    assert {key: each.type for key, each in cli.variables().items()} == {
        "SHOWN": "encrypted",
        "HIDDEN": "sensitive",
    }
    taken = cli.run("env", "add", "HIDDEN", "production", "--yes", "--value", VALUE)
    assert (taken.returncode, "The name HIDDEN is taken" in taken.stderr) == (1, True)

    listed = cli.does("env", "ls", "production")
    assert "HIDDEN" in listed
    assert "SHOWN" not in listed

    cli.does("env", "update", "SHOWN", "development", "--yes", "--value", f"{VALUE}-2")
    cli.does("env", "pull", "of.env", "--yes", "--environment", "development")
    assert f'SHOWN="{VALUE}-2"' in (cli.folder / "of.env").read_text()
    cli.does("env", "pull", "production.env", "--yes", "--environment", "production")
    pulled = (cli.folder / "production.env").read_text()
    assert 'HIDDEN="[SENSITIVE]"' in pulled
    assert VALUE not in pulled

    cli.does("env", "rm", "SHOWN", "development", "--yes")
    assert list(cli.variables()) == ["HIDDEN"]


def test_it_knows_the_owner_and_asks_for_them_first(cli: Cli) -> None:
    cli.world.clear_journal()

    assert "world" in cli.does("whoami")

    assert [entry.path for entry in cli.world.journal()] == ["/v2/user"]


def test_a_token_that_is_wrong_is_reported(cli: Cli) -> None:
    cli.token = "notatokenofanybody1234"

    ran = cli.run("whoami")

    assert ran.returncode == 1
    assert "token" in ran.stderr.lower()


def test_it_lists_projects_and_environments_and_builds_one_again(cli: Cli) -> None:
    vercel = cli.world.vercel
    with cli.world._turns.threads:
        qa = vercel.add_custom_environment(seed.VERCEL_PROJECT_ID, "qa")
        body = {"key": "K", "value": VALUE, "type": "encrypted", "customEnvironmentIds": [qa]}
        vercel.create_variable(vercel.projects[seed.VERCEL_PROJECT_ID], body)
        before = vercel.add_deployment(seed.VERCEL_PROJECT_ID, "qa")
    cli.does("link", "--yes", "--project", seed.VERCEL_PROJECT_ID)

    projects = cli.does("project", "ls")
    environments = cli.does("target", "ls")

    assert all(name in projects for name in ("sendero", "sendero-api"))
    assert "qa" in environments
    cli.does("redeploy", before.id, "--target", "qa", "--no-wait")
    again = max(vercel.deployments.values(), key=lambda deployment: deployment.created_at)
    assert (again.redeploy_of, again.target) == (before.id, "qa")
    assert again.environment == before.environment
