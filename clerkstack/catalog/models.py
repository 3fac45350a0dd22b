"""What a catalog holds. Amounts are whole cents a month; trials are days."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

SLUG = r"^[A-Za-z0-9_-]+$"  # Clerk: slug_invalid_format
AMOUNT_LIMIT = 99_999_999  # cents; an amount is below it (Clerk: plan_amount_exceeds_upper_limit)
LONGEST_TRIAL = 365  # days (Clerk: too_many_free_trial_days)

Slug = Annotated[str, Field(pattern=SLUG)]
Cents = Annotated[int, Field(ge=0, lt=AMOUNT_LIMIT)]


class Payer(Enum):
    """Who pays for a plan."""

    ORG = "org"
    USER = "user"


# What Clerk makes by itself where billing is switched on, by slug.
CLERKS_OWN = {"free_org": Payer.ORG, "free_user": Payer.USER}


class CatalogModel(BaseModel):
    """Strict and frozen: nothing is converted, nothing unknown is taken, nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Feature(CatalogModel):
    """Something a plan can include. None means: not managed, left as it is."""

    slug: Slug
    name: str
    description: str | None = None
    include_in_jwt: bool | None = None
    jwt_value: str | None = None
    publicly_visible: bool = True
    avatar_url: str | None = None


class Plan(CatalogModel):
    """What somebody can subscribe to.

    `amount` is cents a month billed monthly, `annual_monthly_amount` cents a month billed
    yearly. `features` holds the features of the plan it includes, then its own. A `default` plan
    is the one Clerk makes by itself for the payer; it is managed and never made or removed.
    """

    slug: Slug
    name: str
    amount: Cents
    annual_monthly_amount: Cents | None = None
    description: str | None = None
    features: tuple[str, ...] = ()
    free_trial_days: Annotated[int, Field(ge=1, le=LONGEST_TRIAL)] | None = None
    publicly_visible: bool = True
    payer_type: Payer = Payer.ORG
    is_recurring: bool | None = None
    default: bool = False


class Catalog(CatalogModel):
    """All features and plans, by slug, in the order of the file."""

    currency: str
    features: Mapping[str, Feature]
    plans: Mapping[str, Plan]
