"""A table for people: in colour and as wide as the terminal, or plain where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clerkstack.reconcile import Json
from clerkstack.report.values import one_line
from clerkstack.safe import safe, visible

# Where the output is no terminal, nothing is cut or folded.
WIDE = 10_000


def print_table(
    headings: Sequence[str],
    groups: Iterable[Iterable[Sequence[Json]]],
    *,
    addresses: bool = False,
    width: int = WIDE,
) -> None:
    """Print groups of rows, a line between the groups. None is shown as a dash; addresses are
    whole only where a person asked for that. `width` is for where the output is no terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    people = console.is_terminal
    if not people:
        console = Console(width=width)
    table = Table(*headings, box=box.SIMPLE_HEAD)
    for group in groups:
        for row in group:
            # What a person typed in a dashboard is text, never markup.
            table.add_row(*(Text(_shown(cell, addresses=addresses)) for cell in row))
        table.add_section()
    if people:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    # The columns are padded: a file or another program has no use for that.
    for line in captured.get().splitlines():
        print(line.rstrip())


def _shown(value: Json, *, addresses: bool) -> str:
    text = one_line(value)
    # A line break in what somebody else wrote would be another row.
    return visible(safe(text, addresses=addresses), line=True)
