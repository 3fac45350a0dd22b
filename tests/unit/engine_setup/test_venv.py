"""`python3 -m local.venv` with a made-up Python: nothing is installed anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.engine.places import PROJECT
from local.venv import LOCK
from tests.unit.engine_setup.test_interrupt import alive

RUN = """
import sys
from pathlib import Path
from local import venv
sys.executable = sys.argv[2]
sys.exit(venv.main(Path(sys.argv[1])))
"""

# `-m venv` makes a folder whose Python writes down how its pip is called; $WAIT holds either up.
PYTHON = """#!/bin/sh
echo "venv $4" >> "$JOURNAL"
[ -z "$VENV_WAITS" ] || { echo $$ > "$VENV_WAITS.pid"; read line < "$VENV_WAITS"; }
rm -rf "$4"
mkdir -p "$4/bin"
cp "$0.inside" "$4/bin/python"
printf '#!%s\\n' "$4/bin/python" > "$4/bin/pip"
"""

INSIDE = """#!/bin/sh
top=$(cd "$(dirname "$0")/.." && pwd)
case "$1" in
-c) echo "${PREFIX-$top}" ;;
*)
    [ -z "$PIP_WAITS" ] || { echo $$ > "$PIP_WAITS"; exec sleep 600; }
    for last; do :; done
    echo "pip $PIP_REQUIRE_VIRTUALENV $(basename "$last")" >> "$JOURNAL" ;;
esac
"""


@dataclass
class Checkout:
    root: Path
    folder: Path

    def start(self, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(self.folder), str(self.root / "python")],
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(PROJECT),
                "JOURNAL": str(self.root / "journal"),
                **environ,
            },
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, **environ: str) -> int:
        with self.start(**environ) as process:
            process.communicate(timeout=30)
        return process.returncode

    def journal(self) -> list[str]:
        """What was done since the last look."""
        file = self.root / "journal"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    def made(self) -> list[str]:
        """What the journal has of a virtual environment made from nothing."""
        return [f"venv {self.folder / '.venv'}", *self.renewed()]

    def renewed(self) -> list[str]:
        return [f"pip 1 {LOCK}", f"pip 1 {self.folder.name}"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    made = Checkout(tmp_path, tmp_path / "a checkout")
    made.folder.mkdir()
    for name in (LOCK, "pyproject.toml"):
        (made.folder / name).write_text("first")
    for name, text in (("python", PYTHON), ("python.inside", INSIDE)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return made


def test_it_is_made_once_and_renewed_when_the_lock_changes(checkout: Checkout) -> None:
    assert checkout.run() == 0
    assert checkout.journal() == checkout.made()

    assert checkout.run() == 0
    assert checkout.journal() == []

    (checkout.folder / LOCK).write_text("second")
    assert checkout.run() == 0
    assert checkout.journal() == checkout.renewed()


def test_a_second_set_up_waits_for_the_first_and_finds_its_work_done(checkout: Checkout) -> None:
    pipe = checkout.root / "pipe"
    os.mkfifo(pipe)
    os.mkfifo(f"{pipe}.pid")
    first = checkout.start(VENV_WAITS=str(pipe))
    Path(f"{pipe}.pid").read_text()  # the first one is at work

    second = checkout.start()
    assert second.stderr is not None
    said = second.stderr.readline()
    pipe.write_text("go on\n")
    first.communicate(timeout=30)
    second.communicate(timeout=30)

    assert "another set-up is at work in this folder; waiting for it" in said
    assert (first.returncode, second.returncode) == (0, 0)
    assert checkout.journal() == checkout.made()


def test_a_python_that_installs_elsewhere_is_not_used(checkout: Checkout) -> None:
    checkout.run()
    (checkout.folder / LOCK).write_text("second")
    checkout.journal()

    checkout.run(PREFIX="/usr")

    assert checkout.journal() == checkout.made()


def test_a_link_to_the_environment_of_another_project_is_left_alone(checkout: Checkout) -> None:
    checkout.run()
    checkout.journal()
    beside = Checkout(checkout.root, checkout.root / "beside")
    beside.folder.mkdir()
    for name in (LOCK, "pyproject.toml"):
        (beside.folder / name).write_text("second")
    (beside.folder / ".venv").symlink_to(checkout.folder / ".venv")

    assert beside.run() == 1
    assert beside.journal() == []


@pytest.mark.parametrize("bring", [Path.rename, lambda old, new: copy(old, new)])
def test_a_checkout_that_was_moved_or_copied_gets_its_own(
    checkout: Checkout, bring: Callable[[Path, Path], object]
) -> None:
    checkout.run()
    checkout.journal()
    moved = Checkout(checkout.root, checkout.root / "moved")
    bring(checkout.folder, moved.folder)

    assert moved.run() == 0
    assert moved.journal() == moved.made()
    assert moved.run() == 0
    assert moved.journal() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_pip_and_the_next_call_goes_on(
    checkout: Checkout, number: signal.Signals
) -> None:
    pipe = checkout.root / "pipe"
    os.mkfifo(pipe)
    setup = checkout.start(PIP_WAITS=str(pipe))
    pip = int(pipe.read_text())

    setup.send_signal(number)
    _, said = setup.communicate(timeout=30)

    assert setup.returncode == 130
    assert "the next call goes on from here" in said
    assert not alive(pip)
    checkout.journal()
    assert checkout.run() == 0
    assert checkout.journal() == checkout.renewed()


def test_what_was_interrupted_is_not_taken_for_done_when_the_lock_is_back(
    checkout: Checkout,
) -> None:
    checkout.run()
    (checkout.folder / LOCK).write_text("second")
    (checkout.folder / ".venv/bin/python").write_text(INSIDE.replace("*)", "*) exit 1"))
    assert checkout.run() == 1
    (checkout.folder / ".venv/bin/python").write_text(INSIDE)
    (checkout.folder / LOCK).write_text("first")
    checkout.journal()

    assert checkout.run() == 0
    assert checkout.journal() == checkout.renewed()


def copy(old: Path, new: Path) -> None:
    subprocess.run(["cp", "-a", str(old), str(new)], check=True)
