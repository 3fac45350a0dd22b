"""The switches of Clerk's API keys feature, as the Frontend API spells them
(Client.ApiKeysSettings), with the dashboard's words.

The name of the config section comes from an unreleased change of Clerk's own client: no live
instance has shown it.
"""

from __future__ import annotations

from clerkstack.shapes import JsonObject

SECTION = "api_keys_settings"
FEATURE = "enabled"
FEATURE_SWITCH = "Enable API keys"
ORGANIZATIONS = "orgs_api_keys_enabled"
SWITCHES = {
    ORGANIZATIONS: "Enable Organization API keys",
    "user_api_keys_enabled": "Enable User API keys",
}


def written_switches(declared: JsonObject) -> JsonObject:
    """What to write for the declared switches: a switch alone does not turn the feature on, and the
    last switch turns the feature off."""
    return {FEATURE: True in declared.values(), **declared}


def needed_switches(declared: JsonObject) -> JsonObject:
    """What must be live for the declared switches to take effect."""
    return {FEATURE: True, **declared} if True in declared.values() else declared
