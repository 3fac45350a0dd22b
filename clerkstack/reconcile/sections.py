"""Sections of the instance config as they count, named in the config or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from clerkstack.reconcile.changes import Json, JsonObject, object_at

# What Clerk does where the config does not name the field at all: no write is owed for it.
DEFAULTS: JsonObject = {"organization_settings": {"force_organization_selection": False}}


def with_defaults(sections: Mapping[str, Json]) -> JsonObject:
    """The live sections with what Clerk does where it names nothing."""
    whole = dict(sections)
    for section, fields in DEFAULTS.items():
        whole[section] = {**cast(JsonObject, fields), **object_at(sections, section)}
    return whole
