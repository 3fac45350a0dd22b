"""Copies of the project share its caches of bytecode; copies of a copy its sources too."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
from pathlib import Path

from local.project import copy_file, link_file, write_source


def test_what_a_copy_compiles_anew_is_its_own(tmp_path: Path) -> None:
    project, copy = tmp_path / "project", tmp_path / "copy"
    project.mkdir()
    (project / "part.py").write_text("VALUE = 'first'\n")
    compileall.compile_dir(project, quiet=2)
    [cache] = project.glob("__pycache__/part.*.pyc")
    before = cache.read_bytes()

    shutil.copytree(project, copy, copy_function=copy_file)

    of_the_copy = copy / cache.relative_to(project)
    assert of_the_copy.samefile(cache)
    assert not (copy / "part.py").samefile(project / "part.py")
    write_source(copy / "part.py", "VALUE = 'other'\n")
    command = [sys.executable, "-c", "import part; print(part.VALUE)"]
    writes = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    assert subprocess.check_output(command, cwd=copy, text=True, env=writes) == "other\n"
    assert not of_the_copy.samefile(cache)
    assert cache.read_bytes() == before


def test_a_source_that_copies_share_is_written_for_one_of_them(tmp_path: Path) -> None:
    kept, copy = tmp_path / "kept.py", tmp_path / "copy.py"
    kept.write_text("VALUE = 'first'\n")
    link_file(str(kept), str(copy))
    assert copy.samefile(kept)

    write_source(copy, "VALUE = 'other'\n")

    assert (kept.read_text(), copy.read_text()) == ("VALUE = 'first'\n", "VALUE = 'other'\n")
