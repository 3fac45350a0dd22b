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
    description: str | None = None
    include_in_jwt: bool | None = None
    jwt_value: str | None = None
    publicly_visible: bool = True
    avatar_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What somebody can subscribe to.

    `amount` is cents a month billed monthly, `annual_monthly_amount` cents a month billed
    yearly. `features` holds the features of the plan it includes, then its own. A `default` plan
    is the one Clerk makes by itself for the payer; it is managed and never made or removed.
    """

    slug: str
    name: str
    amount: int
    annual_monthly_amount: int | None = None
    description: str | None = None
    features: tuple[str, ...] = ()
    free_trial_days: int | None = None
    publicly_visible: bool = True
    payer_type: Payer = Payer.ORG
    is_recurring: bool | None = None
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All features and plans, by slug, in the order of the file."""

    currency: str
    features: Mapping[str, Feature]
    plans: Mapping[str, Plan]
