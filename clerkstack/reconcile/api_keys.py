"""The switches of Clerk's API keys feature, as the Frontend API spells them
(Client.ApiKeysSettings), with the dashboard's words.

The name of the config section comes from an unreleased change of Clerk's own client: no live
instance has shown it.
"""

from __future__ import annotations

from collections.abc import Mapping

from clerkstack.reconcile.ownership import Past
from clerkstack.shapes import Json, JsonObject, as_object, as_objects

SECTION = "api_keys_settings"
GROUP = "the API key switches"
"""The name of the switches among what stacks share, in states too."""
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


def declared_switches(props: Mapping[str, Json]) -> JsonObject:
    """The switches in a resource's properties."""
    return as_object(props.get("switches"), "switches")


def past_of(props: Mapping[str, Json]) -> Past:
    """What a state or a record declares, and what was found. A state of an older version does not
    know what was found."""
    declared = declared_switches(props)
    groups = {GROUP: written_switches(declared)} if declared else {}
    return Past(groups, as_objects(props.get("before"), "before"))


def effective(switches: Mapping[str, Json]) -> JsonObject:
    """Which switches have an effect: those that are on, while the feature is on."""
    on = switches.get(FEATURE) is not False
    return {switch: on and switches.get(switch) is True for switch in SWITCHES}
