"""A table for people: in colour and as wide as the terminal, or plain where there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from clerkstack.reconcile import Json

# Where the output is no terminal, nothing is cut or folded.
WIDE = 10_000
NOTHING = "–"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_table(headings: Sequence[str], groups: Iterable[Iterable[Sequence[Json]]]) -> None:
    """Print groups of rows, a line between the groups. None is shown as a dash."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    people = console.is_terminal
    if not people:
        console = Console(width=WIDE)
    table = Table(*headings, box=box.SIMPLE_HEAD)
    for group in groups:
        for row in group:
            # What a person typed in a dashboard is text, never markup.
            table.add_row(*(Text(_shown(cell)) for cell in row))
        table.add_section()
    if people:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    # The columns are padded: a file or another program has no use for that.
    for line in captured.get().splitlines():
        print(line.rstrip())


def _shown(value: Json) -> str:
    if value is None:
        return NOTHING
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Nor is it a command to the terminal.
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
