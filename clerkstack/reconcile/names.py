"""The names of the parts of an instance config in reports."""

from __future__ import annotations

OAUTH_PREFIX = "connection_oauth_"
SECTIONS = {
    "organization_settings": "organizations",
    "session": "session token",
    "session_settings": "sessions",
}
BILLING_KINDS = {"plans": "plan", "features": "feature"}


def section_name(section: str) -> str:
    """A section's name in reports."""
    return SECTIONS.get(section, section.replace(OAUTH_PREFIX, "OAuth "))


CLERKS_PLANS = {"org": "free_org", "user": "free_user"}
"""The plan that Clerk itself creates when billing is turned on, by payer
(https://clerk.com/docs/guides/billing/overview)."""
