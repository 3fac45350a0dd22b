"""One request to the Svix API, as every operation needs it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.requests import Request

from local.world.svix import inputs
from local.world.svix.models import App, SvixBackend

Answer = tuple[int, Any]
Operation = Callable[["Call"], Answer]


class Call:
    """One request, as every operation needs it."""

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
    def app_of_organization(self) -> App:
        """The application named in the path, for a token of the organization only."""
        return self.backend.authorize(self.token, self._parts["app"], organization=True)

    @property
    def event_type(self) -> str:
        """The event type's name in the path."""
        return inputs.read_id(self._parts["event_type"], "event_type_name")

    @property
    def endpoint_id(self) -> str:
        """The endpoint's id or uid in the path."""
        return inputs.read_id(self._parts["endpoint"])

    @property
    def message_id(self) -> str:
        """The message's id, or its sender's, in the path."""
        return inputs.read_id(self._parts["message"], "msg_id")

    @property
    def attempt_id(self) -> str:
        """The attempt's id in the path."""
        return inputs.read_attempt_id(self._parts["attempt"])

    def check_access(self) -> None:
        """Refuse a token that may not act on the application in the path, if there is one."""
        if "app" in self._parts:
            self.backend.authorize(self.token, self._parts["app"])


def once(operation: Operation) -> Operation:
    """Let an operation act once per idempotency key, and repeat its answer.

    Only successful answers are stored: a refused request may be sent again.
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
