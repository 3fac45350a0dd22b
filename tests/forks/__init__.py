"""Python processes of the tests' deployments begin as forks of one that has the libraries imported,
and the project's own modules for those who work in an unchanged copy of it (`preloaded.py`).

An `up` starts five of them, and importing is half of what they do. What a fork runs, and its
arguments, folder, environment and open files, are those of a process of its own: `client.py` is
started in its place, passes signals on, ends as it ends, and takes it along when killed. A process
whose number or session is the subject of a test is started with `ALONE` in its environment.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ALONE = {"TESTS_WITHOUT_FORKS": "1"}


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
        socket = folder / "socket"
        words = [sys.executable, "-I", "-S", str(HERE / "client.py"), str(socket), sys.executable]
        for name in ("python", "python3"):
            (binaries / name).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
            (binaries / name).chmod(0o755)
        start = f"import sys; sys.path.insert(0, {str(HERE)!r}); import server; server.main()"
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", start, str(socket)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("the process that is to be forked did not start")

    def stop(self) -> None:
        """End it."""
        self._process.communicate()
