"""Python processes of the tests' deployments begin as forks of one that has the libraries imported,
and the project's own modules for those who work in an unchanged copy of it (`preloaded.py`).

An `up` starts four of them, and importing is half of what they do. What a fork runs, and its
command line, folder, environment and open files, are those of a process of its own: `client.c` is
started in its place, passes signals on, ends as it ends, and takes it along when killed; who kills
a whole tree finds the forks by `forks_of`. A process whose number or session is the subject of a
test is started with `ALONE` in its environment; all are, where there is no C compiler.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from local.project import ENVIRONMENT

HERE = Path(__file__).parent
PACKAGES = HERE.parent / "bin" / "packages.py"
NAME = "fork "
"""So begins the name of a process that runs as a fork, before the number of that."""
ALONE = {"TESTS_WITHOUT_FORKS": "1"}
LONGEST = 4096
"""Characters of a command line for which a fork has room."""


def forks_of(pid: int) -> list[int]:
    """The fork that is run for a process, if one is: it is nobody's child in that one's tree."""
    with suppress(OSError, ValueError):
        name = Path(f"/proc/{pid}/comm").read_text()
        if name.startswith(NAME):
            return [int(name.removeprefix(NAME))]
    return []


class Forks:
    """The process that is forked, for as long as the tests of one worker run."""

    def __init__(self, folder: Path) -> None:
        """Make in the folder: a socket, and a virtual environment whose Python asks at it."""
        self.environment = folder / "venv"
        binaries = self.environment / "bin"
        binaries.mkdir(parents=True)
        (self.environment / "pyvenv.cfg").write_bytes(
            (Path(sys.prefix) / "pyvenv.cfg").read_bytes()
        )
        self.socket, packages = folder / "socket", folder / "packages"
        packages.write_bytes(subprocess.check_output([sys.executable, "-I", str(PACKAGES)]))
        named = {
            "SOCKET": self.socket,
            "PYTHON": sys.executable,
            "PACKAGES": PACKAGES,
            "LIST": packages,
        }
        python = binaries / "python"
        if not _compile(python, named):
            python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
            python.chmod(0o755)
        (binaries / "python3").symlink_to("python")
        start = f"import sys; sys.path.insert(0, {str(HERE)!r}); import server; server.main()"
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", start, str(self.socket), " " * LONGEST],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("the process that is to be forked did not start")

    @property
    def pid(self) -> int:
        """The number of the process: all forks are its children."""
        return self._process.pid

    def use(self, patch: pytest.MonkeyPatch) -> None:
        """Have the Python processes of copies of the project be forks from now on."""
        patch.setenv(ENVIRONMENT, str(self.environment))
        # Plugins run with the Python on PATH.
        patch.setenv("PATH", str(self.environment / "bin"), prepend=os.pathsep)

    def stop(self) -> None:
        """End it."""
        self._process.communicate()


def _compile(client: Path, named: Mapping[str, Path | str]) -> bool:
    """Compile the client with these texts; false where there is nothing to do that with."""
    compiler = shutil.which("cc")
    if compiler is None:
        return False
    texts = [f"-D{name}={json.dumps(str(text))}" for name, text in named.items()]
    words = [compiler, "-std=gnu11", "-O1", *texts, str(HERE / "client.c"), "-o", str(client)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
