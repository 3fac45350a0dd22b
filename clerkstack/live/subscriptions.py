"""Counts the subscribers of a plan or of a payer with the fewest requests.

All subscriptions count except ended ones: also those on trial, past due, or cancelled and paid
until the end of their period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient

ONE_BY_ONE = 3  # plans; for more, all subscriptions are read if that takes fewer requests
PAGE = 500  # subscriptions in one answer, at most


def subscribers_by_plan(backend: BackendClient, slugs: Sequence[str]) -> dict[str, int | None]:
    """The subscribers of each plan, None for a plan that Clerk does not list
    (GetCommercePlanList, GetCommerceSubscriptionItemList).

    Raises:
        ApiError, Unreachable, UnexpectedAnswer: the service refused or could not be reached.
    """
    ids = {plan.slug: plan.id for plan in backend.list_plans()}
    if len(slugs) > ONE_BY_ONE:
        every = backend.count_subscription_items()
        if every <= len(slugs) * PAGE:
            items = backend.list_subscription_items() if every else []
            held = Counter(item.plan_id for item in items if item.status != "ended")
            return {slug: held[ids[slug]] if slug in ids else None for slug in slugs}
    return {slug: _not_ended(backend, plan_id=ids[slug]) if slug in ids else None for slug in slugs}


def subscribers_by_payer(backend: BackendClient, payer: str) -> int:
    """The subscribers of all plans of one payer, `user` or `org`; raises as
    `subscribers_by_plan`."""
    return _not_ended(backend, payer_type=payer)


def _not_ended(backend: BackendClient, **which: str) -> int:
    every = backend.count_subscription_items(**which)
    return every - backend.count_subscription_items(**which, status="ended") if every else 0
