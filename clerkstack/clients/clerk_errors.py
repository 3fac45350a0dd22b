"""Clerk's error body, the same for all its APIs (ClerkErrors)."""

from __future__ import annotations

from typing import Any


def read_clerk_error(body: Any) -> dict[str, Any]:
    """Code, message, meta and trace id of the first error of the body."""
    first = body["errors"][0]
    others = [each.get("message", "") for each in body["errors"][1:]]
    message = first.get("long_message") or first.get("message") or ""
    return {
        "code": first.get("code") or "",
        "message": "; ".join([message, *filter(None, others)]),
        "trace_id": body.get("clerk_trace_id"),
        "meta": first.get("meta") or {},
    }
