"""What is measured exists: a start for each command, checks in the app, records of test runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clerkstack.app.scan import scan
from local.measure import starts
from local.measure.__main__ import main
from local.measure.generated_app import CHECKS, FILES, write_app
from local.measure.scan import scan as measure_scan
from local.measure.suite import recorded
from tests import durations

TOP = Path(__file__).parents[3]
CONFTEST = """\
from tests import durations

def pytest_configure(config):
    durations.install(config)
"""
INI = "[pytest]\ntestpaths = cases\n"  # not tests: this suite's own are imported
FIRST = """\
import time

def test_passes():
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass

def test_fails():
    raise AssertionError
"""
SECOND = """\
import pytest

@pytest.fixture
def slow():
    import time
    time.sleep(0.2)

def test_skipped(slow):
    pytest.skip("so it is")

def test_passes(slow):
    pass
"""


def test_every_command_of_the_program_is_started() -> None:
    assert sorted(starts.own_commands()) == sorted(starts.WORDS)


def test_a_command_that_nobody_knows_how_to_start_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(starts, "WORDS", {"check": ()})

    with pytest.raises(LookupError, match="drift"):
        starts.own_commands()


def test_the_generated_app_asks_as_often_as_it_says(tmp_path: Path) -> None:
    write_app(tmp_path / "app", files=40, checks=12)

    found = scan(tmp_path / "app")

    assert (found.files, len(found.uses), found.unresolved) == (41, 12, ())
    assert {use.kind for use in found.uses} == {"plan", "feature"}
    with pytest.raises(ValueError, match="13 checks"):
        write_app(tmp_path / "none", files=12, checks=13)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite of two files that records as this one does."""
    for name, text in (
        ("pytest.ini", INI),
        ("cases/conftest.py", CONFTEST),
        ("cases/unit/test_first.py", FIRST),
        ("cases/test_second.py", SECOND),
    ):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(text)
    return tmp_path


def run(suite: Path, *words: str) -> None:
    own = ("--import-mode=importlib", "-p", "no:schemathesis", "-p", "no:cacheprovider")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *own, *words],
        cwd=suite,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr


def test_a_whole_run_is_recorded(suite: Path) -> None:
    run(suite, "-n", "2")

    found = recorded(suite / ".local" / "durations.json")

    assert found is not None
    assert (found.workers, found.passed, found.failed, found.skipped) == (2, 2, 1, 1)
    second, first = found.files
    assert (first.name, second.name) == ("cases/unit/test_first.py", "cases/test_second.py")
    assert (first.tests, second.tests) == (2, 2)
    # A fixture's time counts as the time of the tests that wait for it.
    assert second.seconds >= 0.4
    # The workers' own.
    assert found.cpu >= 0.3
    assert found.wall >= first.seconds >= 0.3


def test_a_run_that_stopped_is_not(suite: Path) -> None:
    run(suite, "-x")

    assert recorded(suite / ".local" / "durations.json") is None


@pytest.mark.parametrize(
    "chosen",
    [
        {"keyword": "passes"},
        {"markexpr": "engine"},
        {"lf": True},
        {"stepwise": True},
        {"collectonly": True},
        {"deselect": ["tests/unit"]},
        {"ignore": ["tests/unit"]},
        {"ignore_glob": ["*unit*"]},
    ],
    ids=str,
)
def test_a_run_of_some_tests_is_not(pytestconfig: pytest.Config, chosen: dict[str, Any]) -> None:
    assert set(chosen) < set(vars(pytestconfig.option))

    assert durations.is_whole(config(pytestconfig))
    assert not durations.is_whole(config(pytestconfig, **chosen))


def test_neither_is_one_of_a_folder_or_of_a_worker(pytestconfig: pytest.Config) -> None:
    folder, worker = config(pytestconfig), config(pytestconfig)
    folder.args = ["tests/unit"]
    worker.workerinput = {"workerid": "gw0"}

    assert not durations.is_whole(folder)
    assert not durations.is_whole(worker)


def config(real: pytest.Config, **chosen: Any) -> Any:
    """What pytest has of a whole run, and what was chosen besides."""
    return SimpleNamespace(
        option=SimpleNamespace(**{**vars(real.option), **durations.WHOLE, **chosen}),
        args=real.getini("testpaths"),
        getini=real.getini,
    )


def test_this_suite_records() -> None:
    conftest = (TOP / "tests" / "conftest.py").read_text()

    assert "durations.install(config)" in conftest
    assert recorded.__defaults__ == (TOP / ".local" / "durations.json",)
    assert durations.cpu_seconds() > 0


def test_a_part_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--only", "ups,nothing"])

    assert "there is no part nothing" in capsys.readouterr().err


def test_a_scan_is_told_apart_from_its_imports() -> None:
    said: list[str] = []

    found = measure_scan(1, said.append)

    assert said == ["scan of 500 files, round 1 of 1"]
    assert (found.files, found.checks) == (FILES + 1, CHECKS)
    assert found.unit[0] < found.nothing[0].cpu < found.whole[0].cpu
    assert 0 < found.nothing[0].mebibytes < found.whole[0].mebibytes
