"""The control API: journal, faults, routes, reset and dashboards."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.world.faults import Fault, Faults
from local.world.hosts import Hosts
from local.world.journal import Journal
from local.world.store import Urls
from local.world.wire import parsed

if TYPE_CHECKING:
    from local.world.deployed import Deployed


LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HERE = re.compile(rf"(?:{'|'.join(map(re.escape, LOOPBACK))})(?::\d{{1,5}})?", re.IGNORECASE)


class Controlled(Protocol):
    """The part of a world that the control API acts on."""

    requests: Journal
    faults: Faults
    hosts: Hosts

    @property
    def urls(self) -> Urls:
        """Return the base URLs."""

    def deploy(
        self, target: str, host: str | None = None, *, project_id: str | None = None
    ) -> Deployed:
        """Run the example app as the deployment of a project's target."""

    def reset(self) -> None:
        """Go back to the beginning."""

    def advance(self, hours: float) -> None:
        """Make the overlaps of rotated secrets end earlier."""

    def dashboard(self, action: str, /, **body: Any) -> Any:
        """Act as a person in a vendor's dashboard."""


def control_app(world: Controlled) -> Starlette:
    """Create the application; every error answers ``{"error": message}``."""

    async def health(request: Request) -> Response:  # noqa: ARG001
        return JSONResponse({"status": "ready", "urls": world.urls.to_json()})

    async def journal(request: Request) -> Response:
        if request.method == "DELETE":
            world.requests.clear()
            return Response(status_code=204)
        return JSONResponse([entry.to_json() for entry in world.requests.entries()])

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            world.faults.clear()
            return Response(status_code=204)
        if request.method == "POST":
            try:
                fault = Fault.model_validate_json(await request.body())
            except ValidationError as error:
                return _refused(_mistakes(error))
            world.faults.add(fault)
            return JSONResponse(fault.model_dump(), status_code=201)
        return JSONResponse([fault.model_dump() for fault in world.faults.waiting()])

    async def routes(request: Request) -> Response:
        if request.method == "POST":
            try:
                body = parsed(await request.body())
                world.hosts.route(body["host"], body["address"])
            except (KeyError, TypeError, AttributeError):
                return _refused("the body must be an object with host and address, or null for it")
            except ValueError as error:
                return _refused(str(error))
        return JSONResponse(world.hosts.all())

    async def app(request: Request) -> Response:
        from local.world.deployed import NotBuilt

        try:
            body = parsed(await request.body())
            deploy = partial(world.deploy, project_id=body.get("project"))
            deployed = await run_in_threadpool(deploy, body["target"], body.get("host"))
            deployment = await run_in_threadpool(deployed.settle)
        except (KeyError, TypeError, AttributeError):
            return _refused(
                "the body must be an object with target, and host and project if there are"
            )
        except (ValueError, NotBuilt, TimeoutError) as error:
            return _refused(str(error))
        return JSONResponse({"address": deployed.address, "deployment": deployment})

    async def reset(request: Request) -> Response:  # noqa: ARG001
        await run_in_threadpool(world.reset)
        return Response(status_code=204)

    async def advance(request: Request) -> Response:
        try:
            hours = parsed(await request.body())["hours"]
        except (ValueError, KeyError, TypeError):
            hours = None
        if isinstance(hours, bool) or not isinstance(hours, int | float) or not hours >= 0:
            return _refused("the body must be an object with hours, a number from 0")
        await run_in_threadpool(world.advance, hours)
        return Response(status_code=204)

    async def dashboard(request: Request) -> Response:
        try:
            raw = await request.body()
            body = parsed(raw) if raw else {}
        except ValueError:
            return _refused("the body is no JSON")
        if not isinstance(body, dict):
            return _refused("the body must be an object")
        try:
            done = await run_in_threadpool(world.dashboard, request.path_params["action"], **body)
        except LookupError as error:
            return _refused(str(error.args[0] if error.args else error), 404)
        except (TypeError, ValueError) as error:
            return _refused(str(error))
        return JSONResponse({"result": done})

    return Starlette(
        routes=[
            Route("/health", health, methods=["GET"]),
            Route("/journal", journal, methods=["GET", "DELETE"]),
            Route("/faults", faults, methods=["GET", "POST", "DELETE"]),
            Route("/routes", routes, methods=["GET", "POST"]),
            Route("/app", app, methods=["POST"]),
            Route("/reset", reset, methods=["POST"]),
            Route("/advance", advance, methods=["POST"]),
            Route("/dashboard/{action}", dashboard, methods=["POST"]),
        ],
        middleware=[Middleware(_FromThisMachine)],
    )


class _FromThisMachine:
    """Refuses what a page in a browser of this machine could send; otherwise the page's author
    could control the world. Such a request has another Host (a name that resolves to this machine),
    an Origin, or a content type that browsers send without permission."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            why = _strange(Request(scope))
            if why is not None:
                return await _refused(why, 403)(scope, receive, send)
        return await self._app(scope, receive, send)


def _strange(request: Request) -> str | None:
    # Read the raw header: the framework replaces a malformed host by this server's own.
    if len(named := request.headers.getlist("host")) != 1 or not _HERE.fullmatch(named[0]):
        return f"the control API is of this machine: Host is one of {', '.join(LOOPBACK)}"
    if "origin" in request.headers or request.headers.get("sec-fetch-site", "none") != "none":
        return "the control API takes nothing from a page in a browser"
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    has_body = request.headers.get("content-length", "0") != "0"
    if (has_body or "transfer-encoding" in request.headers) and kind != "application/json":
        return "a body for the control API is of the type application/json"
    return None


def _refused(message: str, status: int = 400) -> Response:
    return JSONResponse({"error": message}, status_code=status)


def _mistakes(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'fault'}: {each['msg']}" for each in error.errors()
    )
