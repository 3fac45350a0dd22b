"""Emulates Vercel's environment variables, projects, teams and redeploys.

Not emulated: builds (a redeploy is ready after two reads; `local.world.deployed` runs it), writing
shared variables and custom environments (tests add them), domains, members, and rate limits (faults
simulate them).

Undocumented, so decided here: if everything in a bulk create fails, the answer has the first
refusal's status and all refusals under ``failed``; an unknown variable or project is 404
``not_found``.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.world.service import OfBackend, refusal
from local.world.vercel.backend import VercelBackend
from local.world.vercel.errors import VercelError
from local.world.vercel.routes import make_routes

__all__ = ["VercelBackend", "VercelService"]


class VercelService(OfBackend[VercelBackend]):
    """Vercel as one of the world's services."""

    name = "vercel"

    def __init__(self, backend: VercelBackend | None = None) -> None:
        super().__init__(backend or VercelBackend())

    def routes(self) -> list[Route]:
        """Return the HTTP routes."""
        return make_routes(self.backend)

    def not_found(self, request: Request) -> Response:
        """Answer for an unknown URL."""
        message = f"The requested API endpoint was not found: {request.url.path}"
        return refusal(VercelError(404, "not_found", message))

    def method_not_allowed(self, request: Request) -> Response:
        """Answer for a known URL with another method: an operation that is not emulated."""
        return self.not_found(request)
