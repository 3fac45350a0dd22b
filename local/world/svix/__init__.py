"""A Svix that answers for webhook endpoints, their signing secrets, messages and attempts.

Messages are signed and posted to the addresses that the world has a route for, and nowhere else.
Not reproduced: an attempt that is repeated by itself, a later `deliverAt`, retention of payloads,
event type catalogue (any well-formed event type is accepted), transformations, connectors.

Decided where the description leaves it open: ``filterTypes``, the older name of ``eventTypes``,
is an unknown field and ignored; a wrong or used token is 401 ``authentication_failed``, one of
another application 403; PUT with an unknown ``ep_`` id is 404, with any other name it makes the
endpoint under that uid. A repeated idempotency key counts for the same token and path, whatever
the body. An endpoint's id tells when it was made, so a list goes on after one that is gone; the
``prevIterator`` of an answer goes back, though the iterator's pattern has no minus.

An attempt that nobody answered has the status code 0 and says why in its response; an example goes
to its endpoint whatever events that one wants; lists of messages and attempts are newest first,
and have no way back; a token may also make messages, which no capability of the description names.
A signing secret that a rotation brings back has no end any more, and the newest one when it is
replaced again.

Where the vendor's own parts differ the description counts: rotating a secret answers 204 without
a body, although the official SDK (2.9.1) reads the new secret from that answer. It fails on the
empty body, after the secret was rotated.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.world.svix.errors import SvixError
from local.world.svix.models import SvixBackend
from local.world.svix.routes import make_routes, refusal

__all__ = ["SvixBackend", "SvixService"]


class SvixService:
    """Svix as one of the world's services."""

    name = "svix"

    def __init__(self, backend: SvixBackend | None = None) -> None:
        self.backend = backend or SvixBackend()

    def routes(self) -> list[Route]:
        """Give the HTTP routes."""
        return make_routes(self.backend)

    def dump(self) -> Any:
        """Give the state for the file."""
        return self.backend.live()

    def load(self, state: Any) -> None:
        """Take a state from the file."""
        self.backend.load(state)

    def not_found(self, request: Request) -> Response:
        """Answer for an unknown URL."""
        return refusal(SvixError(404, "not_found", f"There is nothing at {request.url.path}."))

    def method_not_allowed(self, request: Request) -> Response:
        """Answer for a known URL with another method."""
        detail = f"{request.method} is not allowed on {request.url.path}."
        return refusal(SvixError(405, "method_not_allowed", detail))
