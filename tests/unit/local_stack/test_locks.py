from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.machine.engine import locks
from tests.unit.local_stack.conftest import UP, Project

# Stands in for the project's own program.
CLERKSTACK = """
import os, pathlib, shutil, sys
with open(os.environ["JOURNAL"], "a") as journal:
    print("clerkstack", *sys.argv[1:], file=journal)
state = pathlib.Path(os.environ["PULUMI_BACKEND_URL"].removeprefix("file://"))
shutil.rmtree(state / ".pulumi/locks")
sys.exit(int(os.environ.get("RECOVER_CODE", "0")))
"""


@pytest.fixture(autouse=True)
def _program(project: Project) -> None:
    file = project.folder / "clerkstack" / "__main__.py"
    file.parent.mkdir()
    file.write_text(CLERKSTACK)
    (file.parent / "__init__.py").touch()  # otherwise the one in the environment takes precedence


def lock(project: Project, pid: int, hostname: str | None = None) -> Path:
    """The lock of a `pulumi` that was killed, or is running, in the file backend."""
    folder = project.folder / ".local/state/.pulumi/locks/organization/clerkstack/local"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{pid}.json"
    said = {"pid": pid, "username": "me", "hostname": hostname or socket.gethostname()}
    file.write_text(json.dumps({**said, "timestamp": "2025-01-01T00:00:00Z"}))
    (folder / f"{file.name}.attrs").write_text("{}")
    return file


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program named `pulumi` that runs until its input ends."""
    program = tmp_path / "other" / "pulumi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho runs\nread line\n")
    program.chmod(0o755)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([str(program)], text=True, **pipes) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def ended() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@pytest.mark.parametrize("command", ["up", "preview", "down"])
def test_the_lock_of_a_killed_run_is_taken_away_first(project: Project, command: str) -> None:
    project.run("up")
    project.journal()
    left = lock(project, ended())

    ran = project.run(command)

    assert ran.returncode == 0, ran.stderr
    assert not left.exists()
    calls = project.journal()
    assert calls[0] == "clerkstack recover --stack local"
    assert calls[1].startswith(f"pulumi {command.replace('down', 'destroy')} ")
    assert "a killed run left the stack locked; recovering it" in ran.stderr


def test_a_recovery_that_fails_is_the_end(project: Project) -> None:
    project.run("up")
    project.journal()
    lock(project, ended())

    ran = project.run("up", RECOVER_CODE="4")

    assert ran.returncode == 4
    assert project.journal() == ["clerkstack recover --stack local"]


def test_a_number_that_is_another_programs_by_now_is_no_run(project: Project) -> None:
    project.run("up")
    lock(project, os.getpid())

    assert project.run("up").returncode == 0
    assert project.journal()[-1] == UP


@pytest.mark.parametrize("command", ["up", "preview", "down"])
def test_a_run_that_goes_on_is_left_alone(
    project: Project, other: subprocess.Popen[str], command: str
) -> None:
    project.run("up")
    project.journal()
    kept = lock(project, other.pid)
    lock(project, ended())

    ran = project.run(command)

    assert ran.returncode == 1
    assert f"another pulumi is at work on the stack `local`: process {other.pid}" in ran.stderr
    assert kept.exists()
    assert project.journal() == []


def test_a_lock_of_another_machine_is_reported_and_left_to_the_engine(project: Project) -> None:
    project.run("up")
    project.journal()
    kept = lock(project, ended(), hostname="elsewhere.test")

    ran = project.run("up")

    assert "of the machine elsewhere.test has the stack locked" in ran.stderr
    assert "bin/clerkstack recover --stack local" in ran.stderr
    assert kept.exists()
    assert project.journal() == [UP]


def test_a_killed_process_nobody_has_waited_for_is_not_at_work(
    other: subprocess.Popen[str],
) -> None:
    found = locks.Lock(pid=other.pid, hostname="here")
    before = found.at_work

    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)

    assert (before, found.at_work) == (True, False)


@pytest.mark.parametrize("text", ["", "[]", '{"pid": null, "hostname": "here"}'])
def test_a_lock_file_of_another_form_is_left_to_the_engine(project: Project, text: str) -> None:
    file = lock(project, 1)
    file.write_text(text)

    assert locks.find(project.folder / ".local/state", "clerkstack", "local") == []
