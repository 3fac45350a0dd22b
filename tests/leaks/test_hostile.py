"""Services that repeat what they were sent in their errors: keys, headers, bodies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.leaks.scene import OAUTH_SECRET, Scene
from tests.leaks.test_commands import RUNS, variables

pytestmark = pytest.mark.engine

# The services that a command calls, and how many of its requests succeed before the fault.
ASKED: dict[str, tuple[tuple[str, int], ...]] = {
    "check": (("clerk", 0),),
    "drift": (("clerk", 1), ("svix", 0), ("vercel", 0)),
    "doctor": (("clerk", 0), ("svix", 0), ("vercel", 0)),
    "dry-run": (("clerk", 0),),
    "probe": (("clerk", 0), ("svix", 1), ("vercel", 0), ("frontend", 0)),
    "parity": (("clerk", 4),),
    "cutover": (("clerk", 0), ("svix", 1), ("vercel", 0), ("frontend", 0)),
    "smoke": (("clerk", 2), ("frontend", 1), ("frontend", 2)),
    "review": (("clerk", 0),),
    "redeploy": (("vercel", 0), ("vercel", 1)),
    "recover": (("vercel", 0),),
    "take-over": (("clerk", 0), ("svix", 0), ("vercel", 0)),
    "rotate": (("clerk", 1), ("svix", 0), ("svix", 2), ("vercel", 0), ("vercel", 1)),
    "adopt": (("clerk", 0), ("vercel", 0)),
}


def test_every_command_that_asks_a_service_is_run() -> None:
    # GitHub is no service of the world; tests/unit/review/test_posting.py has its faults.
    nobody = {"cutover points", "cutover sign", "move", "comment"}
    assert set(ASKED) | nobody == set(RUNS)


@pytest.mark.parametrize(
    ("name", "service", "after"),
    [(name, service, after) for name, asked in ASKED.items() for service, after in asked],
)
def test_what_a_service_repeats_goes_no_further(
    scene: Scene, name: str, service: str, after: int
) -> None:
    scene.world.clear_journal()
    scene.world.fault(kind="echo", service=service, status=422, times=None, after=after)
    try:
        ended = scene.run(
            *("bin/clerkstack", *name.split(), *RUNS[name][0]), variables=variables(scene, name)
        )
    finally:
        scene.world.clear_faults()

    assert ended.leaks == [], f"it ended with {ended.code}"
    assert "echo" in {each.fault for each in scene.world.journal()}
    assert ended.code in (1, 2, 3), ended.stdout + ended.stderr
    assert scene.left() == []


WRITES = [
    ("clerk", "config"),
    ("svix", "/endpoint"),
    ("vercel", "/env"),
    ("vercel", "/deployments"),
]
UP = ("up", "--yes", "--skip-preview", "--stack", "prod")


@pytest.mark.parametrize(("service", "path"), WRITES)
def test_an_update_repeats_nothing_either(scene: Scene, service: str, path: str) -> None:
    """Everything is written anew, so that each secret appears in a body."""
    project = scene.project
    file = project.folder / "Pulumi.prod.yaml"
    before = file.read_bytes()
    _set_other_values(scene, 2 + WRITES.index((service, path)))
    for method in ("POST", "PATCH", "PUT"):
        scene.world.fault(
            kind="echo", service=service, method=method, path=path, status=422, times=None
        )
    try:
        ended = scene.run("pulumi", *UP, "--diff", "--non-interactive")
    finally:
        scene.world.clear_faults()
        file.write_bytes(before)

    assert ended.leaks == [], f"it ended with {ended.code}"
    assert ended.code != 0, ended.stdout + ended.stderr
    assert "refused" in ended.stdout + ended.stderr, ended.stdout


def test_after_updates_that_were_refused_one_goes_through(scene: Scene) -> None:
    scene.project.pulumi(*UP, "--refresh")


def _set_other_values(scene: Scene, number: int) -> None:
    """Set values of no earlier update: what was refused half-way differs the next time."""
    project = scene.project
    assert Path(project.folder / "Pulumi.prod.yaml").exists()
    project.stack = "prod"
    project.pulumi(
        *("config", "set", "--stack", "prod", "--secret", "--path"),
        *("clerkstack:signIn.oauth.google.clientSecret", f"{OAUTH_SECRET}{number}"),
    )
    project.set("appUrl", f"https://www{number}.sendero.example")
