"""A made-up project with a Pulumi that only writes down how it is called."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.machine.engine.places import PROJECT
from local.world import background
from local.world.store import Home, Urls

RUN = """
import sys
from pathlib import Path
from local.machine.engine import Places
from local.stack import main
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
        with self.start(*arguments, **environ) as process:
            out, err = process.communicate(timeout=180)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """A call of the set-up's command that is not waited for."""
        recipes = str(PROJECT / "local" / "machine" / "engine")
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(self.folder), recipes, *arguments],
            env={
                "PATH": f"{self.root / 'bin'}:/usr/bin:/bin",
                "PYTHONPATH": str(PROJECT),
                "JOURNAL": str(self.root / "journal"),
                **environ,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

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


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    for name, text in (("pulumi", PULUMI), ("pulumi-language-python", "#!/bin/sh\n")):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    made = Project(tmp_path)
    made.folder.mkdir()
    # A port that was free a moment ago; where it is not any more, the world takes others.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    declare_port(made, port)
    yield made
    background.stop(made.home)


def declare_port(project: Project, port: int) -> None:
    project.stack_file.write_text(
        "# kept\nconfig:\n  clerkstack:urls:\n"
        f"    platform: http://127.0.0.1:{port + 1} # kept too\n"
    )


UP = "pulumi up --stack local --policy-pack policies/pack --yes"
