"""The event types of Clerk's webhooks, from its published description.

Source: `x-webhooks` of the webhooks' description, version 2025-04-15; tests/contract compares the
names with it. It lacks `apiKey.created`, which only Clerk's guide names: a world offers it on
request (`SvixBackend.offer`).
"""

from __future__ import annotations

_BY_OBJECT = {
    "email": "created",
    "organization": "created deleted updated",
    "organizationDomain": "created deleted updated",
    "organizationInvitation": "accepted created revoked",
    "organizationMembership": "created deleted updated",
    "paymentAttempt": "created updated",
    "permission": "created deleted updated",
    "role": "created deleted updated",
    "session": "created ended pending removed revoked",
    "sms": "created",
    "subscription": "active created pastDue updated",
    "subscriptionItem": (
        "abandoned active canceled ended freeTrialEnding incomplete pastDue upcoming updated"
    ),
    "user": "created deleted updated",
    "waitlistEntry": "created updated",
}
EVENT_TYPES = tuple(
    f"{thing}.{event}" for thing, events in _BY_OBJECT.items() for event in events.split()
)
