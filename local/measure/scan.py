"""Measures the search of an app's code for checks."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from clerkstack.app.looking import look
from local.measure import command
from local.measure.generated_app import CHECKS, FILES, write_app
from local.measure.results import Cost, Monorepo, Part, Scan
from local.measure.starts import python_starts
from local.project import TOP

MANY_FILES, MANY_CHECKS = 6000, 600
WALKED = (4, 8, 16, 32, 64)


class Reading(Part):
    """The output of `reading`."""

    files: int
    checks: int
    mebibytes: float


def scan(count: int, say: Callable[[str], None]) -> Scan:
    """Search a generated app, and one with a single file, `count` times.

    Args:
        count: how many rounds.
        say: called with each step as it begins.

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


def monorepo(count: int, say: Callable[[str], None]) -> Monorepo:
    """Search a large generated app, with an empty and a full cache, `count` times; also files with
    a recursive function that calls itself for each field of a tree.

    Raises:
        command.Failed: see `scan`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_app(folder / "whole", MANY_FILES, MANY_CHECKS)
        cold: list[Cost] = []
        warm: list[Cost] = []
        for number in range(count):
            for costs, state in ((cold, "nothing"), (warm, "all")):
                say(f"scan of {MANY_FILES} files, {state} kept, round {number + 1} of {count}")
                cost, reading = _cost(folder / "whole", folder / f"kept{number}")
                if reading.checks != MANY_CHECKS:
                    raise command.Failed(f"{reading.checks} checks were found of {MANY_CHECKS}")
                costs.append(cost)
    walks = tuple((fields, min(_walked(fields) for _ in range(count))) for fields in WALKED)
    return Monorepo(
        files=reading.files,
        checks=reading.checks,
        cold=tuple(cold),
        warm=tuple(warm),
        walks=walks,
    )


def walk_of(fields: int) -> str:
    """Return a function that walks a tree with so many fields, and calls `has` of a set."""
    rows = "".join(f"  if (n.f{each}) n.f{each} = walk(n.f{each})\n" for each in range(fields))
    return f"const S = new Set(['admin'])\nfunction walk(n) {{\n{rows}  return S.has(n.role)\n}}\n"


def _walked(fields: int) -> float:
    """Return the CPU seconds of the reader for one."""
    text = walk_of(fields).encode()
    began = time.process_time()
    look(text, ".ts")
    return time.process_time() - began


def _cost(app: Path, kept: Path | None = None) -> tuple[Cost, Reading]:
    found = app.with_suffix(".json")
    words = [sys.executable, "-m", "local.measure.reading", str(app), str(found)]
    environ = dict(os.environ)
    if kept is not None:
        words.append(str(kept))
        environ["XDG_STATE_HOME"] = str(kept)
    cost = command.run(words, cwd=TOP, environ=environ)
    reading = Reading.model_validate_json(found.read_text())
    return cost.model_copy(update={"mebibytes": reading.mebibytes}), reading
