"""Prints the table of `local.faults`."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial

from rich.console import Console
from rich.table import Table

from local.faults.matrix import Cell, cells, names

LEFT_OUT = (
    "Vercel's variables are missing here: the official Pulumi provider writes them, and "
    "`clerkstack recover` finishes what it leaves half-done."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all cells and print them; return 1 if an invariant does not hold."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "write", nargs="*", metavar="WRITE", help=f"these alone: {', '.join(names())}"
    )
    options = parser.parse_args(arguments)
    for each in options.write:
        if each not in names():
            parser.error(f"there is no write {each}: {', '.join(names())}")
    with _quiet(), tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        say = partial(print, "faults   ", file=sys.stderr)
        found = list(cells(say, options.write))
    if options.json:
        print(json.dumps([asdict(cell) for cell in found], indent=2))
    else:
        show(found)
    return int(any(cell.broken for cell in found))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the HTTP library's line for each request."""
    logger = logging.getLogger("httpx")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def show(found: Sequence[Cell]) -> None:
    """Print the table, and below it the broken invariants."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table("write", "what happened", "the run", "the next run", "destroy")
    last = ""
    for cell in found:
        if cell.operation != last:
            table.add_section()
        name = cell.operation if cell.operation != last else ""
        table.add_row(name, cell.day, cell.run, cell.next_run, cell.destroy)
        last = cell.operation
    console.print(table)
    broken = [(cell, why) for cell in found for why in cell.broken]
    for cell, why in broken:
        console.print(f"NOT HELD  {cell.operation}, {cell.day}: {why}", style="bold red")
    held = "every invariant held" if not broken else f"{len(broken)} not held"
    console.print(f"{len(found)} cases, {held}.\n{LEFT_OUT}")


if __name__ == "__main__":
    sys.exit(main())
