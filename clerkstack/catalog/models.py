"""The models of a catalog. Amounts are whole cents a month; trials are days.

`load` has the checks across fields and plans.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from clerkstack.catalog.fields import (
    Cents,
    Days,
    FeatureSlugs,
    Flag,
    Name,
    PaidBy,
    Payer,
    Text,
    Url,
)
from clerkstack.settings.names import CLERKS_PLANS

# The plans that Clerk itself creates when billing is switched on, by slug.
CLERKS_OWN = {slug: Payer(payer) for payer, slug in CLERKS_PLANS.items()}


class CatalogModel(BaseModel):
    """Strict and frozen: an unknown field or a value of another type is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Feature(CatalogModel):
    """Something that a plan can include. None means not managed: left as it is."""

    slug: str
    name: Name
    """Shown to people."""
    description: Text | None = None
    """Shown in Clerk's pricing table. Default: left as it is."""
    include_in_jwt: Flag | None = None
    """Add the feature to the session token. Default: left as it is."""
    jwt_value: Text | None = None
    """Its value in the session token. Default: left as it is."""
    publicly_visible: Flag = True
    """Shown in Clerk's pricing table."""
    avatar_url: Url | None = None
    """The https URL of its picture. Default: left as it is."""


class Plan(CatalogModel):
    """A plan to subscribe to.

    `features` has the features of the plan that it includes, then its own.
    """

    slug: str
    name: Name
    """Shown to people. Two plans cannot share one."""
    amount: Cents
    """Cents a month when billed monthly."""
    # Clerk shows no annual price if it is 0.
    annual_monthly_amount: Annotated[Cents, AfterValidator(lambda cents: cents or None)] | None = (
        None
    )
    """Cents a month when billed yearly; at most `amount`. Default: no annual price."""
    description: Text | None = None
    """Shown in Clerk's pricing table. Default: left as it is."""
    features: FeatureSlugs = ()
    """Slugs of features."""
    free_trial_days: Days | None = None
    """Days, 1 to 365. Default: no trial."""
    publicly_visible: Flag = True
    """Shown in Clerk's pricing table."""
    payer_type: PaidBy = Payer.ORG
    """Who pays."""
    is_recurring: Flag | None = None
    """The plan renews by itself. Default: left as it is."""
    default: Flag = False
    """This is the plan that Clerk itself creates (`free_org`, `free_user`): managed, never created
    or removed."""
    includes: Text | None = None
    """Another plan of the same payer, whose features this plan has too."""


class Catalog(CatalogModel):
    """All features and plans, by slug, in the order of the file."""

    currency: str
    features: dict[str, Feature]
    plans: dict[str, Plan]
