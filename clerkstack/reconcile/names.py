"""What reports call the parts of an instance config."""

from __future__ import annotations

OAUTH_PREFIX = "connection_oauth_"
SECTIONS = {
    "organization_settings": "organizations",
    "session": "session token",
    "session_settings": "sessions",
}
BILLING_KINDS = {"plans": "plan", "features": "feature"}


def section_name(section: str) -> str:
    """A section as people know it."""
    return SECTIONS.get(section, section.replace(OAUTH_PREFIX, "OAuth "))


CLERKS_PLANS = {"org": "free_org", "user": "free_user"}
"""The plan that Clerk makes by itself where billing is switched on, by who pays
(https://clerk.com/docs/guides/billing/overview)."""
