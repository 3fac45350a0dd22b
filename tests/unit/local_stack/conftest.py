"""A made-up project with a Pulumi that only writes down how it is called."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import NoReturn

import pytest

from local.machine.engine import Places
from local.machine.engine.places import PROJECT
from local.stack import PORTS_APART, main
from local.world import World, background
from local.world.store import LOOPBACK, Home, Urls

RECIPES = PROJECT / "local" / "machine" / "engine"
RUN = """
import sys
from pathlib import Path
from local.machine.engine import Places
from local.stack import PORTS_APART, main
places = Places(project=Path(sys.argv[1]), recipes=Path(sys.argv[2]))
sys.exit(main(sys.argv[3:], places))
"""

# Writes down how it is called; `stack init` and `stack rm` keep the file backend's own file.
PULUMI = """#!/bin/sh
case "$1" in version) echo v3.300.0; exit 0 ;; esac
echo "pulumi $*" >> "$JOURNAL"
case "$*" in *local-prod*) stack=local-prod ;; *) stack=local ;; esac
file="${PULUMI_BACKEND_URL#file://}/.pulumi/stacks/clerkstack/$stack.json"
case "$1 $2" in
"up "*) env > "$JOURNAL.env" ;;
"stack init")
    [ -z "$INIT_WAITS" ] || read line < "$INIT_WAITS"
    mkdir -p "$(dirname "$file")"; echo '{}' > "$file" ;;
"stack rm") mv "$file" "$file.bak" ;;
"destroy "*) exit ${DESTROY_CODE:-0} ;;
"plugin install") exit ${PLUGIN_CODE:-0} ;;
esac
"""


@dataclass
class Project:
    root: Path
    world: World | None = None
    """What `run` has started."""

    @property
    def folder(self) -> Path:
        return self.root / "project"

    @property
    def home(self) -> Home:
        return Home(self.folder / ".local" / "world")

    @property
    def stack_file(self) -> Path:
        return self.folder / "Pulumi.local.yaml"

    @property
    def production_file(self) -> Path:
        return self.folder / "Pulumi.local-prod.yaml"

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Call the set-up's command in this process, with its world in this process."""
        out, err = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.root)
            for name in [*os.environ]:
                patch.delenv(name)
            for name, value in self._environment(environ).items():
                patch.setenv(name, value)
            patch.setattr(os, "execve", become)
            patch.setattr(background, "start", self._start_world)
            patch.setattr(background, "stop", lambda _home: self.stop_world())
            try:
                code = main([*arguments], Places(project=self.folder, recipes=RECIPES))
            except SystemExit as ended:
                code = int(ended.code or 0)
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())

    def run_alone(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """The same in a process of its own, whose world is another one, that outlives it."""
        with self.start(*arguments, **environ) as process:
            out, err = process.communicate(timeout=180)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """A call of the set-up's command, in a process of its own, that is not waited for."""
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(self.folder), str(RECIPES), *arguments],
            env=self._environment(environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": f"{self.root / 'bin'}:/usr/bin:/bin",
            "PYTHONPATH": str(PROJECT),
            "JOURNAL": str(self.root / "journal"),
            **more,
        }

    def _start_world(self, home: Home, port: int | None) -> Urls:
        self.world = World(home.folder, port or 0).start()
        return self.world.urls

    def stop_world(self) -> bool:
        """Stop the world, wherever it runs; whether there was one."""
        if self.world is None:
            return STOP(self.home)
        self.world.stop()
        self.world = None
        return True

    def journal(self) -> list[str]:
        """How Pulumi was called since the last look."""
        file = self.root / "journal"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    def environment(self) -> dict[str, str]:
        """The process environment of the last `pulumi up`."""
        lines = (self.root / "journal.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def urls(self) -> Urls:
        """Where the world runs; it must."""
        running = self.home.urls()
        assert running is not None
        return running


STOP = background.stop


def become(_program: str, words: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Run a program, and end as it ends."""
    raise SystemExit(subprocess.run(words, env=environ, check=False).returncode)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    for name, text in (("pulumi", PULUMI), ("pulumi-language-python", "#!/bin/sh\n")):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    made = Project(tmp_path)
    made.folder.mkdir()
    declare_port(made, free_ports())
    yield made
    made.stop_world()


def free_ports() -> int:
    """The first of ports that a world can have, now and again after a stop: of those that nobody is
    given who asks for any port."""
    while True:
        first = random.randrange(10_000, 32_000, PORTS_APART)
        with ExitStack() as probes, suppress(OSError):
            for port in range(first, first + PORTS_APART):
                probes.enter_context(socket.create_server((LOOPBACK, port)))
            return first


def declare_port(project: Project, port: int) -> None:
    project.stack_file.write_text(
        "# kept\nconfig:\n  clerkstack:urls:\n"
        f"    platform: http://127.0.0.1:{port + 1} # kept too\n"
    )


UP = "pulumi up --stack local --policy-pack policies/pack --yes"
