"""The Frontend API (no key): what anybody may know of the instance that the Host header names.

Operations are named as in the Clerk Frontend API.
"""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from local.world.clerk import errors
from local.world.clerk.backend import ClerkBackend
from local.world.clerk.environment import environment_json
from local.world.clerk.http import Answer, Call, endpoint


def get_environment(call: Call) -> Answer:
    """getEnvironment."""
    instance = call.backend.instance_of_host(call.request.headers.get("host", ""))
    for application in call.backend.applications.values():
        if instance.id in application.instances:
            return 200, environment_json(instance, application.name)
    raise errors.host_invalid(instance.host)


OPERATIONS: tuple[tuple[str, str, Any], ...] = (("GET", "/v1/environment", get_environment),)


def frontend_routes(backend: ClerkBackend) -> list[Route]:
    """Bind the operations to their paths."""
    return [
        Route(path, endpoint(backend, Call, operation), methods=[method])
        for method, path, operation in OPERATIONS
    ]
