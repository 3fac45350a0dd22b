"""The switches of Clerk's API keys feature, as the Frontend API spells them
(Client.ApiKeysSettings), with the words of the dashboard.

The section of the config is the one that a change of Clerk's own client names, which is not
released: no live instance has shown it.
"""

from __future__ import annotations

from clerkstack.reconcile.changes import JsonObject

SECTION = "api_keys_settings"
FEATURE = "enabled"
FEATURE_SWITCH = "Enable API keys"
ORGANIZATIONS = "orgs_api_keys_enabled"
SWITCHES = {
    ORGANIZATIONS: "Enable Organization API keys",
    "user_api_keys_enabled": "Enable User API keys",
}


def written_switches(declared: JsonObject) -> JsonObject:
    """What is written so that the declared switches hold: a switch alone does not turn the feature
    on, and with the last switch the feature goes off."""
    return {FEATURE: True in declared.values(), **declared}


def needed_switches(declared: JsonObject) -> JsonObject:
    """What has to be live for the declared switches to hold."""
    return {FEATURE: True, **declared} if True in declared.values() else declared
