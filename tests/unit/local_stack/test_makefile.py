from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from local.machine.engine.places import PROJECT

# Records its arguments, then fails, so that `make` ends there.
PYTHON = """#!/bin/sh
case "$1" in -c) exit 0 ;; esac
echo "$* PYTHONSAFEPATH=${PYTHONSAFEPATH-none}"
exit 3
"""

STACKS = ".local/state/.pulumi/stacks/clerkstack"


def make(folder: Path, target: str, **environ: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(PROJECT / "Makefile", folder)
    python = folder / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return subprocess.run(
        ["make", target, f"PYTHON={python}"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("target", ["venv", "node"])
def test_a_safe_path_of_the_user_does_not_hide_the_set_up(tmp_path: Path, target: str) -> None:
    ran = make(tmp_path, target, PYTHONSAFEPATH="1")

    assert ran.stdout == f"-m local.machine.{target} PYTHONSAFEPATH=none\n"


@pytest.mark.parametrize("left", [None, f"{STACKS}/local.json.bak", ".local/world/world.json"])
def test_down_sets_nothing_up_where_nothing_is_left(tmp_path: Path, left: str | None) -> None:
    if left is not None:
        put(tmp_path / left)

    ran = make(tmp_path, "down")

    assert ran.returncode == 0
    assert ran.stdout == "no stack `local` and no local world: nothing to destroy\n"


@pytest.mark.parametrize(
    "left",
    [
        f"{STACKS}/local.json",
        f"{STACKS}/local.json.gz",
        f"{STACKS}/local-prod.json",
        ".local/world/urls.json",
    ],
)
def test_down_sets_up_what_it_needs_for_what_is_left(tmp_path: Path, left: str) -> None:
    put(tmp_path / left)

    ran = make(tmp_path, "down")

    assert ran.returncode != 0
    assert "-m local.machine.venv" in ran.stdout


def put(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("{}")
