"""The Svix API in front of the backend; every path works with and without the last slash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.world.service import refusal
from local.world.svix import errors, inputs, queries
from local.world.svix.calls import Answer, Call, Operation, once
from local.world.svix.message_routes import OPERATIONS as MESSAGES
from local.world.svix.models import SvixBackend
from local.world.wire import parsed


def exchange(call: Call) -> Answer:
    """v1.authentication.exchange-one-time-token."""
    return 200, call.backend.exchange(inputs.read(inputs.OneTimeToken, call.body).one_time_token)


def read_app(call: Call) -> Answer:
    """v1.application.get."""
    return 200, call.app.to_json()


def list_event_types(call: Call) -> Answer:
    """v1.event-type.list. Any token may read it: an application's token needs it for filters."""
    call.backend.authenticate(call.token)
    queries.descending(call.query, default=False)  # they are always in order
    for name in ("include_archived", "with_content"):
        queries.switch(call.query, name, default=False)  # none is archived, none has a schema
    return 200, call.backend.list_event_types(
        limit=queries.page_size(call.query),
        iterator=queries.iterator(call.query, r"[a-zA-Z0-9\-_.]{1,256}"),
    )


def read_event_type(call: Call) -> Answer:
    """v1.event-type.get."""
    call.backend.authenticate(call.token)
    return 200, call.backend.event_type(call.event_type)


def list_endpoints(call: Call) -> Answer:
    """v1.endpoint.list."""
    app = call.app
    return 200, call.backend.list_endpoints(
        app,
        limit=queries.page_size(call.query),
        iterator=queries.iterator(call.query, "ep_[A-Za-z0-9]{27}"),
        descending=queries.descending(call.query, default=True),
    )


def create_endpoint(call: Call) -> Answer:
    """v1.endpoint.create."""
    app = call.app
    body = inputs.read(inputs.EndpointCreate, call.body)
    return 201, call.backend.create_endpoint(app, body).to_json()


def read_endpoint(call: Call) -> Answer:
    """v1.endpoint.get."""
    return 200, call.backend.endpoint(call.app, call.endpoint_id).to_json()


def put_endpoint(call: Call) -> Answer:
    """v1.endpoint.upsert."""
    app = call.app
    endpoint_id, body = call.endpoint_id, inputs.read(inputs.EndpointUpsert, call.body)
    endpoint, made = call.backend.put_endpoint(app, endpoint_id, body)
    return (201 if made else 200), endpoint.to_json()


def patch_endpoint(call: Call) -> Answer:
    """v1.endpoint.patch."""
    app = call.app
    body = inputs.read(inputs.EndpointChange, call.body)
    return 200, call.backend.patch_endpoint(app, call.endpoint_id, body).to_json()


def delete_endpoint(call: Call) -> Answer:
    """v1.endpoint.delete."""
    call.backend.delete_endpoint(call.app, call.endpoint_id)
    return 204, None


def read_secret(call: Call) -> Answer:
    """v1.endpoint.get-secret."""
    return 200, {"key": call.backend.endpoint(call.app, call.endpoint_id).secret}


def rotate_secret(call: Call) -> Answer:
    """v1.endpoint.rotate-secret."""
    app = call.app
    body = inputs.read(inputs.SecretRotation, call.body)
    call.backend.rotate_secret(app, call.endpoint_id, body)
    return 204, None


def read_headers(call: Call) -> Answer:
    """v1.endpoint.get-headers."""
    return 200, call.backend.endpoint(call.app, call.endpoint_id).shown_headers()


def set_headers(call: Call) -> Answer:
    """v1.endpoint.set-headers."""
    app, body = call.app, inputs.read(inputs.HeadersSet, call.body)
    call.backend.set_headers(app, call.endpoint_id, body.headers)
    return 204, None


def change_headers(call: Call) -> Answer:
    """v1.endpoint.patch-headers."""
    app, body = call.app, inputs.read(inputs.HeadersChange, call.body)
    call.backend.change_headers(app, call.endpoint_id, body)
    return 204, None


APP = "/api/v1/app/{app}"
ENDPOINTS = f"{APP}/endpoint"
ENDPOINT = f"{ENDPOINTS}/{{endpoint}}"
OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("POST", "/api/v1/auth/one-time-token", once(exchange)),
    ("GET", APP, read_app),
    ("GET", "/api/v1/event-type", list_event_types),
    ("GET", "/api/v1/event-type/{event_type}", read_event_type),
    ("GET", ENDPOINTS, list_endpoints),
    ("POST", ENDPOINTS, once(create_endpoint)),
    ("GET", ENDPOINT, read_endpoint),
    ("PUT", ENDPOINT, put_endpoint),
    ("PATCH", ENDPOINT, patch_endpoint),
    ("DELETE", ENDPOINT, delete_endpoint),
    ("GET", f"{ENDPOINT}/secret", read_secret),
    ("POST", f"{ENDPOINT}/secret/rotate", once(rotate_secret)),
    ("GET", f"{ENDPOINT}/headers", read_headers),
    ("PUT", f"{ENDPOINT}/headers", set_headers),
    ("PATCH", f"{ENDPOINT}/headers", change_headers),
    *MESSAGES,
)


def make_routes(backend: SvixBackend) -> list[Route]:
    """Bind the operations to their paths."""
    return [
        Route(path + end, _endpoint(backend, operation), methods=[method])
        for method, path, operation in OPERATIONS
        for end in ("", "/")
    ]


def _endpoint(backend: SvixBackend, operation: Operation) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            body = parsed(raw) if raw else None
        except ValueError:
            return invalid(errors.Invalid([(["body"], "not JSON", "value_error.jsondecode")]))
        try:
            status, answer = operation(Call(backend, request, body))
        except errors.SvixError as error:
            return refusal(error)
        except errors.Invalid as error:
            return invalid(error)
        if answer is None:
            return Response(status_code=status)
        return JSONResponse(answer, status_code=status)

    return endpoint


def invalid(error: errors.Invalid) -> Response:
    """Return the answer of a validation error."""
    return JSONResponse(error.body(), status_code=422)
