"""Runs one row: does something to a rotation under traffic, and checks the invariants."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from local.rotation import invariants
from local.rotation.runs import Run, run
from local.rotation.testbed import VARIABLES, RotationTestbed, unchanged
from local.rotation.watch import Watch

KINDS = tuple(VARIABLES)
OVERLAP = 25  # hours, after which each replaced secret has expired
RUNS = 3  # the most runs to finish a rotation
AFTERWARDS = 1.0  # seconds of traffic after the old secrets have expired


@dataclass(frozen=True)
class Acted:
    """What a row did, in words, and the violations of its own conditions."""

    told: str
    broken: Sequence[str] = ()


@dataclass(frozen=True)
class Row:
    """What to do to a rotation, and the expected result.

    `results` are the new rotations in the history, `kinds` the rotated secrets, `mints` the number
    of mints. `locks_out` is for a leak: until the app is rebuilt, its users are refused.
    """

    group: str
    name: str
    act: Callable[[RotationTestbed], Acted]
    kinds: Sequence[str] = KINDS
    results: Sequence[str] = ("done",)
    mints: int = 1
    locks_out: bool = False


@dataclass(frozen=True)
class Cell:
    """The result of a row. `valid` requests were sent, `refused` of them; `others` are invalid
    requests; `broken` lists the violations."""

    group: str
    name: str
    run: str
    next_runs: int
    valid: int
    refused: int
    others: int
    seconds: float
    broken: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return asdict(self)


def judged(testbed: RotationTestbed, row: Row) -> Cell:
    """Run a row, finish the rotation, and check the invariants."""
    began = time.monotonic()
    before, history = testbed.secrets(), testbed.history()
    testbed.world.clear_journal()
    broken: list[str] = []
    with testbed.traffic() as traffic, Watch(testbed) as watch:
        acted = row.act(testbed)
        broken += acted.broken
        next_runs, unfinished = _completed(testbed, row, len(history))
        broken += unfinished
        testbed.app.settle()
        refused = len(traffic.mistaken(valid=True))
        if row.locks_out:
            traffic.forgive()
            watch.locked_out.clear()
        else:
            broken += [
                f"the old {kind} secret ended before its time"
                for kind in row.kinds
                if not testbed.accepts(kind, before.current[kind])
            ]
        after = testbed.secrets()
        mints = {kind: row.mints * (kind in row.kinds) for kind in KINDS}
        broken += invariants.minted(before, after, mints)
        broken += invariants.app_uses(testbed.used(str(testbed.app.deployment)), after.current)
        broken += invariants.in_history(history, testbed.history(), row.results, row.kinds)
        broken += unchanged(testbed)
        testbed.world.advance(OVERLAP)
        time.sleep(AFTERWARDS)
    broken += invariants.every_valid_request_answered(traffic)
    broken += invariants.every_other_request_refused(traffic)
    broken += invariants.nobody_locked_out(watch.locked_out, watch.looks)
    return Cell(
        row.group,
        row.name,
        acted.told,
        next_runs,
        traffic.count(valid=True),
        refused if row.locks_out else len(traffic.mistaken(valid=True)),
        traffic.count(valid=False),
        time.monotonic() - began,
        tuple(broken),
    )


def how_it_ended(ran: Run) -> str:
    """Return the result of a run in a few words."""
    if ran.struck:
        return f"interrupted after {ran.seconds:.1f} s, exit {ran.code}"
    if ran.code == 0:
        return f"done in {ran.seconds:.1f} s"
    return f"exit {ran.code}: {ran.last_words[:90]}"


def _completed(testbed: RotationTestbed, row: Row, known: int) -> tuple[int, list[str]]:
    """Run until the rotation is finished; return the number of runs, and what is wrong."""
    last = ""
    for number in range(RUNS + 1):
        if _is_over(testbed) and len(testbed.history()) - known >= len(row.results):
            return number, [f"it took {number} more runs: {last}"] if number > 1 else []
        if number < RUNS:
            again = run(testbed, "--wait", "120")
            last = again.last_words
            if any("Traceback" in line for line in again.lines):
                return number + 1, [f"the next run broke: {last}"]
    return RUNS, [f"the rotation is unfinished after {RUNS} more runs: {last}"]


def _is_over(testbed: RotationTestbed) -> bool:
    try:
        return bool(testbed.reported("--status")["over"])
    except RuntimeError:  # a truncated state cannot be read
        return False
