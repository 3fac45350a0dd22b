"""Clerk's error body, which is the same in all its APIs (ClerkErrors)."""

from __future__ import annotations

from typing import Any

from clerkstack.clients.errors import Refusal

NO_ORGANIZATIONS = "organization_not_enabled_in_instance"
"""The error code if an instance has organizations off."""


def read_clerk_error(body: Any) -> Refusal:
    """Code, meta and trace id of the first error in the body, and the messages of all."""
    errors = body["errors"]
    words = [error.get("long_message") or error.get("message") or "" for error in errors]
    return Refusal.of(
        code=errors[0].get("code"),
        message="; ".join(map(str, filter(None, words))),
        trace_id=body.get("clerk_trace_id"),
        meta=errors[0].get("meta"),
    )
