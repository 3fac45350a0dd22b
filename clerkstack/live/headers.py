"""Reads the headers of a live webhook endpoint in the shape in which they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkstack.reconcile.headers import LiveHeaders

if TYPE_CHECKING:
    from clerkstack.clients.svix import SvixClient


def read_headers(svix: SvixClient, endpoint_id: str) -> LiveHeaders:
    """Its headers (v1.endpoint.get-headers)."""
    shown = svix.headers(endpoint_id)
    values = {name: value.get_secret_value() for name, value in shown.headers.items()}
    return LiveHeaders(values, shown.sensitive)
