"""`clerkstack drift`: every difference between what a stack declares and what is live."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from clerkstack.catalog import load_catalog
from clerkstack.cli.engine import exported_stack, stack_settings
from clerkstack.cli.exits import FOUND
from clerkstack.cli.reading import read
from clerkstack.drift import Difference, Known, differences
from clerkstack.reconcile import Json

# Where the output is no terminal, nothing is cut or folded.
WIDE = 10_000


def drift(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack to compare.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare what a stack declares with what is live at Clerk, Svix and Vercel.

    Reads only. What the stack does not manage is not compared. A secret is never shown, and a
    sensitive variable's value can't be read: that it is there, sensitive and for the right target
    is what is compared.

    Exit codes: 0 no difference, 1 differences, 2 bad input, 3 a service failed.
    """
    settings = stack_settings(stack)
    catalog = load_catalog(Path(settings.catalog))
    deployment = exported_stack(stack).get("deployment") or {}
    known = Known.of(deployment.get("resources") or [])
    live = read(settings, known)
    found = differences(settings, catalog, live, known)
    if as_json:
        place = {"application": settings.application_id, "instance": settings.instance}
        shown = {"stack": stack, **place, "differences": [asdict(each) for each in found]}
        typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    elif found:
        _print(found)
        count = len(found)
        typer.echo(
            f"{stack}: {count} {'difference' if count == 1 else 'differences'}. To bring back what "
            f"is declared: pulumi up --refresh --stack {stack}. To keep what is live, declare it."
        )
    else:
        typer.echo(f"{stack}: no difference.")
    if found:
        raise typer.Exit(FOUND)


def _print(found: Sequence[Difference]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    table = Table("what", "field", "declared", "live", box=box.SIMPLE_HEAD)
    for each in found:
        cells = (each.thing, each.field, _shown(each.declared), _shown(each.live))
        # What a person typed in a dashboard is text, never markup.
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


def _shown(value: Json) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
