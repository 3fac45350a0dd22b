"""A run ends with one line for each missing thing that made tests skip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.machine.engine.places import PROJECT
from local.parts import EXAMPLE, GITHUB, note, noted
from tests.absent import pytest_terminal_summary, summary

TESTS = """
import pytest

from local.parts import Part
from tests.absent import absent

PART = Part(name="moon", title="the moon", tool="rocket")

@pytest.mark.parametrize("number", range(4))
def test_of_the_moon(number):
    absent(PART)

@pytest.mark.skipif(True, reason="no tide")
def test_of_the_sea():
    pass

def test_of_the_earth():
    pass
"""


def run(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_far.py").write_text(TESTS)
    (folder / "conftest.py").write_text("from tests.absent import pytest_terminal_summary\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    kept = {key: value for key, value in os.environ.items() if key not in ("CI", "PYTEST_ADDOPTS")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "xdist", *words],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(PROJECT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_was_skipped_is_reported_once(tmp_path: Path) -> None:
    ran = run(tmp_path, "-n", "2")

    assert ran.returncode == 0, ran.stdout
    _, _, end = ran.stdout.partition("skipped, and why")
    assert [line for line in end.splitlines() if "skipped:" in line] == [
        "1 test skipped: no tide",
        "4 tests skipped: the moon (moon): `make node` has not been run",
    ]


def test_it_is_reported_for_this_project(pytestconfig: pytest.Config) -> None:
    plugins = pytestconfig.pluginmanager.get_plugins()

    told = [getattr(plugin, "pytest_terminal_summary", None) for plugin in plugins]
    assert pytest_terminal_summary in told


def test_in_ci_nothing_is_skipped_for_a_missing_part(tmp_path: Path) -> None:
    ran = run(tmp_path, CI="true")

    assert ran.returncode == 1
    assert "4 failed, 1 passed, 1 skipped" in ran.stdout
    assert "the moon (moon): `make node` has not been run" in ran.stdout


def test_a_part_that_could_not_be_had_is_reported_though_no_test_wanted_it(tmp_path: Path) -> None:
    note(EXAMPLE, "npm said\n  no", tmp_path)
    note(GITHUB, "refused", tmp_path)
    reasons = [GITHUB.why_missing(tmp_path)] * 3

    assert list(noted(tmp_path)) == [EXAMPLE.name, GITHUB.name]
    assert summary(reasons, tmp_path) == [
        "3 tests skipped: GitHub's description of its API (github-api): refused",
        "0 tests skipped: the example app's packages (example): npm said no",
    ]
