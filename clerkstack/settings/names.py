"""The names of settings, and how Pulumi passes them: for code that does not need the models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

PREFIX = "clerkstack:"
VERCEL_TOKEN = "vercel:apiToken"  # of the Vercel provider's own config
ALLOW_KEY = f"{PREFIX}allow"
SECRET_KEYS = (f"{PREFIX}platformKey", f"{PREFIX}secretKey", VERCEL_TOKEN)
CONNECTION_KEYS = (*SECRET_KEYS, f"{PREFIX}urls")

BUILT_IN_ROLES = ("org:admin", "org:member")
"""Clerk's own roles, which every instance has."""

CLERKS_PLANS = {"org": "free_org", "user": "free_user"}
"""The plan that Clerk itself creates when billing is turned on, by payer
(https://clerk.com/docs/guides/billing/overview)."""

CREATOR_NEEDS = frozenset(
    {"org:sys_memberships:manage", "org:sys_memberships:read", "org:sys_profile:delete"}
)
"""The permissions that the creator's role must have
(https://clerk.com/docs/organizations/creator-role)."""

SENDERO_ROLES = (*BUILT_IN_ROLES, "org:finance")
"""The roles of a stack that sets none."""

PARTS = ("organizations", "sign_in", "billing", "api_keys", "webhook", "environment")
"""The parts of a deployment; a stack can leave out any of them."""

VARIABLE_COMMENT = "Declared by clerkstack; change it there."
"""The comment at Vercel of every variable that a stack created."""

Step = str | int
"""A key or an index in the path of a setting."""


def config_value(text: str) -> JsonValue | str:
    """Parse a config value: Pulumi passes every value as text, objects and lists as JSON."""
    if text[:1] in ("{", "["):
        try:
            parsed: JsonValue = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return parsed
    return text
