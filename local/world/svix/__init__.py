"""A Svix that answers for webhook endpoints, their signing secrets, messages and attempts.

Messages are signed and posted to the addresses that the world has a route for, and nowhere else.
Not reproduced: an attempt that is repeated by itself, a later `deliverAt`, retention of payloads,
asymmetric keys, transformations, connectors.

Where svix-server 1.100, run or read, says more than the description, it answers as that does: URLs
are kept as parsed, event types are those of a catalogue (`event_types`), lists are newest first, a
list of attempts `after` a time begins with the oldest (`pages`), an application's token makes no
messages and finds no other application. What is not in that server is taken from the description:
the one-time token, `replay-missing`, headers in a new endpoint.

Decided where both leave it open: a wrong or used token is 401 ``authentication_failed``, and the
tokens of a removed application are; a repeated idempotency key counts for the same token and path,
whatever the body; an example goes to its endpoint whatever events that one wants, and its data is
empty; an attempt that nobody answered has the status code 0 and says why in its response.

Where the vendor's own parts differ the description counts: rotating a secret answers 204 without
a body, although the official SDK (2.9.1) reads the new secret from that answer. It fails on the
empty body, after the secret was rotated.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.world.svix.models import SvixBackend
from local.world.svix.routes import make_routes

__all__ = ["SvixBackend", "SvixService"]


class SvixService:
    """Svix as one of the world's services."""

    name = "svix"

    def __init__(self, backend: SvixBackend | None = None) -> None:
        self.backend = backend or SvixBackend()

    def routes(self) -> list[Route]:
        """Return the HTTP routes."""
        return make_routes(self.backend)

    def dump(self) -> Any:
        """Return the state for the file."""
        return self.backend.live()

    def load(self, state: Any) -> None:
        """Take a state from the file."""
        self.backend.load(state)

    def not_found(self, request: Request) -> Response:  # noqa: ARG002
        """Answer for an unknown URL, without a body."""
        return Response(status_code=404)

    def method_not_allowed(self, request: Request) -> Response:  # noqa: ARG002
        """Answer for a known URL with another method, without a body."""
        return Response(status_code=405)
