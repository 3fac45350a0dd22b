"""The webhook endpoint that a stack's settings declare."""

from __future__ import annotations

from typing import cast

from clerkstack.reconcile import Json, JsonObject
from clerkstack.settings import Settings

DESCRIPTION = "clerkstack"


def endpoint_inputs(settings: Settings) -> JsonObject:
    """Its URL, the types of the events it gets, and its description."""
    return {
        "url": settings.webhook_url,
        "events": cast(Json, list(settings.webhook.events)),
        "description": settings.webhook.description or DESCRIPTION,
    }
