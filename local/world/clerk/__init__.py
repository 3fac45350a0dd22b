"""Emulates Clerk's Platform, Backend and Frontend APIs, as far as a deployment needs them.

Config, billing, key rotation, domains, roles, enterprise connections, JWT templates, redirect
URLs, the Svix app, the public environment, users, organizations with their members, API keys,
sessions and their tokens work. Payments and everything else are missing and answer 404.

Undocumented, so decided here until a live instance shows otherwise: a `client_secret` that is set
reads as a placeholder; cloning an instance copies plans, roles and the switches of API keys, and
neither JWT templates nor redirect URLs; a plan for a payer without billing is refused; disabling
organizations under organization billing is refused; two plans of one payer can't have the same
name, but the default plan's own ("Free") does not count; without billing the plans stay as they
are; a key of the wrong kind is 401; roles can be listed, but not made, while organizations are off.
Decisions on the config are in `config.py` and `readings.py`.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.world.clerk import errors
from local.world.clerk.backend import ClerkBackend
from local.world.clerk.backend_api import backend_routes
from local.world.clerk.errors import ClerkError
from local.world.clerk.frontend_api import frontend_routes
from local.world.clerk.platform import platform_routes
from local.world.service import OfBackend, refusal

__all__ = ["ClerkBackend", "ClerkService", "FrontendService"]

CONFIG_PATH = re.compile(r"^/v1/platform/applications/([^/]+)/instances/([^/]+)/config$")


class _Refusing:
    """Common code of the services."""

    def not_found(self, request: Request) -> Response:
        """Answer for an unknown URL."""
        return refusal(errors.unknown_url(request.url.path))

    def method_not_allowed(self, request: Request) -> Response:
        """Answer for a known URL with another method: an operation that is not emulated."""
        return self.not_found(request)


class ClerkService(OfBackend[ClerkBackend], _Refusing):
    """Platform and Backend API as one of the world's services, with the dashboard."""

    name = "clerk"

    def routes(self) -> list[Route]:
        """Return the HTTP routes."""
        return [*platform_routes(self.backend), *backend_routes(self.backend)]

    def bump(self, request: Request) -> None:
        """Increase the config version that the request would be checked against."""
        found = CONFIG_PATH.match(request.url.path)
        if found is not None:
            try:
                self.backend.instance(*found.groups()).version += 1
            except ClerkError:
                return  # it will answer 404

    def dashboard(self, action: str, body: dict[str, Any]) -> Any:
        """Act as a person in the dashboard."""
        return self.backend.dashboard(action, body)


class FrontendService(_Refusing):
    """The Frontend API: the Host header says which instance answers."""

    name = "frontend"

    def __init__(self, backend: ClerkBackend) -> None:
        self.backend = backend

    def routes(self) -> list[Route]:
        """Return the HTTP routes."""
        return frontend_routes(self.backend)

    def dump(self) -> Any:
        """Return an empty state: Clerk's service holds it."""
        return {}

    def load(self, state: Any) -> None:
        """Take nothing."""
