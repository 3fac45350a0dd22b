"""The switches of Clerk's API keys feature, as the Frontend API spells them
(Client.ApiKeysSettings), with the words of the dashboard."""

from __future__ import annotations

from clerkstack.reconcile.changes import JsonObject

FEATURE = "enabled"
FEATURE_SWITCH = "Enable API keys"
SWITCHES = {
    "orgs_api_keys_enabled": "Enable Organization API keys",
    "user_api_keys_enabled": "Enable User API keys",
}


def needed_switches(declared: JsonObject) -> JsonObject:
    """What has to be live for the declared switches to hold."""
    return {FEATURE: True, **declared} if True in declared.values() else declared
