"""Sends requests from this process to a world in this process without sockets.

This halves the cost of a request. Most tests are about requests and their effects, not about HTTP,
which is the subject of tests/unit/clients, tests/contract, tests/world and tests/engine. Client,
routes, journal and state are the same. Requests that may meet a fault, come from another process or
go through the world's proxy still use sockets.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

import h11
import httpcore
import httpx
import pytest
from starlette.types import Message

from local.world import app as answering
from local.world import world as worlds
from local.world.store import LOOPBACK

Place = tuple[str, int]


class _Turns(answering.Turns):
    """The turns of a world, for requests without an event loop."""

    def __init__(self, others: answering.Turns) -> None:
        self.threads = others.threads

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        with self.threads:
            yield


@pytest.fixture(scope="module", autouse=True)
def without_sockets() -> Iterator[None]:
    """A module that imports this fixture sends requests to its worlds without a proxy like this."""
    places: dict[Place, tuple[worlds.World, answering.ServiceApp]] = {}
    listen, send = worlds.World._listen, httpx.HTTPTransport.handle_request

    def listening(world: worlds.World, undo: ExitStack) -> Any:
        urls = listen(world, undo)
        if not world._proxied:
            for service in world._services:
                place = (LOOPBACK, int(getattr(urls, service.name).rpartition(":")[2]))
                places[place] = (world, _app(world, service))
                undo.callback(places.pop, place)
        return urls

    def sent(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        url = request.url
        world, app = places.get((url.host, url.port or 80), (None, None))
        direct = type(transport._pool) is httpcore.ConnectionPool and url.scheme == "http"
        if world is None or app is None or not direct or _may_fail(world, app, request):
            return send(transport, request)
        return _answer(app, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worlds.World, "_listen", listening)
        patch.setattr(httpx.HTTPTransport, "handle_request", sent)
        yield


def _may_fail(world: worlds.World, app: answering.ServiceApp, request: httpx.Request) -> bool:
    asked = (app._service.name, request.method, request.url.path)
    return any(fault.meets(*asked) for fault in world.faults.waiting())


def _app(world: worlds.World, service: Any) -> answering.ServiceApp:
    return answering.ServiceApp(
        service,
        journal=world.requests,
        faults=world.faults,
        turns=_Turns(world._turns),
        state=world._state,
    )


def _answer(app: answering.ServiceApp, request: httpx.Request) -> httpx.Response:
    """Return the service's answer, checked by the rules of HTTP as on a socket."""
    target = request.url.raw_path
    try:
        h11.Request(method=request.method, target=target, headers=request.headers.raw)
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error
    path, _, query = target.partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": (request.url.host, request.url.port),
        "client": (LOOPBACK, 0),
        "scheme": "http",
        "method": request.method,
        "root_path": "",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "state": {},
    }
    body = request.read()
    given: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def answered(message: Message) -> None:
        given.append(message)

    running = app(scope, receive, answered)
    try:
        running.send(None)
    except StopIteration:
        pass
    else:
        raise RuntimeError("the world waits for something, which without sockets it must not")
    start, *parts = given
    headers = [(b"date", formatdate(usegmt=True).encode()), *start["headers"]]
    content = b"".join(part.get("body", b"") for part in parts)
    if request.method == "HEAD":
        content = b""
    return httpx.Response(start["status"], headers=headers, stream=httpx.ByteStream(content))
