"""What a file of an app has in it where it speaks of Clerk's events, or of variables."""

from __future__ import annotations

RESOURCES = (
    *("apiKey", "email", "organization", "organizationDomain", "organizationInvitation"),
    *("organizationMembership", "paymentAttempt", "permission", "role", "session", "sms"),
    *("subscription", "subscriptionItem", "user", "waitlistEntry"),
)
"""What an event of Clerk's is of (clerkstack.settings.events has the events)."""

OF_EVENTS = "|".join(sorted(RESOURCES, key=len, reverse=True))

NAME = r"(?:[A-Z][A-Z0-9]*_)*(?:CLERK_[A-Z0-9_]+|APP_URL|WEBHOOK_SECRET|SIGNING_SECRET)"
"""What a variable is called that is looked for: so are all of clerkstack.settings.variable_names.
"""
