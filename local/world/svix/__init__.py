"""Emulates Svix: webhook endpoints, their signing secrets, messages and attempts.

Messages are signed and posted only to addresses in the world's routes. Not emulated: automatic
retries, a later `deliverAt`, retention of payloads, asymmetric keys, transformations, connectors.

If svix-server 1.100 (run, or its source) says more than the description, the emulator follows it:
URLs are stored as parsed, event types are those of a catalogue (`event_types`), lists are newest
first, a list of attempts `after` a time begins with the oldest (`pages`), an application's token
cannot create messages and finds no other application. What that server lacks is from the
description: the one-time token, `replay-missing`, headers in a new endpoint.

Undocumented in both, so decided here: a wrong or used token is 401 ``authentication_failed``, also
a token of a removed application; an idempotency key is per token and path, whatever the body; an
example is sent to its endpoint whatever its events, with empty data; an attempt without an answer
has the status code 0, and the reason in its response.

If the vendor's own parts differ, the description decides: rotating a secret answers 204 without a
body, although the official SDK (2.9.1) reads the new secret from that answer. It fails on the empty
body, after the secret was rotated.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.world.service import OfBackend
from local.world.svix.models import SvixBackend
from local.world.svix.routes import make_routes

__all__ = ["SvixBackend", "SvixService"]


class SvixService(OfBackend[SvixBackend]):
    """Svix as one of the world's services."""

    name = "svix"

    def __init__(self, backend: SvixBackend | None = None) -> None:
        super().__init__(backend or SvixBackend())

    def routes(self) -> list[Route]:
        """Return the HTTP routes."""
        return make_routes(self.backend)

    def not_found(self, request: Request) -> Response:  # noqa: ARG002
        """Answer for an unknown URL, without a body."""
        return Response(status_code=404)

    def method_not_allowed(self, request: Request) -> Response:  # noqa: ARG002
        """Answer for a known URL with another method, without a body."""
        return Response(status_code=405)
