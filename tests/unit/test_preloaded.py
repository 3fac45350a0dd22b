"""A fork of the tests imports the project's modules from where its copy of the project is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.project import TOP, write_source
from tests.forks.preloaded import PACKAGES

TOLD = """
import json, sys
ready = len([name for name in sys.modules if name.startswith("clerkstack")])
import clerkstack.catalog
import clerkstack.safe, components
print(json.dumps({
    "ready": ready,
    "loaded": "clerkstack.drift.compare" in sys.modules,
    "files": [clerkstack.__file__, clerkstack.safe.__file__, components.__file__],
    "paths": [*clerkstack.__path__, *clerkstack.catalog.__path__],
    "planted": getattr(clerkstack.safe, "PLANTED", None),
    "specs": [clerkstack.safe.__spec__.origin, clerkstack.__spec__.submodule_search_locations[0]],
}))
"""

PATHS = """
import inspect, json
from policies import analyzer, judge
defaults = inspect.signature(judge.judge).parameters
paths = [judge.FOLDER, judge.WAIVERS, *(defaults[name].default for name in ("folder", "waivers"))]
print(json.dumps([str(path) for path in (*paths, analyzer.WAIVERS)]))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(TOP / package, tmp_path / package)
    (tmp_path / "told.py").write_text(TOLD)
    return tmp_path


def seen_by(python: str, copy: Path) -> dict[str, object]:
    shown: dict[str, object] = json.loads(
        subprocess.check_output([python, "told.py"], cwd=copy, text=True)
    )
    assert shown["ready"] == 0
    assert shown["files"] == [
        str(copy / "clerkstack/__init__.py"),
        str(copy / "clerkstack/safe.py"),
        str(copy / "components/__init__.py"),
    ]
    assert shown["paths"] == [str(copy / "clerkstack"), str(copy / "clerkstack/catalog")]
    assert shown["specs"] == [str(copy / "clerkstack/safe.py"), str(copy / "clerkstack")]
    return shown


def test_a_copy_as_it_was_made_has_them_at_once(python: str, copy: Path) -> None:
    assert seen_by(python, copy)["loaded"]


def test_files_are_looked_for_in_the_copy(python: str, copy: Path) -> None:
    (copy / "paths.py").write_text(PATHS)

    shown = json.loads(subprocess.check_output([python, "paths.py"], cwd=copy, text=True))

    folder, waivers = str(copy / "policies"), str(copy / "waivers.yaml")
    assert shown == [folder, waivers, folder, waivers, waivers]


@pytest.mark.parametrize("part", ["clerkstack/safe.py", "clerkstack/catalog/models.py"])
def test_a_copy_with_a_changed_file_imports_all_of_its_own(
    python: str, copy: Path, part: str
) -> None:
    file = copy / part
    write_source(file, file.read_text() + "\nPLANTED = 'here'\n")

    shown = seen_by(python, copy)

    assert not shown["loaded"]
    assert shown["planted"] == ("here" if file.stem == "safe" else None)


def test_a_new_file_counts_as_a_change(python: str, copy: Path) -> None:
    (copy / "components" / "of_a_test.py").write_text("")

    assert not seen_by(python, copy)["loaded"]


def test_a_folder_without_one_of_the_packages_imports_its_own(python: str, copy: Path) -> None:
    shutil.rmtree(copy / PACKAGES[-1])

    assert not seen_by(python, copy)["loaded"]


def test_a_module_is_run_as_without_forks(python: str, copy: Path) -> None:
    shown = [
        subprocess.run(
            [each, "-m", "clerkstack", "--version"],
            cwd=copy,
            capture_output=True,
            text=True,
            check=True,
        )
        for each in (python, sys.executable)
    ]

    assert (shown[0].stdout, shown[0].stderr) == (shown[1].stdout, shown[1].stderr)


def test_what_is_a_process_of_its_own_is_run_from_the_copy(python: str, copy: Path) -> None:
    words = [python, "-u", "-m", "clerkstack.dynamic", "127.0.0.1:9"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, cwd=copy, text=True, **pipes) as serving:
        assert serving.stdout is not None
        port = serving.stdout.readline()
        serving.kill()
        _, said = serving.communicate()

    assert port.strip().isdigit()
    assert said == ""
