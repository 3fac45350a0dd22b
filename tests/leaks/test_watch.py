"""What is watched while a command runs: every place is really seen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clock import wait_until
from tests.forks import Forks
from tests.leaks.search import Planted
from tests.leaks.watch import Clean, Program, Watch, in_files

SECRET = "Qm7xV2kLp9sTr4wZb1nY6hJc"
PLANTED = Planted([("planted", SECRET)])

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux only: /proc")


WAIT = "input()"


@contextmanager
def python(code: str, *words: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A program with these arguments; if it reads its input, it waits until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.communicate("\n")


def looked(watch: Watch) -> None:
    """Wait until everything that exists now was looked at."""
    looks = watch.looks
    wait_until(lambda: watch.looks > looks + 1)


def named(watch: Watch, word: str) -> bool:
    """Whether a program with this word was seen."""
    return any(word in program.arguments for program in watch.programs)


def nobody(_program: Program, _secret: str) -> bool:
    return False


def test_arguments_of_a_process_are_seen(tmp_path: Path) -> None:
    with Watch(PLANTED, tmp_path) as watch, python(WAIT, "--key", SECRET):
        wait_until(watch.in_arguments)

    assert [each.endswith("planted (as it is)") for each in watch.in_arguments()] == [True]


def test_a_process_of_a_process_is_seen_with_its_environment(tmp_path: Path) -> None:
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WAIT!r}, 'inner'])"
    with Watch(PLANTED, tmp_path) as watch, python(outer, "outer", KEY=SECRET):
        wait_until(lambda: named(watch, "inner"))

    found = watch.in_environments(nobody)
    assert [each for each in found if "inner" in each]
    assert [each for each in found if "outer" in each]
    assert not watch.in_environments(lambda program, secret: secret == "planted")
    assert watch.in_arguments() == []


def test_what_a_fork_is_asked_for_and_what_it_starts_are_seen(tmp_path: Path, forks: Forks) -> None:
    script = tmp_path / "outer.py"
    inner = f"[sys.executable, '-c', {WAIT!r}, 'inner']"
    script.write_text(f"import subprocess, sys; subprocess.run({inner}, env={{'KEY': {SECRET!r}}})")
    forked = [forks.environment / "bin" / "python", script, f"--key={SECRET}"]
    with (
        Watch(PLANTED, tmp_path) as watch,
        subprocess.Popen(forked, stdin=subprocess.PIPE, text=True) as process,
    ):
        watch.follow(process.pid, forks.pid)
        wait_until(lambda: named(watch, "inner"))
        process.communicate("\n")

    assert [each for each in watch.in_arguments() if "outer.py" in each]
    assert [each for each in watch.in_environments(nobody) if "inner" in each]


def test_what_a_process_becomes_is_seen(tmp_path: Path) -> None:
    become = "import os; os.execv('/bin/cat', ['cat', '-'])"
    with Watch(PLANTED, tmp_path) as watch, python(become, "first"):
        wait_until(lambda: named(watch, "cat"))

    assert any(program.name.startswith("cat") for program in watch.programs)


def test_who_ran_before_is_not_watched(tmp_path: Path) -> None:
    with python(WAIT, SECRET), Watch(PLANTED, tmp_path) as watch:
        looked(watch)

    assert watch.programs == []


# Written, looked at, and gone.
WRITE = """
import os, sys
folder, mode, folder_mode, text = sys.argv[1:]
os.umask(0)
os.makedirs(folder, exist_ok=True); os.chmod(folder, int(folder_mode, 8))
file = os.path.join(folder, 'f')
with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY, int(mode, 8)), 'w') as out:
    out.write(sys.stdin.readline())
print(flush=True)
sys.stdin.read(); os.remove(file)
"""


@pytest.mark.parametrize(
    ("mode", "folder_mode", "loose"),
    [("644", "755", True), ("640", "755", True), ("600", "755", False), ("644", "700", False)],
)
def test_a_temporary_file_that_others_can_read_is_seen(
    tmp_path: Path, mode: str, folder_mode: str, loose: bool
) -> None:
    words = (str(tmp_path / "a"), mode, folder_mode, "-")
    with Watch(PLANTED, tmp_path) as watch, python(WRITE, *words) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"key: {SECRET}\n")
        process.stdin.flush()
        process.stdout.readline()
        looked(watch)

    assert watch.files == 1
    assert not (tmp_path / "a" / "f").exists()
    assert bool(watch.loose) is loose
    if loose:
        assert watch.loose[0].startswith("a/f -rw-r")
        assert SECRET not in watch.loose[0]


def test_files_that_stay_are_searched(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "x.json.bak").write_text(f'{{"k": "{SECRET}"}}')
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "left out").write_text(SECRET)
    (tmp_path / "link").symlink_to(tmp_path / ".venv")

    (found,) = in_files(PLANTED, [tmp_path], without=(".venv",))
    assert "x.json.bak: planted" in found


def test_a_file_is_searched_anew_when_it_was_written_to_and_a_leak_is_reported_each_time(
    tmp_path: Path,
) -> None:
    clean, file = Clean(), tmp_path / "log"
    file.write_text(f"key: {SECRET[::-1]}")
    assert in_files(PLANTED, [tmp_path], clean=clean) == []
    assert clean.is_as_it_was(file)

    before = file.stat()
    file.write_text(f"key: {SECRET}")  # as long as before, with the old time
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    for _ in range(2):
        assert len(in_files(PLANTED, [tmp_path], clean=clean)) == 1
