"""Serves one of the world's services by itself on a free loopback port, for its own tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.world.listeners import Listeners, listen


class Service(Protocol):
    """The part of a service that answers HTTP."""

    def routes(self) -> list[Route]: ...

    def not_found(self, request: Request) -> Response: ...

    def method_not_allowed(self, request: Request) -> Response: ...


def app_of(service: Service) -> Starlette:
    """Bind a service's routes and its answers for URLs it does not know."""

    async def not_found(request: Request, error: Exception) -> Response:
        return service.not_found(request)

    async def method_not_allowed(request: Request, error: Exception) -> Response:
        return service.method_not_allowed(request)

    app = Starlette(
        routes=service.routes(),
        exception_handlers={404: not_found, 405: method_not_allowed},
    )
    app.router.redirect_slashes = False
    return app


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Yield the base URL of the running service."""
    listener = listen(0)
    listeners = Listeners({listener: app_of(service)})
    listeners.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listeners.stop()
