"""Builds actionlint, the checker of GitHub's workflows, from its pinned Go module.

No registry has it as a binary. The build takes about ten seconds, once.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.machine import again
from local.machine.engine.build import FLAGS
from local.machine.engine.golang import fetch_go, find_go
from local.machine.engine.official import Unusable
from local.machine.engine.places import Places
from local.machine.steps import CommandFailed, Steps, alone

RECIPE = Path(__file__).parent
PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"
SECONDS_TO_BUILD = 900

# Without these, the result would depend on the tools of the machine.
WITHOUT_OTHERS = ("-shellcheck=", "-pyflakes=")


def program_in(places: Places) -> Path:
    """Return the path of the pinned version."""
    digest = hashlib.sha256((RECIPE / "go.mod").read_bytes() + (RECIPE / "go.sum").read_bytes())
    return places.local / "actionlint" / f"actionlint-{digest.hexdigest()[:12]}"


def ensure(
    places: Places, environ: Mapping[str, str], steps: Steps, patience: float | None = None
) -> Path:
    """Return the program; build it if it is missing or has another version.

    `patience`: seconds to wait if a module is refused; None is the default of local.machine.again.

    Raises:
        Unusable: no Go or no module is available, or the build fails.
    """
    program = program_in(places)
    if program.exists():
        return program
    folder = program.parent
    folder.mkdir(parents=True, exist_ok=True)
    with (
        alone(folder / "lock", steps),
        tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as made,
    ):
        if not program.exists():
            _build(Path(made), environ, places, steps, patience).replace(program)
    return program


def check(program: Path, files: Sequence[Path]) -> int:
    """Check workflows and print what is wrong. Return its exit code: 0 nothing, 1 something."""
    words = [str(program), *WITHOUT_OTHERS, *map(str, files)]
    return subprocess.run(words, check=False).returncode


def _build(
    workshop: Path,
    environ: Mapping[str, str],
    places: Places,
    steps: Steps,
    patience: float | None,
) -> Path:
    try:
        go = find_go(environ, places, workshop) or fetch_go(environ, places, workshop, steps)
        steps.say("building actionlint (once)")
        program = workshop / "actionlint"
        again.run(
            steps,
            [
                # The engine's flags, so that Go's own packages are compiled once for both.
                *(str(go.command), "build", *FLAGS),
                *("-o", str(program), PACKAGE),
            ],
            part="actionlint",
            environ=go.variables(environ, workshop),
            cwd=RECIPE,
            limit=SECONDS_TO_BUILD,
            patience=patience,
        )
    except (CommandFailed, OSError, subprocess.SubprocessError) as error:
        raise Unusable(f"actionlint can't be built from its Go module: {error}") from error
    return program
