"""`clerkstack dry-run`: asks Clerk whether it would accept the next write of the config."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clerkstack.cli.exits import FOUND
from clerkstack.cli.remote import known_of, live_of, progress, reading
from clerkstack.cli.say import say
from clerkstack.cli.settings import stack_settings
from clerkstack.dry_run import try_write
from clerkstack.reconcile.changes import Change, not_shown
from clerkstack.reconcile.write import WritePlan


def dry_run(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack whose next write to try.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask Clerk whether it would accept the config that the next `pulumi up` writes.

    A preview only compares. Only Clerk knows whether it accepts the write: it may refuse because of
    the workspace's plan, slugs in use or plans with subscribers. The command sends one config write
    with dry_run=true. If the answer does not confirm the dry run, the command reports an alarm: it
    was a write. Roles, webhook and variables have no dry run. See docs/reconciliation.md.

    Exit codes: 0 Clerk would accept it and show it as declared, 1 Clerk would accept it but show
    something else, 2 bad input, 3 Clerk refuses it or cannot be reached.
    """
    from clerkstack.catalog.load import load_catalog

    settings = stack_settings(stack)
    catalog = load_catalog(Path(settings.catalog))
    known = known_of(stack)
    with reading(), live_of(settings) as live:
        plan, after = try_write(stack, settings, catalog, known, live, progress)
    lost = not_shown(plan.changes, after)
    if as_json:
        from clerkstack.report.operations import DryRunDocument, FieldToWrite

        document = DryRunDocument(
            stack=stack,
            application=settings.application_id,
            instance=settings.instance,
            changes=tuple(
                FieldToWrite(field=each.name, live=each.before, declared=each.after)
                for each in plan.changes
            ),
            destructive=plan.destructive,
            not_kept=tuple(change.name for change in lost),
        )
        say(document.text())
    else:
        _print(stack, plan, lost)
    if lost:
        raise typer.Exit(FOUND)


def _print(stack: str, plan: WritePlan, lost: list[Change]) -> None:
    for change in plan.changes:
        say(f"  {change}")
    for change in lost:
        say(f"error: Clerk would accept {change.name} but not show it as declared.", err=True)
    if not plan:
        say(f"{stack}: nothing would be written to the config.")
    elif not lost:
        removes = "and remove what is shown as → nothing" if plan.destructive else ""
        count = len(plan.changes)
        say(
            f"{stack}: Clerk would accept "
            f"{'this change' if count == 1 else f'these {count} changes'}{removes}. Nothing "
            "was written."
        )
