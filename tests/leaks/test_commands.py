"""Every command of `clerkstack --help` on a deployment, with all places watched."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
import typer

from clerkstack.cli import app
from local.world import seed
from tests.engine.reviewed import ended, event, variables_of
from tests.leaks.deployed import HOLDER
from tests.leaks.scene import Scene
from tests.schemas import assert_as_published

pytestmark = pytest.mark.engine

PROD = ("--stack", "prod")
MOVED = "file://./moved"  # below the project
REPORTS = ("--html", "r.html", "--junit", "r.xml", "--sarif", "r.sarif")
RUNS: dict[str, list[tuple[str, ...]]] = {
    "check": [(*PROD, "--live", *REPORTS), (*PROD, "--live", "--json")],
    "drift": [(*PROD, *REPORTS), (*PROD, "--json")],
    "doctor": [(*PROD, *REPORTS), (*PROD, "--json"), ()],
    "dry-run": [PROD, (*PROD, "--json")],
    "probe": [PROD, (*PROD, "--json"), ("--stack", "local", "--write")],
    "parity": [
        ("--from", "local", "--to", "prod", *REPORTS),
        ("--from", "local", "--to", "prod", "--json"),
    ],
    "cutover": [
        (*PROD, "--reference", "local", "--smoke", *REPORTS),
        (*PROD, "--json"),
    ],
    "cutover points": [()],
    "cutover sign": [("sign-up", *PROD, "--by", "Ana")],
    "smoke": [PROD, (*PROD, "--json"), (*PROD, "--clean-up")],
    "review": [
        ("--stack", "local", *PROD, "--output", "review.md", "--save", "review.json"),
        (*PROD, "--json", *REPORTS),
    ],
    "comment": [("--file", "review.json", "--pull-request", "7"), ()],
    "redeploy": [("--project", seed.VERCEL_PROJECT_ID, "--target", "production")],
    "recover": [PROD],
    "take-over": [(*PROD, "--dry-run"), PROD],
    "rotate": [
        (*PROD, "--reason", "offboarding", "--holder-done", HOLDER),
        (*PROD, "--status", "--json"),
        (*PROD, "--status", "--holder-done", HOLDER),
        (*PROD, "--abort"),
        (*PROD, "--overlap", "0", "--confirm", "prod", "--json"),
        (*PROD, "--history"),
    ],
    "move": [("--stack", "local", "--to", MOVED), ("--stack", "local", "--to", MOVED, "--json")],
    "adopt": [(*PROD, "--dry-run"), ("--stack", "local", "--overwrite", "--json")],
}
"""What is run of each command; in this order, on one deployment."""
NEEDS_NO_STACK = {"cutover points"}


def commands(command: click.Command, above: str = "") -> Iterator[str]:
    """Return the names of all commands below one."""
    for name, inner in getattr(command, "commands", {}).items():
        full = f"{above} {name}".strip()
        if inner.callback is not None:
            yield full
        yield from commands(inner, full)


def variables(scene: Scene, name: str) -> dict[str, str]:
    """Return the extra environment of a command."""
    if name == "redeploy":
        urls = scene.world.urls
        return {"VERCEL_API_TOKEN": seed.VERCEL_TOKEN, "VERCEL_API_URL": urls.vercel}
    outside = scene.temporary.parent
    if name == "review":
        return event(outside, scene.github)
    if name == "comment":
        saved = scene.project.folder / "review.json"
        if not saved.exists():  # another worker has run `review`
            words = RUNS["review"][0]
            scene.run("bin/clerkstack", "review", *words, variables=variables(scene, "review"))
        scene.github.leave(saved.read_bytes())
        return variables_of(outside, scene.github, ended(scene.github))
    if name == "doctor":
        return scene.github.variables()
    return {}


def test_every_command_is_run() -> None:
    assert set(commands(typer.main.get_command(app))) == set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_a_command_lets_no_secret_out(scene: Scene, name: str) -> None:
    (scene.project.folder / "moved").mkdir(exist_ok=True)
    for words in RUNS[name]:
        ended = scene.run("bin/clerkstack", *name.split(), *words, variables=variables(scene, name))

        assert ended.leaks == [], f"{words}: it ended with {ended.code}"
        assert ended.code in (0, 1), ended.stdout + ended.stderr
        assert scene.left() == []
        if "--json" in words and ended.stdout:
            assert_as_published(name, ended.stdout)
