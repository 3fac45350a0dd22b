"""Tables for people: coloured and as wide as the terminal, or plain without a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clerkstack.report.values import one_line
from clerkstack.safe import safe, visible
from clerkstack.shapes import Json

# Without a terminal, nothing is cut or wrapped.
WIDE = 10_000


def print_table(
    headings: Sequence[str],
    groups: Iterable[Iterable[Sequence[Json]]],
    *,
    addresses: bool = False,
    width: int = WIDE,
) -> None:
    """Print groups of rows with a line between groups. None is shown as a dash; addresses are whole
    only if a person asked for it. `width` applies if the output is not a terminal."""
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
            # Text typed in a dashboard must not be read as markup.
            table.add_row(*(Text(_shown(cell, addresses=addresses)) for cell in row))
        table.add_section()
    if people:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    # Without the padding of the columns, which files and other programs don't need.
    for line in captured.get().splitlines():
        print(line.rstrip())


def _shown(value: Json, *, addresses: bool) -> str:
    text = one_line(value)
    # A line break in somebody else's text would start another row.
    return visible(safe(text, addresses=addresses), line=True)
