"""`python3 -m local.venv`: make `.venv` with the locked packages. Standard library only."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from local.steps import CommandFailed, Steps

PROJECT = Path(__file__).resolve().parents[1]
LOCK = PROJECT / "requirements-dev.lock"


def main() -> int:
    """Exit code 0 when `.venv` is as the lock file says; it is made or renewed where it is not."""
    folder = PROJECT / ".venv"
    stamp = folder / "clerkstack-lock"
    wanted = hashlib.sha256(LOCK.read_bytes() + (PROJECT / "pyproject.toml").read_bytes())
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return 0
    try:
        _make(folder, Steps("python"))
    except (CommandFailed, OSError) as error:
        print(f"The virtual environment cannot be made: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the next call goes on from here", file=sys.stderr)
        return 130
    stamp.write_text(wanted.hexdigest())
    return 0


def _make(folder: Path, steps: Steps) -> None:
    python = folder / "bin" / "python"
    if not _has_pip(python):
        steps.say(f"virtual environment in {folder.name}")
        try:
            _run(steps, sys.executable, "-m", "venv", "--clear", str(folder))
        except CommandFailed as error:
            hint = "on Debian and Ubuntu it needs the package python3-venv"
            raise OSError(f"`python3 -m venv` failed ({hint}):\n{error.tail}") from error
    steps.say(f"packages of {LOCK.name}, hashes checked")
    options = ["--disable-pip-version-check", "--no-input"]
    lock = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)]
    _run(steps, str(python), "-m", "pip", "install", *options, *lock)
    own = ["--no-deps", "--no-build-isolation", "--editable", str(PROJECT)]
    _run(steps, str(python), "-m", "pip", "install", *options, *own)
    steps.say("packages are installed")


def _has_pip(python: Path) -> bool:
    try:
        run = subprocess.run(
            [str(python), "-c", "import pip"], capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0


def _run(steps: Steps, *command: str) -> None:
    count = 0

    def describe(line: str) -> str | None:
        nonlocal count
        if line.startswith("Installing "):
            return f"{count} packages fetched, installing them"
        if not line.startswith("Collecting "):
            return None
        count += 1
        return f"{count} packages fetched, {line.split()[1].split('==')[0]}"

    steps.run(command, environ=os.environ, cwd=PROJECT, describe=describe)


if __name__ == "__main__":
    sys.exit(main())
