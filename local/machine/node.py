"""`python3 -m local.machine.node`: fetch the parts of `parts.py` with npm and Go.

A part that is not older than its lock file stays. In CI (the variable CI), a missing part fails the
run; elsewhere the run continues, and the tests that need the part are skipped with the reason.
Standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local import parts
from local.machine import actionlint, again, github_description, operator_description
from local.machine.engine.official import Unusable
from local.machine.engine.places import Places
from local.machine.steps import CommandFailed, Steps, alone, interruptible
from local.parts import PROJECT, Part

SECONDS = 1800
_SHOWN = 400

Fetch = Callable[[Path, Mapping[str, str], Steps, float | None], None]
"""Fetches a part into a project: (project, environment, steps to report to, patience in seconds or
None for the default)."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How to find a part, and how to fetch it."""

    part: Part
    there: Callable[[Path], bool]
    fetch: Fetch


def main(project: Path = PROJECT, environ: Mapping[str, str] = os.environ) -> int:
    """Return exit code 0, 1 if a part is missing in CI, 130 if interrupted."""
    interruptible()
    steps = Steps("parts")
    missing = [way for way in WAYS if not _is_there(way, project)]
    try:
        if missing:
            with alone(project / ".local" / "node.lock", steps):
                missing = [way for way in missing if not _had(way, project, environ, steps)]
    except OSError as error:
        print(f"The set-up cannot continue: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the next call goes on from here", file=sys.stderr)
        return 130
    if missing and environ.get("CI"):
        lines = "\n".join(f"  {way.part.why_missing(project)}" for way in missing)
        print(f"In CI each part is required, and these are missing:\n{lines}", file=sys.stderr)
        return 1
    return 0


def _is_there(way: Way, project: Path) -> bool:
    """Return whether a part is there; if so, forget why it was missing."""
    there = way.there(project)
    if there:
        parts.forget(way.part, project)
    return there


def _had(way: Way, project: Path, environ: Mapping[str, str], steps: Steps) -> bool:
    if _is_there(way, project):
        return True
    # After one run has waited in vain, the next ones do not wait again.
    noted = way.part.name in parts.noted(project) and not environ.get("CI")
    try:
        if shutil.which(way.part.tool, path=environ.get("PATH", "")) is None:
            raise FileNotFoundError(f"there is no {way.part.tool} on PATH")
        way.fetch(project, environ, steps, 0 if noted else None)
        if _is_there(way, project):
            return True
        why = "it was fetched, but is missing"
    except (CommandFailed, OSError, ValueError, KeyError, tarfile.TarError, Unusable) as error:
        why = str(error)
    except subprocess.SubprocessError as error:
        why = f"{error} {getattr(error, 'stderr', None) or ''}"
    parts.note(way.part, why[:_SHOWN], project)
    steps.say(f"without {way.part.why_missing(project)}")
    return False


def _packages_in(folder: str, part: Part) -> Fetch:
    def fetch(
        project: Path, environ: Mapping[str, str], steps: Steps, patience: float | None
    ) -> None:
        steps.say(f"{part.title}: npm ci, no install scripts")
        again.run(
            steps,
            # No package needs its scripts (esbuild's only saves a start of node).
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            part=part.title,
            environ={**again.NPM, **environ},
            cwd=project / folder,
            limit=SECONDS,
            patience=patience,
        )

    return fetch


def _actionlint(
    project: Path, environ: Mapping[str, str], steps: Steps, patience: float | None
) -> None:
    actionlint.ensure(Places(project=project), environ, steps, patience)


def _installed(folder: Path) -> bool:
    """Return whether an install is complete: npm writes its own lock file last."""
    try:
        done = (folder / "node_modules" / ".package-lock.json").stat().st_mtime
        return done > (folder / "package-lock.json").stat().st_mtime
    except OSError:
        return False


WAYS = (
    Way(
        part=parts.VENDOR_CLIENTS,
        there=_installed,
        fetch=_packages_in(".", parts.VENDOR_CLIENTS),
    ),
    Way(
        part=parts.EXAMPLE,
        there=lambda project: _installed(project / "example"),
        fetch=_packages_in("example", parts.EXAMPLE),
    ),
    Way(
        part=parts.GITHUB,
        there=lambda project: github_description.file_in(project).exists(),
        fetch=github_description.fetch,
    ),
    Way(
        part=parts.OPERATOR,
        there=lambda project: operator_description.file_in(project).exists(),
        fetch=operator_description.fetch,
    ),
    Way(
        part=parts.ACTIONLINT,
        there=lambda project: actionlint.program_in(Places(project=project)).exists(),
        fetch=_actionlint,
    ),
)


if __name__ == "__main__":
    sys.exit(main())
