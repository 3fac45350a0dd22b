"""Words by which a file of an app is recognized: claims, Clerk's events and variables."""

from __future__ import annotations

import re

IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
"""A name of JavaScript."""

RESOURCES = (
    *("apiKey", "email", "organization", "organizationDomain", "organizationInvitation"),
    *("organizationMembership", "paymentAttempt", "permission", "role", "session", "sms"),
    *("subscription", "subscriptionItem", "user", "waitlistEntry"),
)
"""The resources of Clerk's events (clerkstack.settings.events has the events)."""

OF_EVENTS = "|".join(sorted(RESOURCES, key=len, reverse=True))

NAME = r"(?:[A-Z][A-Z0-9]*_)*(?:CLERK_[A-Z0-9_]+|APP_URL|WEBHOOK_SECRET|SIGNING_SECRET)"
"""A pattern for the names of relevant variables, including all of
clerkstack.settings.variable_names.
"""

CLAIMED = (
    rb"sessionClaims|pla|fea|rol|org_?[rR]ole|org_?[pP]ermissions|\w*[mM]embership\w*"
    rb"|\w*BillingSubscription|subscriptionItems|useSubscription|usePlans|getPlanList"
    rb"|plan\??\.slug"
)
"""A pattern for the names of session claims, and of objects with claims."""

GIVEN = "="
"""The prefix of a wanted name that returns a claim; alone, it marks a file with a function that
receives one: see `looking.look`."""
