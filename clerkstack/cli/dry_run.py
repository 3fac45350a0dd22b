"""`clerkstack dry-run`: ask Clerk what it would say to the next write of the config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.cli.exits import FOUND
from clerkstack.cli.remote import known_of, live_of, progress, reading
from clerkstack.cli.say import say
from clerkstack.cli.settings import stack_settings
from clerkstack.desired.billing import declared_billing
from clerkstack.desired.refusals import billing_refusals
from clerkstack.desired.sections import organization_settings, sign_in_sections
from clerkstack.problems import ClerkstackError
from clerkstack.reconcile import Change, Json, JsonObject, WritePlan, changes_between
from clerkstack.reconcile.billing import billing_plan, live_groups
from clerkstack.reconcile.changes import not_shown, object_at
from clerkstack.reconcile.ledger import Ledger, billing_holding, needed_by_others
from clerkstack.reconcile.sections import with_defaults
from clerkstack.reconcile.sharing import Sharing
from clerkstack.state.neighbours import neighbours

if TYPE_CHECKING:
    from clerkstack.catalog import Catalog
    from clerkstack.settings import Settings
    from clerkstack.state.known import Known


def dry_run(
    stack: Annotated[
        str, typer.Option("--stack", "-s", help="The stack whose next write is tried.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask Clerk whether it would accept the config that the next `pulumi up` writes.

    A preview only compares. Whether Clerk accepts the write, only Clerk knows: limits of the
    workspace's plan, slugs in use, plans with subscribers. The command sends one config write with
    dry_run=true. If the answer does not confirm the dry run, the command reports an alarm: it was a
    write. Roles, webhook and variables have no dry run. See docs/reconciliation.md.

    Exit codes: 0 Clerk would accept it and show it as declared, 1 Clerk would accept it but show
    something else, 2 bad input, 3 Clerk refuses it or cannot be reached.
    """
    from clerkstack.catalog import load_catalog

    settings = stack_settings(stack)
    catalog = load_catalog(Path(settings.catalog))
    known = known_of(stack)
    with reading():
        plan, after = _tried(stack, settings, catalog, known)
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


def _tried(
    stack: str, settings: Settings, catalog: Catalog, known: Known
) -> tuple[WritePlan, Mapping[str, Json]]:
    """What would be written, and the config as Clerk says it would be then."""
    with live_of(settings) as live:
        progress("Clerk: config")
        document = live.session.config(settings.application_id, settings.instance)
        sections = dict(document.sections())
        plan = WritePlan(tuple(_changes(stack, settings, catalog, known, sections)))
        if not plan:
            return plan, sections
        progress("Clerk: dry run of the write")
        return plan, document.try_out(plan)


def _changes(
    stack: str, settings: Settings, catalog: Catalog, known: Known, sections: JsonObject
) -> list[Change]:
    use = settings.components
    declared: JsonObject = {}
    if use.sign_in:
        declared |= sign_in_sections(settings.sign_in)
    if use.organizations:
        declared["organization_settings"] = organization_settings(settings.organizations)
    changes = changes_between(declared, with_defaults(sections))
    if use.billing:
        section = object_at(sections, "billing")
        billing = declared_billing(settings, catalog)
        # Should Clerk take it for a write, it is one that may never be made.
        refused = list(billing_refusals(billing))
        if refused:
            raise ClerkstackError("\n".join(("Nothing was sent.", *refused)))
        desired, there = billing.groups, live_groups(section)
        undeclared = Ledger.of(known.billing).kept(there).undeclared(desired)
        others = _others(stack, settings) if undeclared else Sharing()
        gone = [group for group in undeclared if not needed_by_others(group, others)]
        changes += billing_plan(desired, there, gone=gone).changes
    return changes


def _others(stack: str, settings: Settings) -> Sharing:
    """What other stacks declare of billing, which stays for them."""
    found = neighbours(stack, settings.application_id, settings.instance)
    billing = ((neighbour.stack, neighbour.resource("Billing")) for neighbour in found)
    return Sharing(
        tuple(
            billing_holding(name, "", resource.outputs)
            for name, resource in billing
            if resource is not None
        )
    )


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
