"""Serves one of the world's services by itself on a free loopback port, for its own tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


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

    return Starlette(
        routes=service.routes(),
        exception_handlers={404: not_found, 405: method_not_allowed},
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Give the base URL of the running service."""
    # Named as TCP, so that asyncio turns Nagle's algorithm off: else each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = _Server(uvicorn.Config(app_of(service), log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        assert server.ready.wait(20), "the server did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
