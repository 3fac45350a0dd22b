"""`python3 -m local.venv`: make `.venv` with the locked packages. Standard library only."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from local.steps import CommandFailed, Steps, alone, interruptible

PROJECT = Path(__file__).resolve().parents[1]
LOCK = "requirements-dev.lock"


def main(project: Path = PROJECT) -> int:
    """Exit code 0 when `.venv` is as the lock file says; it is made or renewed where it is not."""
    interruptible()
    folder = project / ".venv"
    if folder.is_symlink():
        # It is another project's: what is installed there stays as it is.
        print(f"{folder} is a link to {folder.resolve()}. Remove the link.", file=sys.stderr)
        return 1
    wanted = _wanted(project)
    if _stamp(project) == wanted:
        return 0
    steps = Steps("python")
    try:
        with alone(project / ".local" / "venv.lock", steps):
            if _stamp(project) != wanted:
                _stamp_file(project).unlink(missing_ok=True)
                _make(project, steps)
                _stamp_file(project).write_text(wanted)
    except (CommandFailed, OSError) as error:
        print(f"The virtual environment cannot be made: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the next call goes on from here", file=sys.stderr)
        return 130
    return 0


def _wanted(project: Path) -> str:
    """Digest of all that decides what is in `.venv`. The scripts in it hold the folder's path."""
    parts = [(project / name).read_bytes() for name in (LOCK, "pyproject.toml")]
    return hashlib.sha256(b"".join([*parts, os.fsencode(project.resolve())])).hexdigest()


def _stamp_file(project: Path) -> Path:
    return project / ".venv" / "clerkstack-lock"


def _stamp(project: Path) -> str | None:
    file = _stamp_file(project)
    return file.read_text() if file.exists() else None


def _make(project: Path, steps: Steps) -> None:
    folder = project / ".venv"
    python = folder / "bin" / "python"
    if not _is_at_home(folder):
        steps.say(f"virtual environment in {folder.name}")
        try:
            _run(project, steps, sys.executable, "-m", "venv", "--clear", str(folder))
        except CommandFailed as error:
            hint = "on Debian and Ubuntu it needs the package python3-venv"
            raise OSError(f"`python3 -m venv` failed ({hint}):\n{error.tail}") from error
    steps.say(f"packages of {LOCK}, hashes checked")
    options = ["--disable-pip-version-check", "--no-input"]
    lock = ["--require-hashes", "--only-binary", ":all:", "-r", str(project / LOCK)]
    _run(project, steps, str(python), "-m", "pip", "install", *options, *lock)
    own = ["--no-deps", "--no-build-isolation", "--editable", str(project)]
    _run(project, steps, str(python), "-m", "pip", "install", *options, *own)
    steps.say("packages are installed")


def _is_at_home(folder: Path) -> bool:
    """Whether pip is there and installs into this folder, and its scripts were made for it."""
    look = [str(folder / "bin" / "python"), "-c", "import pip, sys; print(sys.prefix)"]
    try:
        run = subprocess.run(look, capture_output=True, text=True, timeout=30, check=False)
        prefix = Path(run.stdout.strip())
        starts = (folder / "bin" / "pip").read_text().splitlines()[:2]
        return (
            run.returncode == 0
            and prefix.samefile(folder)
            and any(f"{folder / 'bin'}{os.sep}" in line for line in starts)
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False


def _run(project: Path, steps: Steps, *command: str) -> None:
    count = 0

    def describe(line: str) -> str | None:
        nonlocal count
        if line.startswith("Installing "):
            return f"{count} packages fetched, installing them"
        if not line.startswith("Collecting "):
            return None
        count += 1
        return f"{count} packages fetched, {line.split()[1].split('==')[0]}"

    # However the folder is damaged meanwhile: nothing goes into the Python it was made with.
    environ = {**os.environ, "PIP_REQUIRE_VIRTUALENV": "1"}
    steps.run(command, environ=environ, cwd=project, describe=describe)


if __name__ == "__main__":
    sys.exit(main())
