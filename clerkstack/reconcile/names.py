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
