"""`pulumi install`, as docs/production.md names it, installs the lock file and checks hashes.

The lock file here is tiny, and the test makes its packages: nothing is fetched. The plugins that
the command also installs would have to be fetched, and are left out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from local.project import TOP, copy_project

pytestmark = pytest.mark.engine

NAME = "sendero_locked"
VERSION = "4.2.0"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder of wheels: the locked one, and those that an older language host installs."""
    made = tmp_path / "shelf"
    made.mkdir()
    for name, version in ((NAME, VERSION), ("setuptools", "999.0"), ("wheel", "999.0")):
        wheel(made, name, version)
    return made


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The project as checked out, without the results of the set-up."""
    made = copy_project(tmp_path / "project")
    (made / ".venv").unlink()  # a link to the one of these tests
    shutil.copyfile(TOP / "requirements.txt", made / "requirements.txt")
    return made


def wheel(shelf: Path, name: str, version: str) -> Path:
    file = shelf / f"{name}-{version}-py3-none-any.whl"
    facts = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        packed.writestr(
            f"{facts}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        packed.writestr(
            f"{facts}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        packed.writestr(f"{facts}/RECORD", "")
    return file


def lock(checkout: Path, digest: str) -> None:
    (checkout / "requirements.lock").write_text(
        f"{NAME}=={VERSION} \\\n    --hash=sha256:{digest}\n"
    )


def install(checkout: Path, shelf: Path) -> subprocess.CompletedProcess[str]:
    (checkout / "state").mkdir()
    return subprocess.run(
        ["pulumi", "install", "--no-plugins", "--non-interactive"],
        cwd=checkout,
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("PIP_")},
            "PULUMI_BACKEND_URL": f"file://{checkout}/state",
            "PULUMI_HOME": str(checkout / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(shelf),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        },
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def environment(checkout: Path) -> Path:
    """Return where the packages went.

    That is `.venv`, as Pulumi.yaml says. A language host that reads it only from its command line,
    as that of an engine built here, uses the project's own folder.
    """
    (made,) = (at for at in (checkout / ".venv", checkout) if (at / "pyvenv.cfg").exists())
    return made


def test_the_packages_of_the_lock_file_are_installed(checkout: Path, shelf: Path) -> None:
    locked = shelf / f"{NAME}-{VERSION}-py3-none-any.whl"
    lock(checkout, hashlib.sha256(locked.read_bytes()).hexdigest())

    ran = install(checkout, shelf)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    python = environment(checkout) / "bin" / "python"
    look = [python, "-c", f"import {NAME}; print({NAME}.VERSION, {NAME}.__file__)"]
    version, file = subprocess.check_output(look, text=True).split()
    assert version == VERSION
    assert Path(file).is_relative_to(environment(checkout) / "lib")


def test_another_file_than_the_locked_one_is_refused(checkout: Path, shelf: Path) -> None:
    lock(checkout, hashlib.sha256(b"another file").hexdigest())

    ran = install(checkout, shelf)

    told = ran.stdout + ran.stderr
    assert ran.returncode != 0, told
    assert "DO NOT MATCH THE HASHES" in told
    python = environment(checkout) / "bin" / "python"
    missing = subprocess.run([python, "-c", f"import {NAME}"], capture_output=True, check=False)
    assert missing.returncode != 0
