"""The switches of Clerk's API keys feature that a stack's settings declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clerkstack.settings.models import ApiKeysSettings
    from clerkstack.shapes import JsonObject


def api_key_switches(settings: ApiKeysSettings) -> JsonObject:
    """Who may create API keys, as the Frontend API spells it (Client.ApiKeysSettings)."""
    return {
        "orgs_api_keys_enabled": settings.organization_enabled,
        "user_api_keys_enabled": settings.user_enabled,
    }
