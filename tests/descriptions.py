"""The official API descriptions, for the tests that use them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from local.world.operations import APIS, read_description
from local.world.store import WorldError
from tests.absent import missing

TOP = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("API_SPECS", TOP.parent / "shared" / "specs"))

LIVE: dict[str, dict[str, dict[str, Any]]] = {
    "frontend": {
        "UserSettings.SignUp": {"mfa": {"type": "object"}},
        "UserSettings.Socials": {
            "oauth_vercel": {"$ref": "#/components/schemas/UserSettings.Social"}
        },
        "Client.OrganizationSettings": {
            "force_organization_selection": {"type": "boolean"},
            "organization_creation_defaults": {"type": "object"},
        },
    }
}
"""Fields in live answers that the description of the same day lacks, by schema."""


@cache
def document(api: str) -> dict[str, Any]:
    """Read a description, such as `platform`; skip if the folder is missing, but never in CI."""
    try:
        found = read_description(APIS[api], FOLDER)
    except WorldError:
        without_descriptions()
    for schema, fields in LIVE.get(api, {}).items():
        found["components"]["schemas"][schema]["properties"] |= fields
    return found


@cache
def webhooks() -> frozenset[str]:
    """Return the event types of Clerk's published webhooks; skip as `document` does."""
    import yaml

    file = FOLDER / "clerk-webhooks-2025-04-15.yml"
    if not file.is_file():
        without_descriptions()
    return frozenset(yaml.load(file.read_text(), Loader=yaml.CSafeLoader)["x-webhooks"])


def without_descriptions() -> NoReturn:
    """Skip because descriptions are missing, but never in CI."""
    missing(f"the official API descriptions: not all are in {FOLDER} (API_SPECS names the folder)")


def plain(schema: Any) -> Any:
    """Convert OpenAPI's nullable flag to JSON Schema."""
    if isinstance(schema, list):
        return [plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    clean = {name: plain(part) for name, part in schema.items() if name != "nullable"}
    if schema.get("nullable") is True:
        return {"anyOf": [clean, {"type": "null"}]}
    return clean
