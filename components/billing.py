"""Billing: the toggles, and the catalog's plans and features with their attachment."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from clerkstack.app.code import AppCode
from clerkstack.catalog.models import Catalog
from clerkstack.desired.billing import billing_inputs
from clerkstack.providers import billing
from clerkstack.settings.models import BillingSettings
from clerkstack.texts import counted
from components.base import Component, InstanceRef

STRIPE = (
    "clerkstack:billing.gateway is stripe. No API connects a Stripe account: a person must "
    "do it once for each instance, on the dashboard page Billing → Settings → Payment "
    "gateway (a production instance needs the company's own account, not the shared test "
    "gateway). Stripe offers what Clerk's gateway does not: ACH, tax-exempt invoices, custom "
    "terms. Plans, features and prices are declared here in both cases."
)


# The most checks that a warning lists.
NAMED = 5


class Billing(Component):
    """One resource, because Clerk keeps billing as one section that is written at once."""

    def __init__(
        self,
        name: str,
        ref: InstanceRef,
        settings: BillingSettings,
        catalog: Catalog,
        *,
        catalog_file: str,
        app: AppCode | None,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("Billing", name, ref, after)
        if settings.gateway == "stripe":
            pulumi.warn(STRIPE, self)
        if app is not None and app.unresolved:
            pulumi.warn(_unresolved(app), self)
        self.billing = billing.Billing(
            f"{name}-catalog",
            application_id=ref.application_id,
            environment=ref.environment,
            **billing_inputs(settings, catalog, app, catalog_file=catalog_file),
            opts=self.protected(),
        )
        self.owning.append(self.billing)
        self.register_outputs({})


def _unresolved(app: AppCode) -> str:
    count, more = counted(len(app.unresolved), "place"), len(app.unresolved) - NAMED
    lines = [f"  {use}" for use in app.unresolved[:NAMED]]
    if more > 0:
        lines.append(f"  and {more} more: bin/clerkstack check --stack {pulumi.get_stack()}")
    return (
        f"The app asks Clerk in {count} for something that cannot be known without running its "
        "code, so it was not checked:\n"
    ) + "\n".join(lines)
