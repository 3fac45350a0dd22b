"""The next write of the config, sent as a dry run: what Clerk says to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from clerkstack.desired.billing import declared_billing
from clerkstack.desired.refusals import billing_refusals
from clerkstack.desired.sections import organization_settings, sign_in_sections
from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.billing import billing_plan, live_groups
from clerkstack.reconcile.changes import Change, changes_between
from clerkstack.reconcile.ledger import Ledger, billing_holding, needed_by_others
from clerkstack.reconcile.sections import with_defaults
from clerkstack.reconcile.sharing import Sharing
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import Json, JsonObject, as_object
from clerkstack.state.neighbours import neighbours

if TYPE_CHECKING:
    from clerkstack.catalog.models import Catalog
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.models import Settings
    from clerkstack.state.known import Known


def try_write(
    stack: str,
    settings: Settings,
    catalog: Catalog,
    known: Known,
    live: LiveInstance,
    progress: Callable[[str], None],
) -> tuple[WritePlan, Mapping[str, Json]]:
    """What the next `pulumi up` would write of the config, and the config as Clerk says that it
    would be then.

    Args:
        stack, settings, catalog, known: what the stack declares, and what its state knows.
        live: its instance.
        progress: gets each step as it begins.

    Raises:
        ClerkstackError: it would be refused before anything is sent.
        NotADryRun: Clerk's answer does not say that nothing was written.
        ApiError, Unreachable, UnexpectedAnswer: Clerk refuses it, or cannot be reached.
    """
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
        section = as_object(sections.get("billing"), "billing")
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
