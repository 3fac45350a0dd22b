"""Answers of the Backend API about billing: plans on sale, and their subscriptions."""

from __future__ import annotations

from clerkstack.clients.answers import Answer


class Money(Answer):
    """An amount in cents (CommerceMoneyResponse)."""

    amount: int
    currency: str


class BackendFeature(Answer):
    """A feature on sale (FeatureResponse)."""

    id: str
    slug: str
    name: str


class BackendPlan(Answer):
    """A plan on sale (CommercePlan)."""

    id: str
    slug: str
    name: str
    fee: Money | None
    annual_monthly_fee: Money | None
    is_default: bool
    publicly_visible: bool
    for_payer_type: str
    free_trial_enabled: bool
    free_trial_days: int | None
    features: tuple[BackendFeature, ...] = ()


class BackendPlans(Answer):
    """A page of plans (PaginatedCommercePlanResponse)."""

    data: tuple[BackendPlan, ...]
    total_count: int


class SubscriptionItem(Answer):
    """Somebody's subscription to a plan (CommerceSubscriptionItem)."""

    plan_id: str | None = None
    status: str


class SubscriptionItems(Answer):
    """A page of subscriptions (PaginatedCommerceSubscriptionItemResponse)."""

    data: tuple[SubscriptionItem, ...]
    total_count: int


class Counted(Answer):
    """Any page, for the total count."""

    total_count: int
