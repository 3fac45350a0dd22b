"""What a file of an app has in it where it speaks of claims, of Clerk's events, or of variables."""

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

CLAIMED = (
    rb"sessionClaims|pla|fea|rol|org_?[rR]ole|org_?[pP]ermissions|\w*[mM]embership\w*"
    rb"|\w*BillingSubscription|subscriptionItems|useSubscription|usePlans|getPlanList"
    rb"|plan\??\.slug"
)
"""What claims of a session are called, and what has such: words of a pattern."""

GIVEN = "="
"""Stands before the name of what gives a claim, and alone for a file with a function that is given
one: see `looking.look`."""
