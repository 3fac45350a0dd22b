"""actionlint, the checker of GitHub's workflows, built from its Go module where it is pinned.

In no registry is it as a binary. The build takes about ten seconds, once.
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

# Which of these a machine has would decide what is found.
WITHOUT_OTHERS = ("-shellcheck=", "-pyflakes=")


def program_in(places: Places) -> Path:
    """Where the pinned version is, or will be."""
    digest = hashlib.sha256((RECIPE / "go.mod").read_bytes() + (RECIPE / "go.sum").read_bytes())
    return places.local / "actionlint" / f"actionlint-{digest.hexdigest()[:12]}"


def ensure(
    places: Places, environ: Mapping[str, str], steps: Steps, patience: float | None = None
) -> Path:
    """The program; it is built where it is not there yet, or where another version was pinned.

    `patience`: seconds to wait where a module is refused; None as local.machine.again has it.

    Raises:
        Unusable: no Go and no module can be had, or the build fails.
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
    """Check workflows; what is wrong is printed. Its exit code: 0 nothing, 1 something."""
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
                # The engine's flags: Go's own packages are then compiled once for both.
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
