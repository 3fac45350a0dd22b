"""Clerk's error body, the same for all its APIs (ClerkErrors)."""

from __future__ import annotations

from typing import Any

from clerkstack.clients.errors import Told

NO_ORGANIZATIONS = "organization_not_enabled_in_instance"
"""The code of what is refused where an instance has organizations off."""


def read_clerk_error(body: Any) -> Told:
    """Code, meta and trace id of the first error of the body, and the words of all of them."""
    errors = body["errors"]
    words = [error.get("long_message") or error.get("message") or "" for error in errors]
    return Told.of(
        code=errors[0].get("code"),
        message="; ".join(map(str, filter(None, words))),
        trace_id=body.get("clerk_trace_id"),
        meta=errors[0].get("meta"),
    )
