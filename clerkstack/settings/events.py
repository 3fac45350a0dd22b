"""Clerk's webhook event types.

PUBLISHED_EVENTS are those of the official description of webhook payloads (version 2025-04-15,
`x-webhooks`; tests/contract compares them). Only Svix knows which of them an endpoint can have, for
each instance (v1.event-type.list).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from itertools import takewhile

EVENT_FORM = re.compile(r"[A-Za-z]+\.[A-Za-z]+")

SENDERO_EVENTS = (
    "organization.created",
    "organization.updated",
    "organization.deleted",
    "organizationMembership.created",
    "organizationMembership.deleted",
    "user.created",
    "apiKey.created",
)

# In Clerk's guide to API keys, but not in its description of webhooks.
UNPUBLISHED_EVENTS = frozenset({"apiKey.created"})

PUBLISHED_EVENTS = frozenset(
    {
        "email.created",
        "organization.created",
        "organization.deleted",
        "organization.updated",
        "organizationDomain.created",
        "organizationDomain.deleted",
        "organizationDomain.updated",
        "organizationInvitation.accepted",
        "organizationInvitation.created",
        "organizationInvitation.revoked",
        "organizationMembership.created",
        "organizationMembership.deleted",
        "organizationMembership.updated",
        "paymentAttempt.created",
        "paymentAttempt.updated",
        "permission.created",
        "permission.deleted",
        "permission.updated",
        "role.created",
        "role.deleted",
        "role.updated",
        "session.created",
        "session.ended",
        "session.pending",
        "session.removed",
        "session.revoked",
        "sms.created",
        "subscription.active",
        "subscription.created",
        "subscription.pastDue",
        "subscription.updated",
        "subscriptionItem.abandoned",
        "subscriptionItem.active",
        "subscriptionItem.canceled",
        "subscriptionItem.ended",
        "subscriptionItem.freeTrialEnding",
        "subscriptionItem.incomplete",
        "subscriptionItem.pastDue",
        "subscriptionItem.upcoming",
        "subscriptionItem.updated",
        "user.created",
        "user.deleted",
        "user.updated",
        "waitlistEntry.created",
        "waitlistEntry.updated",
    }
)

KNOWN_EVENTS = PUBLISHED_EVENTS | UNPUBLISHED_EVENTS


def near_event(event: str, known: Collection[str]) -> str | None:
    """The known event type that is closest to a name, None if none is close."""
    close = difflib.get_close_matches(event, sorted(known), n=1)
    return close[0] if close else None


def meant_event(event: str) -> str | None:
    """The known event type that a name misspells by one slip; None if it may be a new event type
    of Clerk's."""
    if event in KNOWN_EVENTS:
        return None
    return next((known for known in sorted(KNOWN_EVENTS) if _one_slip(event, known)), None)


def _one_slip(one: str, other: str) -> bool:
    """Whether two names differ only in case, or by one letter added, missing, wrong or swapped."""
    a, b = one.lower(), other.lower()
    at = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
    a, b = a[at:], b[at:]
    swapped = a[:2] == b[1::-1] and a[2:] == b[2:]
    return swapped or a[1:] == b[1:] or a[1:] == b or a == b[1:]
