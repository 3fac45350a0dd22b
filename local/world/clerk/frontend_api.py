"""The Frontend API (no key) of the instance in the Host header: public information and its users'
actions.

Users sign up, sign in and switch organizations. Operations are named as in the Clerk Frontend API.
"""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from local.world.clerk import errors, frontend_sessions, sign_flows
from local.world.clerk.backend import ClerkBackend
from local.world.clerk.environment import environment_json
from local.world.clerk.frontend_call import FrontendCall
from local.world.clerk.http import Answer, endpoint


def get_environment(call: FrontendCall) -> Answer:
    """getEnvironment."""
    for application in call.backend.applications.values():
        if call.instance.id in application.instances:
            return 200, environment_json(call.instance, application.name)
    raise errors.host_invalid(call.instance.host)


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/environment", get_environment),
    *sign_flows.OPERATIONS,
    *frontend_sessions.OPERATIONS,
)


def frontend_routes(backend: ClerkBackend) -> list[Route]:
    """Bind the operations to their paths."""
    return [
        Route(path, endpoint(backend, FrontendCall, operation), methods=[method])
        for method, path, operation in OPERATIONS
    ]
