"""What the Backend API answers of billing: plans as sold, who subscribes to them."""

from __future__ import annotations

from clerkstack.clients.answers import Answer


class Money(Answer):
    """An amount in cents (CommerceMoneyResponse)."""

    amount: int
    currency: str


class BackendFeature(Answer):
    """A feature as sold (FeatureResponse)."""

    id: str
    slug: str
    name: str


class BackendPlan(Answer):
    """A plan as sold (CommercePlan)."""

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
    """Any page, for the number of all that there are."""

    total_count: int
