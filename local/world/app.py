"""A service as an ASGI application: its routes, with journal, faults and stored state."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.world.faults import Fault, Faults
from local.world.journal import Journal
from local.world.listeners import CLOSE_CONNECTION
from local.world.service import Bumping, Service
from local.world.state import Keeper
from local.world.undo import snapshot, store_otherwise, undo

LOG = logging.getLogger("local.world")
READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Turns:
    """Lets one request at a time use the state, and nobody else meanwhile.

    Requests are tasks of one thread, hence the first lock; Python callers have their own threads,
    hence the second.
    """

    def __init__(self) -> None:
        self.threads = threading.Lock()
        self._tasks = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn of a request."""
        async with self._tasks:
            with self.threads:
                yield


class ServiceApp:
    """A service with everything that the world adds to it.

    ``state`` is that of all services, because one may act on another. It is stored after each
    write. If a service raises, it answers its vendor's 500, logs the error, and the state is
    restored.
    """

    def __init__(
        self,
        service: Service,
        *,
        journal: Journal,
        faults: Faults,
        turns: Turns,
        state: Keeper,
    ) -> None:
        self._service = service
        self._routes = _routed(service)
        self._journal = journal
        self._faults = faults
        self._turns = turns
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or close its connection."""
        request = Request(scope, receive)
        body = await request.body()
        fault = self._faults.take(self._service.name, request.method, request.url.path)
        answer: _Answer | None = None
        try:
            answer = await self._answer(request, body, fault)
        finally:
            self._journal.add(
                service=self._service.name,
                method=request.method,
                path=request.url.path,
                query=request.url.query,
                status=answer.status if answer else None,
                host=request.headers.get("host", ""),
                body=body,
                fault=fault.kind if fault else None,
            )
        if answer is None:
            scope[CLOSE_CONNECTION]()
            await receive()  # until the server has noticed the closed connection
        else:
            await answer.send(send)

    async def _answer(self, request: Request, body: bytes, fault: Fault | None) -> _Answer | None:
        kind = fault.kind if fault else None
        if fault and kind == "status":
            refused = _refusal(fault.service, fault.status, fault.retry_after)
            return await _Answer.of(refused, request.scope, body)
        if fault and kind == "echo":
            repeated = _refusal(fault.service, fault.status, fault.retry_after, _all(request, body))
            return await _Answer.of(repeated, request.scope, body)
        if fault and kind in ("delay", "no_answer"):
            await self._faults.hold(fault.seconds)
        if kind in ("drop_before", "no_answer"):
            return None
        async with self._turns.turn():
            before: bytes | None = None
            try:
                if request.method not in READS:
                    before = self._state.copy()
                answer = await self._act(request, body, fault)
            except Exception:
                LOG.exception("%s: %s %s", self._service.name, request.method, request.url.path)
                if before is not None:
                    self._state.restore(before)
                answer = await _Answer.of(_refusal(self._service.name, 500), request.scope, body)
        if fault and kind == "late_answer":
            await self._faults.hold(fault.seconds)
        return None if kind == "drop_after" else answer

    async def _act(self, request: Request, body: bytes, fault: Fault | None) -> _Answer:
        kind = fault.kind if fault else None
        if kind == "conflict" and isinstance(self._service, Bumping):
            self._service.bump(request)
        # One service may act on another: without a field, all of them lose the write.
        loses, name = kind == "not_persisted", fault.field if fault else None
        before = snapshot(self._service) if loses and name else None
        whole = self._state.copy() if loses and not name else None
        scope = _without_dry_run(request) if kind == "dry_run_ignored" else request.scope
        answer = await _Answer.of(self._routes, scope, body)
        if before is not None:
            undo(self._service, before, name)
        if whole is not None:
            self._state.restore(whole)
        if fault and fault.field and kind == "stored_otherwise":
            store_otherwise(self._service, fault.field, fault.value)
        if kind == "lists_reordered":
            answer.reorder()
        if request.method not in READS:
            self._state.keep()
        return answer


class _Answer:
    """A complete answer, held until it is clear whether it is sent."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    @classmethod
    async def of(cls, app: ASGIApp, scope: Scope, body: bytes) -> _Answer:
        answer = cls()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            answer._messages.append(message)

        await app(dict(scope), receive, send)
        return answer

    @property
    def status(self) -> int:
        return int(self._messages[0]["status"])

    def reorder(self) -> None:
        """Reverse each list of strings in a JSON body."""
        start, *bodies = self._messages
        raw = b"".join(each.get("body", b"") for each in bodies)
        try:
            body = json.dumps(_turned(json.loads(raw))).encode()
        except ValueError:
            return  # not JSON: there are no lists
        kept = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        headers = [*kept, (b"content-length", str(len(body)).encode())]
        self._messages = [
            {**start, "headers": headers},
            {"type": "http.response.body", "body": body, "more_body": False},
        ]

    async def send(self, send: Send) -> None:
        for message in self._messages:
            await send(message)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _turned(inner) for name, inner in value.items()}
    if isinstance(value, list):
        texts = all(isinstance(each, str) for each in value)
        return value[::-1] if texts else [_turned(each) for each in value]
    return value


def _without_dry_run(request: Request) -> Scope:
    kept = [item for item in request.query_params.multi_items() if item[0] != "dry_run"]
    return {**request.scope, "query_string": urlencode(kept).encode()}


def _routed(service: Service) -> Starlette:
    async def not_found(request: Request, error: Exception) -> Response:  # noqa: ARG001
        return service.not_found(request)

    async def method_not_allowed(request: Request, error: Exception) -> Response:  # noqa: ARG001
        return service.method_not_allowed(request)

    app = Starlette(
        routes=service.routes(),
        exception_handlers={404: not_found, 405: method_not_allowed},
    )
    app.router.redirect_slashes = False
    return app


def _all(request: Request, body: bytes) -> str:
    """Return the contents of a request, as a too talkative service repeats them."""
    headers = " ".join(f"{name}: {value}" for name, value in request.headers.items())
    sent = body.decode(errors="replace")
    return f"refused {request.method} {request.url} [{headers}] [{sent}]"


CLERKS = {429: "too_many_requests", 503: "service_unavailable", 504: "gateway_timeout"}
"""Clerk's codes of general failures, by status."""


def _refusal(
    service: str, status: int, retry_after: int | None = None, said: str | None = None
) -> Response:
    """Answer like the vendor's gateway, in the vendor's form."""
    limited = status == 429
    code = CLERKS.get(status, "internal_clerk_error")
    message = "Too many requests. Please retry later." if limited else "Something went wrong."
    message = said or message
    if service in ("clerk", "frontend"):
        error: dict[str, object] = {"code": code, "message": message, "long_message": message}
        if limited:
            error["meta"] = {"resets_in": retry_after or 0}
        body: object = {"errors": [error], "clerk_trace_id": "trace_of_a_fault"}
    elif service == "vercel":
        code = "rate_limited" if limited else "internal_error"
        body = {"error": {"code": code, "message": message}}
    else:
        code = "too_many_requests" if limited else "internal_error"
        body = {"code": code, "detail": message}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse(body, status_code=status, headers=headers)
