"""`python3 -m local.machine.venv` with the real pip and uv, from an index that refuses first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from local.machine.again import PATIENCE_VARIABLE
from local.machine.engine.places import PROJECT
from local.machine.venv import LOCK
from tests.set_up.clients import rewheel, serve_wheel, variables, wheel
from tests.set_up.registry import Registry

RUN = """
import sys
from pathlib import Path
from local.machine import venv
sys.exit(venv.main(Path(sys.argv[1])))
"""
RULES = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "top"
version = "1"

[tool.setuptools]
py-modules = ["top"]
"""


def test_the_packages_come_from_the_index_of_pips_settings_after_it_refused(
    registry: Registry, tmp_path: Path
) -> None:
    folder = tmp_path / "top"
    folder.mkdir()
    (folder / "top.py").write_text("")
    (folder / "pyproject.toml").write_text(RULES)
    lock = [serve_wheel(registry, "tiny", "1.0", wheel("tiny", "1.0"))]
    for name in ("setuptools", "uv"):
        version, content = rewheel(name)
        lock.append(serve_wheel(registry, name, version, content))
    (folder / LOCK).write_text("".join(lock))
    registry.besides = {
        f"/files/uv-{version}-py3-none-any.whl": [403, "reset"],
        "/files/tiny-1.0-py3-none-any.whl": [503],
    }
    # Only in pip's file, with a password: uv needs it as an argument.
    index = registry.url.replace("//", "//me:secret@") + "/simple/"
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[global]\nindex-url = {index}\n")
    environ = variables(registry, tmp_path / "home")
    del environ["PIP_INDEX_URL"]
    environ |= {"PIP_CONFIG_FILE": str(settings), "PYTHONPATH": str(PROJECT)}
    environ[PATIENCE_VARIABLE] = "0.1"

    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(folder)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "not with uv" not in ran.stderr
    assert [ran.stderr.count(f"{part}: ") for part in ("uv", "the packages")] == [2, 1]
    assert None not in registry.users
    assert "secret" not in ran.stderr
    look = "import tiny, top; print(tiny.__file__, top.__file__)"
    python = [str(folder / ".venv" / "bin" / "python"), "-c", look]
    shown = subprocess.run(
        python, cwd=tmp_path / "home", capture_output=True, text=True, check=True
    )
    tiny, top = map(Path, shown.stdout.split())
    assert folder / ".venv" in tiny.parents
    assert top == folder / "top.py"
