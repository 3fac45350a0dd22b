"""The schema of an instance's config, as config/schema returns it, and its defaults.

The same schema checks writes and provides the values of a fresh instance (``default``). A section
with the default null is missing until one of its fields is set.
"""

from __future__ import annotations

import copy

from local.world.clerk.fields import SENSITIVE
from local.world.clerk.fields import (
    Document as Document,
)  # re-exported for modules that handle parts of it
from local.world.clerk.sections import API_KEYS, CUSTOM_OAUTH, OAUTH, SECTIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "https://clerk.com/schemas/platform-config/2025-01-01"
NOT_CLONED = (OAUTH, CUSTOM_OAUTH, "paths")
"""Prefixes of the sections that cloning an instance leaves at their defaults."""
MASK = "REDACTED"
"""The placeholder of a secret that is set: the vendor's tests have this one and "***", and no live
read is known. Writing it keeps the secret."""
ON_IN_DEVELOPMENT: Document = {
    "connection_oauth_google": {"enabled": True, "block_email_subaddresses": True}
}
"""The connections of a fresh development instance, with Clerk's shared credentials."""


def section_names(*, api_keys: bool) -> list[str]:
    """Return the names of the sections that an instance advertises."""
    return [name for name in SECTIONS if api_keys or name != API_KEYS]


def schema_of(names: list[str]) -> Document:
    """Return the JSON Schema of these sections, as config/schema does."""
    return {
        "$schema": DIALECT,
        "$id": ID,
        "type": "object",
        "additionalProperties": False,
        "properties": {name: SECTIONS[name] for name in names},
    }


def defaults_of(described: Document) -> Document:
    """Return the values of a fresh section, plan or feature, without fields that have no
    default."""
    values = {}
    for name, field in described.get("properties", {}).items():
        if "default" in field:
            values[name] = copy.deepcopy(field["default"])
        elif "properties" in field:
            values[name] = defaults_of(field)
    return values


def default_section(name: str) -> Document | None:
    """Return an untouched section."""
    described = SECTIONS[name]
    return None if described.get("default", ...) is None else defaults_of(described)


def fresh_config(environment: str) -> Document:
    """Return the config of an untouched instance."""
    config: Document = {name: default_section(name) for name in SECTIONS}
    if environment == "development":
        for name, fields in ON_IN_DEVELOPMENT.items():
            config[name] |= fields
    return config


def shown(value: Document | None, described: Document) -> Document | None:
    """Return a copy with a placeholder for each secret."""
    if value is None:
        return None
    visible: Document = {}
    for name, inner in value.items():
        field = field_of(described, name)
        if field.get(SENSITIVE):
            visible[name] = MASK if inner else ""
        elif isinstance(inner, dict):
            visible[name] = shown(inner, field)
        else:
            visible[name] = copy.copy(inner)
    return visible


def field_of(described: Document, name: str) -> Document:
    """Return the schema of a field, or of an entry of a map; empty if anything is allowed."""
    field: Document | None = described.get("properties", {}).get(name)
    entry = described.get("additionalProperties")
    return field or (entry if isinstance(entry, dict) else {})


def is_map(described: Document) -> bool:
    """Return whether an object may have any names."""
    return bool(described.get("additionalProperties"))
