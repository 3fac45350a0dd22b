"""Clerk's webhook event types.

From the official description of webhook payloads (version 2025-04-15, `x-webhooks`), with
`apiKey.created`, which Clerk sends for its API keys feature and the description lacks.
"""

from __future__ import annotations

import re

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

KNOWN_EVENTS = frozenset(
    {
        "apiKey.created",
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
