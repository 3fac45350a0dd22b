"""The deployment as it was agreed, written down once more, apart from catalog and settings."""

from __future__ import annotations

FEATURES = (
    "additional_workspaces",
    "production_api_keys",
    "nanopayment_discount",
    "booking_take_rate_discount",
    "channel_whatsapp",
    "channel_slack",
    "mcp_server_public",
    "custom_webhooks",
    "audit_log_export",
    "priority_support",
    "sso_saml",
    "white_label",
    "custom_sla",
)

# slug: (cents a month, cents a month billed annually, trial days, public, number of features)
PLANS = {
    "free": (0, None, None, True, 0),
    "basic": (1900, 1500, None, True, 6),
    "pro": (6000, 5000, 14, True, 10),
    "enterprise": (150000, 125000, None, False, 13),
}

EVENTS = {
    "organization.created",
    "organization.updated",
    "organization.deleted",
    "organizationMembership.created",
    "organizationMembership.deleted",
    "user.created",
    "apiKey.created",
}

PATHS = {
    "NEXT_PUBLIC_CLERK_SIGN_IN_URL": "/sign-in",
    "NEXT_PUBLIC_CLERK_SIGN_UP_URL": "/sign-up",
    "NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL": "/dashboard",
    "NEXT_PUBLIC_CLERK_AFTER_SIGN_UP_URL": "/onboarding",
}
SECRETS = {"CLERK_SECRET_KEY", "CLERK_WEBHOOK_SECRET"}
VARIABLES = {*PATHS, *SECRETS, "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", "NEXT_PUBLIC_APP_URL"}


def features_of(plan: str) -> set[str]:
    """The features of a plan: each plan has the first so many."""
    return set(FEATURES[: PLANS[plan][4]])
