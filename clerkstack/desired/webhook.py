"""The webhook endpoint that a stack's settings declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clerkstack.settings.models import Settings

DESCRIPTION = "clerkstack"


def endpoint_inputs(settings: Settings) -> dict[str, Any]:
    """Its URL, event types (and which of them are optional), description and headers."""
    description = settings.webhook.description
    return {
        "url": settings.webhook_url,
        "events": list(settings.webhook.events),
        "optional_events": settings.webhook.optional_events,
        "description": DESCRIPTION if description is None else description,
        "headers": {
            name: value.get_secret_value() for name, value in settings.webhook.headers.items()
        },
    }
