"""The Svix API in front of the backend; every path works with and without the last slash."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.world.svix import errors, inputs
from local.world.svix.models import App, SvixBackend
from local.world.wire import number, parsed

LARGEST_PAGE = 250
DEFAULT_PAGE = 50

Answer = tuple[int, Any]
Operation = Callable[["Call"], Answer]


class Call:
    """One request, with what every operation needs of it."""

    def __init__(self, backend: SvixBackend, request: Request, body: Any) -> None:
        self.backend = backend
        self.query = request.query_params
        self.body = body
        self._parts = request.path_params
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        self.token = token if scheme.lower() == "bearer" else ""
        self.path = request.url.path.rstrip("/")
        self.idempotency_key = request.headers.get("idempotency-key", "")

    @property
    def app(self) -> App:
        """The application named in the path, if the token may act on it."""
        return self.backend.authorize(self.token, self._parts["app"])

    @property
    def endpoint_id(self) -> str:
        """The endpoint's id or uid in the path."""
        return inputs.read_id(self._parts["endpoint"])

    def check_access(self) -> None:
        """Refuse a token that may not act on the application in the path, where there is one."""
        if "app" in self._parts:
            self.backend.authorize(self.token, self._parts["app"])


def exchange(call: Call) -> Answer:
    """v1.authentication.exchange-one-time-token."""
    return 200, call.backend.exchange(inputs.read(inputs.OneTimeToken, call.body).one_time_token)


def list_endpoints(call: Call) -> Answer:
    """v1.endpoint.list."""
    app = call.app
    limit = number(call.query.get("limit", str(DEFAULT_PAGE)))
    order = call.query.get("order", "ascending")
    if limit is None or not 1 <= limit <= LARGEST_PAGE:
        what = f"ensure this value is from 1 to {LARGEST_PAGE}"
        raise errors.Invalid([(["query", "limit"], what, "value_error")])
    if order not in ("ascending", "descending"):
        raise errors.Invalid([(["query", "order"], "ascending or descending", "value_error")])
    return 200, call.backend.list_endpoints(
        app,
        limit=limit,
        iterator=inputs.read_iterator(call.query.get("iterator")),
        descending=order == "descending",
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
    endpoint = call.backend.endpoint(call.app, call.endpoint_id)
    return 200, {"headers": dict(endpoint.headers), "sensitive": []}


def read_stats(call: Call) -> Answer:
    """v1.endpoint.get-stats; every example counts as delivered, whenever it was sent."""
    for name in ("since", "until"):
        inputs.check_moment(call.query.get(name), name)
    sent = call.backend.endpoint(call.app, call.endpoint_id).sent
    return 200, {"success": sent, "pending": 0, "sending": 0, "fail": 0, "canceled": 0}


def send_example(call: Call) -> Answer:
    """v1.endpoint.send-example; nothing is really delivered."""
    app = call.app
    body = inputs.read(inputs.EventExample, call.body)
    return 202, call.backend.send_example(app, call.endpoint_id, body.event_type)


def once(operation: Operation) -> Operation:
    """Let an operation act once under one idempotency key, and answer again what it did then.

    Only what succeeded is kept: a refused request may be sent again.
    """

    @wraps(operation)
    def answer(call: Call) -> Answer:
        if not call.idempotency_key:
            return operation(call)
        call.check_access()
        asked = call.token, call.path, call.idempotency_key
        before = call.backend.answers.find(*asked)
        if before is not None:
            return before.status, before.body
        status, body = operation(call)
        call.backend.answers.remember(*asked, status, body)
        return status, body

    return answer


ENDPOINTS = "/api/v1/app/{app}/endpoint"
ENDPOINT = f"{ENDPOINTS}/{{endpoint}}"
OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("POST", "/api/v1/auth/one-time-token", once(exchange)),
    ("GET", ENDPOINTS, list_endpoints),
    ("POST", ENDPOINTS, once(create_endpoint)),
    ("GET", ENDPOINT, read_endpoint),
    ("PUT", ENDPOINT, put_endpoint),
    ("PATCH", ENDPOINT, patch_endpoint),
    ("DELETE", ENDPOINT, delete_endpoint),
    ("GET", f"{ENDPOINT}/secret", read_secret),
    ("POST", f"{ENDPOINT}/secret/rotate", once(rotate_secret)),
    ("GET", f"{ENDPOINT}/headers", read_headers),
    ("GET", f"{ENDPOINT}/stats", read_stats),
    ("POST", f"{ENDPOINT}/send-example", once(send_example)),
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


def refusal(error: errors.SvixError) -> Response:
    """Give a refusal its form."""
    return JSONResponse(error.body(), status_code=error.status)


def invalid(error: errors.Invalid) -> Response:
    """Give a validation error its form."""
    return JSONResponse(error.body(), status_code=422)
