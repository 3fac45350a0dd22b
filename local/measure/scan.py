"""What it costs to search an app's code for checks of plans and features."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from local.measure import command
from local.measure.generated_app import CHECKS, FILES, write_app
from local.measure.results import Cost, Part, Scan
from local.measure.starts import python_starts
from local.project import TOP


class Reading(Part):
    """What `reading` writes."""

    files: int
    checks: int
    mebibytes: float


def scan(count: int, say: Callable[[str], None]) -> Scan:
    """Search a generated app, and one with a single file, `count` times.

    Args:
        count: how many rounds.
        say: is given what is done as it begins.

    Raises:
        command.Failed: the code can't be read, or the checks were not found.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_app(folder / "whole")
        write_app(folder / "nothing", files=1, checks=0)
        unit, nothing, whole = [], [], []
        for number in range(count):
            say(f"scan of {FILES} files, round {number + 1} of {count}")
            unit += python_starts(1, TOP)
            nothing.append(_cost(folder / "nothing")[0])
            cost, reading = _cost(folder / "whole")
            if reading.checks != CHECKS:
                raise command.Failed(f"{reading.checks} checks were found of {CHECKS}")
            whole.append(cost)
    return Scan(
        files=reading.files,
        checks=reading.checks,
        unit=tuple(unit),
        nothing=tuple(nothing),
        whole=tuple(whole),
    )


def _cost(app: Path) -> tuple[Cost, Reading]:
    found = app.with_suffix(".json")
    words = (sys.executable, "-m", "local.measure.reading", str(app), str(found))
    cost = command.run(words, cwd=TOP, environ=os.environ)
    reading = Reading.model_validate_json(found.read_text())
    return cost.model_copy(update={"mebibytes": reading.mebibytes}), reading
