"""The unit tests on each other Python that is on a machine."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from local.machine import pythons
from local.machine.pythons import Python

OWN = platform.python_version()
RELEASE = sys.version_info[:2]
NAME = f"python{RELEASE[0]}.{RELEASE[1]}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one test, a lock file and the environment made from it."""
    made = tmp_path / "project"
    (made / "tests" / "unit").mkdir(parents=True)
    (made / "tests" / "unit" / "test_one.py").write_text("def test_one():\n    assert True\n")
    # That plugin takes each process of pytest two seconds, here as in pyproject.toml.
    (made / "pytest.ini").write_text("[pytest]\naddopts = -p no:schemathesis\n")
    (made / pythons.LOCK).write_text("")
    folder = made / ".local" / "pythons" / OWN
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    inside = folder / "lib" / NAME / "site-packages"
    (inside / "these.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (folder / "clerkstack-lock").write_text(hashlib.sha256(b"").hexdigest())
    found = Python(program=Path(sys.executable), version=OWN)
    monkeypatch.setattr(pythons, "SUPPORTED", ((4, 1),))
    monkeypatch.setattr(pythons, "find", lambda release, environ: found)
    return made


def program(file: Path, *lines: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(("#!/bin/sh", *lines, "")))
    file.chmod(0o755)
    return file


def test_a_name_on_path_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "shims" / NAME, f"echo 'pyenv: {NAME}: command not found' >&2", "exit 127")
    real = program(tmp_path / "bin" / NAME, f'exec {sys.executable} "$@"')

    found = pythons.find(RELEASE, {"PATH": f"{tmp_path / 'shims'}:{real.parent}"})

    assert found == Python(program=real, version=OWN)


def test_one_that_pyenv_keeps_is_found(tmp_path: Path) -> None:
    folder = tmp_path / ".pyenv" / "versions" / OWN / "bin"
    real = program(folder / NAME, f'exec {sys.executable} "$@"')

    by_home = pythons.find(RELEASE, {"PATH": "", "HOME": str(tmp_path)})
    by_root = pythons.find(RELEASE, {"PATH": "", "PYENV_ROOT": str(tmp_path / ".pyenv")})

    assert by_home == by_root == Python(program=real, version=OWN)


def test_a_name_of_another_version_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "python3.99", f'exec {sys.executable} "$@"')

    assert pythons.find((3, 99), {"PATH": str(tmp_path), "HOME": str(tmp_path)}) is None


def test_one_line_reports_that_the_tests_pass(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pythons.main([], project) == 0

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"Python {OWN}: 1 passed")


def test_failures_are_reported_and_end_with_1(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "tests" / "unit" / "test_one.py"
    file.write_text("def test_one():\n    assert 'kept' == 'lost'\n")

    assert pythons.main([], project) == 1

    told = capsys.readouterr().out
    assert "assert 'kept' == 'lost'" in told
    assert told.splitlines()[-1].startswith(f"Python {OWN}: 1 failed")


def test_another_lock_makes_the_environment_anew(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / pythons.LOCK).write_text("# nothing is locked any more\n")

    assert pythons.main([], project) == 1

    assert "No module named pytest" in capsys.readouterr().out
    again = project / ".local" / "pythons" / OWN / "clerkstack-lock"
    assert again.read_text() == hashlib.sha256((project / pythons.LOCK).read_bytes()).hexdigest()


def test_a_python_that_is_not_here_and_the_own_one_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pythons, "SUPPORTED", (RELEASE, (3, 99)))
    monkeypatch.setenv("PATH", os.defpath)

    assert pythons.main([]) == 0

    own, other = capsys.readouterr().out.splitlines()
    assert (
        own
        == f"Python {'.'.join(map(str, RELEASE))}: the one of .venv, which `make test` runs with"
    )
    assert other == "Python 3.99: not on this machine"
