"""Subscriptions to plans, in the form of the Backend API.

Undocumented, so decided here: a search ignores case and covers ids, the plan's name and its slug;
every subscription is monthly and active; a removed one is not listed.
"""

from __future__ import annotations

from collections.abc import Iterator

from local.world.clerk import errors
from local.world.clerk.billing import DEFAULT_PLANS, ENABLED
from local.world.clerk.models import Instance, Subscription, identifier
from local.world.clerk.plans import plans_json
from local.world.clerk.schema import Document

STATUSES = ("active", "ended", "past_due", "upcoming", "free_trial")
MONTH_MS = 30 * 24 * 3600 * 1000
MOST_PAYERS = 10_000
"""More would make every write slow, because it stores the complete state."""


def subscribe(instance: Instance, slug: str, payers: int, now_ms: int) -> None:
    """Give a plan so many subscribers; the newest are removed first, and the others keep their ids.

    Raises:
        ClerkError: there is no such plan.
        ValueError: the number is out of range.
    """
    if slug not in instance.config["billing"]["plans"]:
        raise errors.not_found("plan", slug)
    if not 0 <= payers <= MOST_PAYERS:
        raise ValueError(f"payers is from 0 to {MOST_PAYERS}")
    there = [subscription for subscription in instance.subscriptions if subscription.plan == slug]
    gone = {each.id for each in there[payers:]}
    instance.subscriptions = [
        subscription for subscription in instance.subscriptions if subscription.id not in gone
    ]
    prefix = instance.config["billing"]["plans"][slug]["payer_type"]
    for _ in range(payers - len(there)):
        made = Subscription(identifier("subi"), slug, identifier(prefix), now_ms)
        instance.subscriptions.append(made)


def subscribe_payer(instance: Instance, slug: str, payer_id: str, now_ms: int) -> Subscription:
    """Subscribe one payer to a plan, replacing the earlier subscription.

    Raises:
        ClerkError: there is no such plan.
    """
    if slug not in instance.config["billing"]["plans"]:
        raise errors.not_found("plan", slug)
    left = [
        subscription for subscription in instance.subscriptions if subscription.payer_id != payer_id
    ]
    made = Subscription(identifier("subi"), slug, payer_id, now_ms)
    instance.subscriptions = [*left, made]
    return made


def subscription_json(instance: Instance, organization: Document, now_ms: int) -> Document:
    """Return an organization's subscription as CommerceSubscription: to the default plan if there
    is no other.

    Raises:
        ClerkError: billing is off for organizations.
    """
    payer_id, made = organization["id"], organization["created_at"]
    slug = plan_of(instance, payer_id)
    if slug is None:
        raise errors.not_found("subscription of", payer_id)
    plan = next(document for document in plans_json(instance, "org") if document["slug"] == slug)
    held = [
        subscription for subscription in instance.subscriptions if subscription.payer_id == payer_id
    ]
    stem = payer_id.removeprefix("org_")
    item = held[-1] if held else Subscription(f"subi_{stem}", slug, payer_id, made)
    return {
        "object": "commerce_subscription",
        "id": f"sub_{stem}",
        "instance_id": instance.id,
        "status": "active",
        "payer_id": payer_id,
        "created_at": made,
        "updated_at": item.created_at,
        "active_at": item.created_at,
        "past_due_at": None,
        "subscription_items": [_item(instance, item, plan, now_ms)],
    }


def plan_of(instance: Instance, payer_id: str) -> str | None:
    """Return the plan of a payer: that of the newest subscription, or the default one; None without
    billing."""
    payer = payer_id.partition("_")[0]
    billing = instance.config["billing"]
    if not billing[ENABLED[payer]]:
        return None
    for subscription in reversed(instance.subscriptions):
        if subscription.payer_id == payer_id and subscription.plan in billing["plans"]:
            return subscription.plan
    default = DEFAULT_PLANS[payer]
    return default if default in billing["plans"] else None


def subscribed(instance: Instance) -> frozenset[str]:
    """Return the slugs of plans with subscribers."""
    return frozenset(subscription.plan for subscription in instance.subscriptions)


def items_json(
    instance: Instance,
    now_ms: int,
    *,
    status: str | None = None,
    payer: str | None = None,
    plan_id: str | None = None,
    include_free: bool = False,
    query: str = "",
) -> list[Document]:
    """List matching items as CommerceSubscriptionItem, newest first."""
    if status not in (None, "active"):
        return []
    plans = {
        plan["slug"]: plan
        for plan in plans_json(instance, payer)
        if plan_id in (None, plan["id"]) and (include_free or plan["has_base_fee"])
    }
    return [
        _item(instance, subscription, plans[subscription.plan], now_ms)
        for subscription in reversed(instance.subscriptions)
        if subscription.plan in plans
        and any(
            query.lower() in text.lower()
            for text in _searched(subscription, plans[subscription.plan])
        )
    ]


def _searched(subscription: Subscription, plan: Document) -> Iterator[str]:
    yield from (subscription.id, subscription.payer_id, plan["id"], plan["name"], plan["slug"])


def _item(instance: Instance, subscription: Subscription, plan: Document, now_ms: int) -> Document:
    months = max(0, now_ms - subscription.created_at) // MONTH_MS
    start = subscription.created_at + months * MONTH_MS
    return {
        "object": "commerce_subscription_item",
        "id": subscription.id,
        "instance_id": instance.id,
        "status": "active",
        "plan_id": plan["id"],
        "plan": plan,
        "plan_period": "month",
        "payer_id": subscription.payer_id,
        "is_free_trial": False,
        "created_at": subscription.created_at,
        "updated_at": subscription.created_at,
        "period_start": start,
        "period_end": start + MONTH_MS if plan["has_base_fee"] else None,
        "canceled_at": None,
        "past_due_at": None,
        "ended_at": None,
    }
