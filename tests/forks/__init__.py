"""Python processes of the tests' deployments begin as forks of one that has the libraries imported,
and the project's own modules for those who work in an unchanged copy of it (`preloaded.py`).

An `up` starts five of them, and importing is half of what they do. What a fork runs, and its
arguments, folder, environment and open files, are those of a process of its own: `client.py` is
started in its place, passes signals on, ends as it ends, and takes it along when killed. A process
whose number or session is the subject of a test is started with `ALONE` in its environment.
"""

from __future__ import annotations

import py_compile
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = HERE.parent / "bin" / "packages.py"
ALONE = {"TESTS_WITHOUT_FORKS": "1"}

SCRIPT = """\
#!/bin/sh
case "$*" in
  # They are the same to the end, and each `up` asks.
  {packages}) exec cat {list} ;;
  --version | -I*) exec {python} "$@" ;;
esac
exec {client} "$@"
"""


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
        socket, client, packages = folder / "socket", folder / "client.pyc", folder / "packages"
        # A script is compiled at each start, but not one that is compiled already.
        py_compile.compile(str(HERE / "client.py"), str(client), doraise=True)
        packages.write_bytes(subprocess.check_output([sys.executable, "-I", str(PACKAGES)]))
        python = shlex.quote(sys.executable)
        words = [sys.executable, "-I", "-S", str(client), str(socket), sys.executable]
        script = SCRIPT.format(
            packages=shlex.quote(f"-I {PACKAGES}"),
            list=shlex.quote(str(packages)),
            python=python,
            client=shlex.join(words),
        )
        for name in ("python", "python3"):
            (binaries / name).write_text(script)
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
