"""The control API: journal, faults, routes, reset, and what a person would do in a dashboard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.world.faults import Fault, Faults
from local.world.hosts import Hosts
from local.world.journal import Journal
from local.world.store import Urls
from local.world.wire import parsed

if TYPE_CHECKING:
    from local.deployed import Deployed


class Controlled(Protocol):
    """The part of a world that the control API acts on."""

    requests: Journal
    faults: Faults
    hosts: Hosts

    @property
    def urls(self) -> Urls:
        """Give the base URLs."""

    def deploy(
        self, target: str, host: str | None = None, *, project_id: str | None = None
    ) -> Deployed:
        """Run the example app as the deployment of a project's target."""

    def reset(self) -> None:
        """Go back to the beginning."""

    def advance(self, hours: float) -> None:
        """Let the overlaps of rotated secrets be nearer to their end."""

    def dashboard(self, action: str, /, **body: Any) -> Any:
        """Do what a person would do in a vendor's dashboard."""


def control_app(world: Controlled) -> Starlette:
    """Make the application; every error answers ``{"error": message}``."""

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
        from local.deployed import NotBuilt

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
        ]
    )


def _refused(message: str, status: int = 400) -> Response:
    return JSONResponse({"error": message}, status_code=status)


def _mistakes(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'fault'}: {each['msg']}" for each in error.errors()
    )
