"""Rotates a stack's secrets again and again under continuous traffic, interrupts and refuses the
rotations at every moment, and prints the results as a table.

All rows take about two hours on 2 cores, `--only plain` a minute and a half; Ctrl-C prints the rows
so far. Exit codes: 0 all invariants held, 1 some did not (NOT HELD, below the table), 2 there is
nothing to run.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from clerkstack.cli.interrupts import ended_like_interrupt
from local.rotation.failing import failing
from local.rotation.judge import Cell, Row, judged
from local.rotation.rows import moments, others, plain, requests, signals, steps
from local.rotation.runs import own_requests, run
from local.rotation.testbed import RotationTestbed, deployed
from local.world.deployed import NotBuilt, build
from local.world.journal import Entry

GROUPS = ("plain", "abort", "two", "leak", "signal", "step", "request", "random", "fault")
WIDTH = 170  # columns, if the output is not a terminal


class Testbeds:
    """The deployment that the rows share. After a failed row, the next one gets a new
    deployment."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._stack = folder, ExitStack()
        self._bed: RotationTestbed | None = None
        self._made = 0

    def __enter__(self) -> Testbeds:
        """Begin without a deployment."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the deployment."""
        self._stack.close()

    def testbed(self) -> RotationTestbed:
        """Return the current deployment, or a new one."""
        if self._bed is None:
            _say("deploying production and its app")
            self._made += 1
            self._bed = self._stack.enter_context(deployed(self._folder / str(self._made)))
        return self._bed

    def spoiled(self) -> None:
        """Give the next row a new deployment."""
        self._stack.close()
        self._bed = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rows and print them."""
    options = _parser().parse_args(arguments)
    # They log every request, and every deployment of the app.
    for noisy in ("httpx", "local.world.deployed"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        build()
    except NotBuilt as error:
        print(f"rotation   {error}", file=sys.stderr)
        return 2
    _say(f"seed of the random moments: {options.seed}")
    cells: list[Cell] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Testbeds(Path(folder)) as testbeds,
        ended_like_interrupt(),
    ):
        try:
            rows = _wanted(testbeds, options.only or (), options.random, options.seed)
            for number, row in enumerate(rows, 1):
                _say(f"{number} of {len(rows)}  {row.group}: {row.name}")
                cell = _judged(testbeds, row)
                cells.append(cell)
                _say(f"{'held' if not cell.broken else 'NOT HELD':<8} {cell.seconds:5.1f} s")
        except KeyboardInterrupt:
            _say("interrupted: the rows so far")
    if not cells:
        print("rotation   no row was run; --help names the groups", file=sys.stderr)
        return 2
    if options.json:
        shown = [cell.to_json() for cell in cells]
        print(json.dumps({"seed": options.seed, "rows": shown}, indent=2))
    else:
        show(cells)
    return int(any(cell.broken for cell in cells))


def show(cells: Sequence[Cell]) -> None:
    """Print the table, and below it the broken invariants."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    table = Table("", "what happened", "the run", "next runs", "valid", "refused", "held")
    last = ""
    for cell in cells:
        if cell.group != last:
            table.add_section()
        table.add_row(
            cell.group if cell.group != last else "",
            escape(cell.name),
            escape(cell.run),
            str(cell.next_runs),
            str(cell.valid),
            str(cell.refused),
            "yes" if not cell.broken else "NO",
        )
        last = cell.group
    console.print(table)
    broken = [(cell, why) for cell in cells for why in cell.broken]
    for cell, why in broken:
        words = escape(f"NOT HELD  {cell.group}, {cell.name}: {why}")
        console.print(words, style="bold red")
    valid, others = sum(each.valid for each in cells), sum(each.others for each in cells)
    held = "all held" if not broken else f"{len({id(cell) for cell, _ in broken})} did not hold"
    console.print(
        f"{len(cells)} rows, {held}. {valid} valid requests, {others} that had to be refused."
    )


def _judged(testbeds: Testbeds, row: Row) -> Cell:
    began = time.monotonic()
    try:
        cell = judged(testbeds.testbed(), row)
    except (TimeoutError, RuntimeError, AssertionError, LookupError) as error:
        took = time.monotonic() - began
        cell = Cell(row.group, row.name, "", 0, 0, 0, 0, took, (f"{error}",))
    if cell.broken:
        testbeds.spoiled()
    return cell


def _wanted(testbeds: Testbeds, only: Sequence[str], count: int, seed: int) -> list[Row]:
    """Return the rows, in the order of the table. Some need the requests of a rotation first."""

    def is_wanted(row: Row) -> bool:
        return not only or any(each == row.group or each in row.name for each in only)

    rows = [*plain(), *others(), *signals(), *steps()]
    if not only or not set(only) <= {row.group for row in rows}:
        sent, seconds = _looked_at(testbeds)
        rows += [*requests(sent), *moments(count, seed, seconds), *failing(sent)]
    return list(filter(is_wanted, rows))


def _looked_at(testbeds: Testbeds) -> tuple[list[Entry], float]:
    """Return the requests of a rotation, and how long it takes under traffic."""
    testbed = testbeds.testbed()
    _say("looking at one rotation: what it sends, how long it takes")
    testbed.world.clear_journal()
    with testbed.traffic():
        ran = run(testbed)
    if ran.code:
        raise SystemExit(f"a rotation that nothing happens to failed: {ran.last_words}")
    return own_requests(testbed), ran.seconds


def _say(words: str) -> None:
    print(f"rotation   {words}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make rotation", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help=f"only these rows: a group ({', '.join(GROUPS)}) or a part of a row's name",
    )
    parser.add_argument("--random", type=int, default=5, metavar="N", help="random moments (5)")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments (1)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
