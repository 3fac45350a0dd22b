"""`python -m local.machine.pythons`: run the unit tests on every other supported Python here.

Each Python gets its own environment from the lock file, in .local/pythons. Other arguments go to
pytest.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.machine.steps import CommandFailed, Steps, alone, interruptible

PROJECT = Path(__file__).resolve().parents[2]
LOCK = "requirements-dev.lock"
SUPPORTED = ((3, 11), (3, 12), (3, 13))
"""The supported versions. The oldest is also in pyproject.toml, `requires-python`."""

TESTS = ("-m", "pytest", "tests/unit", "-q", "-n", "2", "--dist", "worksteal")
SECONDS_FOR_TESTS = 1800


@dataclass(frozen=True, kw_only=True)
class Python:
    """A working interpreter: its program, and its full version ("3.13.0")."""

    program: Path
    version: str


def main(arguments: Sequence[str] | None = None, project: Path = PROJECT) -> int:
    """Return exit code 0 if the tests pass on every Python here, 1 if they don't."""
    interruptible()
    words = list(sys.argv[1:] if arguments is None else arguments)
    steps = Steps("pythons")
    own = sys.version_info[:2]
    passed = True
    try:
        for release in SUPPORTED:
            name = ".".join(map(str, release))
            python = None if release == own else find(release, os.environ)
            if release == own:
                print(f"Python {name}: the one of .venv, which `make test` runs with", flush=True)
            elif python is None:
                print(f"Python {name}: not on this machine", flush=True)
            else:
                passed = _passes(python, project, words, steps) and passed
    except KeyboardInterrupt:
        print("interrupted; the next call goes on from here", file=sys.stderr)
        return 130
    return 0 if passed else 1


def find(release: tuple[int, int], environ: Mapping[str, str]) -> Python | None:
    """Return a working Python of a release: from PATH, or from pyenv.

    A name on PATH is not enough: pyenv installs a launcher for each Python of its versions, which
    fails if that version is not selected.
    """
    name = f"python{release[0]}.{release[1]}"
    folders = [Path(at) for at in environ.get("PATH", "").split(os.pathsep) if at]
    pyenv = Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "/")) / ".pyenv")
    folders += sorted(pyenv.glob(f"versions/{release[0]}.{release[1]}.*/bin"), reverse=True)
    for folder in folders:
        program = folder / name
        version = _version(program)
        if version is not None and version.startswith(f"{release[0]}.{release[1]}."):
            return Python(program=program, version=version)
    return None


def _version(program: Path) -> str | None:
    """Return the version of a Python that runs and can create an environment, else None."""
    look = "import ensurepip, platform, venv; print(platform.python_version())"
    try:
        ran = subprocess.run(
            [program, "-I", "-c", look],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.strip() if ran.returncode == 0 else None


def _passes(python: Python, project: Path, words: Sequence[str], steps: Steps) -> bool:
    """Run the tests on one Python; print the failures, then one line with the result."""
    folder = project / ".local" / "pythons" / python.version
    try:
        with alone(folder.with_suffix(".lock"), steps):
            _ready(folder, python, project, steps)
    except (CommandFailed, OSError) as error:
        print(f"Python {python.version}: its environment cannot be made: {error}")
        return False
    start = time.monotonic()
    ran = subprocess.run(
        [folder / "bin" / "python", *TESTS, *words],
        cwd=project,
        env={**os.environ, "VIRTUAL_ENV": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_FOR_TESTS,
        check=False,
    )
    if ran.returncode:
        print(ran.stdout + ran.stderr)
    last = (ran.stdout.strip().splitlines() or ["nothing"])[-1].strip("= ")
    print(f"Python {python.version}: {last} ({time.monotonic() - start:.0f} s)", flush=True)
    return ran.returncode == 0


def _ready(folder: Path, python: Python, project: Path, steps: Steps) -> None:
    """Create the environment, unless it exists and matches the lock file."""
    stamp = folder / "clerkstack-lock"
    wanted = hashlib.sha256((project / LOCK).read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    steps.say(f"packages of {LOCK} for Python {python.version}, hashes checked")
    uv = str(Path(sys.executable).with_name("uv"))
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(folder)}
    for command in (
        (uv, "venv", "--quiet", "--clear", "--python", str(python.program), str(folder)),
        (uv, "pip", "install", "--quiet", "--require-hashes", "-r", str(project / LOCK)),
    ):
        steps.run(command, environ=environ, cwd=project)
    stamp.write_text(wanted)


if __name__ == "__main__":
    sys.exit(main())
