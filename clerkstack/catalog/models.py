"""What a catalog holds. Amounts are whole cents a month; trials are days.

Plain containers: `load` and `fields` check all that goes into them, and say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from clerkstack.reconcile.names import CLERKS_PLANS

SLUG = r"^[A-Za-z0-9_-]+$"  # Clerk: slug_invalid_format
AMOUNT_LIMIT = 99_999_999  # cents; an amount is below it (Clerk: plan_amount_exceeds_upper_limit)
LONGEST_TRIAL = 365  # days (Clerk: too_many_free_trial_days)


class Payer(Enum):
    """Who pays for a plan."""

    ORG = "org"
    USER = "user"


# What Clerk makes by itself where billing is switched on, by slug.
CLERKS_OWN = {slug: Payer(payer) for payer, slug in CLERKS_PLANS.items()}


@dataclass(frozen=True, kw_only=True)
class Feature:
    """Something a plan can include. None means: not managed, left as it is."""

    slug: str
    name: str
    """Shown to people."""
    description: str | None = None
    """Shown in Clerk's pricing table. Default: left as it is."""
    include_in_jwt: bool | None = None
    """The session token holds the feature. Default: left as it is."""
    jwt_value: str | None = None
    """What the token holds for it. Default: left as it is."""
    publicly_visible: bool = True
    """Shown in Clerk's pricing table."""
    avatar_url: str | None = None
    """An https URL of its picture. Default: left as it is."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What somebody can subscribe to.

    `features` holds the features of the plan it includes, then its own.
    """

    slug: str
    name: str
    """Shown to people. Two plans can't share one."""
    amount: int
    """Cents a month when billed monthly."""
    annual_monthly_amount: int | None = None
    """Cents a month when billed yearly; at most `amount`. Default: no annual price."""
    description: str | None = None
    """Shown in Clerk's pricing table. Default: left as it is."""
    features: tuple[str, ...] = ()
    """Slugs of features."""
    free_trial_days: int | None = None
    """1 to 365. Default: no trial."""
    publicly_visible: bool = True
    """Shown in Clerk's pricing table."""
    payer_type: Payer = Payer.ORG
    """Who pays."""
    is_recurring: bool | None = None
    """The plan renews by itself. Default: left as it is."""
    default: bool = False
    """This is the plan that Clerk creates by itself (`free_org`, `free_user`): managed, never
    created or removed."""


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All features and plans, by slug, in the order of the file."""

    currency: str
    features: Mapping[str, Feature]
    plans: Mapping[str, Plan]
