"""What can go wrong between us and a service.

    ClerkstackError
    ├── ApiError              the service answered, and refused
    │   ├── Unauthorized      401
    │   ├── PaymentRequired   402
    │   ├── Forbidden         403
    │   ├── NotFound          404
    │   ├── Conflict          409
    │   ├── Unprocessable     422
    │   ├── RateLimited       429, still after waiting
    │   └── ServerError       5xx
    ├── Unreachable           no answer; `sent` says whether the request may have arrived
    ├── UnexpectedAnswer      an answer that does not have the documented form
    ├── NotADryRun            an intended dry run was a write
    └── UnusableKey           a key that cannot be sent at all

No message and no attribute holds a key: what a service echoes is scrubbed first. None of them
is chained to the lower layer's exception, which may hold the request with its headers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clerkstack.problems import ClerkstackError
from clerkstack.scrub import scrubbed, scrubbed_values
from clerkstack.texts import text_of

if TYPE_CHECKING:
    from pydantic import JsonValue

LONGEST = 500  # characters of a service's own message that an error shows


@dataclass(frozen=True)
class Refusal:
    """A service's own error, read from its error body."""

    code: str = ""
    message: str = ""
    trace_id: str | None = None
    meta: Mapping[str, JsonValue] = field(default_factory=dict)

    @classmethod
    def of(
        cls, *, code: Any = None, message: Any = None, trace_id: Any = None, meta: Any = None
    ) -> Refusal:
        """From values that may not have the documented type."""
        return cls(
            code=_worded(code),
            message=_worded(message),
            trace_id=_worded(trace_id) or None,
            meta=meta if isinstance(meta, Mapping) else {},
        )


class ApiError(ClerkstackError):
    """The service answered and refused. `code`, `meta` and `trace_id` are the service's own.

    `retry_after` is the number of seconds that the service asks to wait, if it does.
    """

    of_service = True

    def __init__(
        self,
        *,
        vendor: str,
        operation: str,
        status: int,
        code: str = "",
        message: str = "",
        trace_id: str | None = None,
        meta: Mapping[str, JsonValue] | None = None,
        remedy: str = "",
        retry_after: float | None = None,
        hidden: Sequence[str] = (),
    ) -> None:
        self.vendor = vendor
        self.operation = operation
        self.status = status
        self.code = scrubbed(code, hidden)
        self.message = scrubbed(message, hidden)
        self.trace_id = trace_id and scrubbed(trace_id, hidden)
        self.meta = {
            scrubbed(name, hidden): scrubbed_values(value, hidden)
            for name, value in (meta or {}).items()
        }
        self.retry_after = retry_after
        super().__init__(self._text(remedy))

    def _text(self, remedy: str) -> str:
        text = f"{self.vendor} refused {self.operation} ({self.status}"
        text += f" {self.code})" if self.code else ")"
        if self.message:
            text += f": {_shortened(self.message)}"
        for name, value in self.meta.items():
            if shown := _shown(value):
                text += f" [{name}: {_shortened(shown)}]"
        if self.retry_after:
            text += f" [wait {self.retry_after:.0f} seconds]"
        if remedy:
            text = f"{text.rstrip('.')}. {remedy}"
        if self.trace_id:
            text += f" (trace {self.trace_id})"
        return text


class Unauthorized(ApiError):
    """401: the key is wrong, revoked, or of another kind."""


class PaymentRequired(ApiError):
    """402: the workspace's own subscription does not include this."""


class Forbidden(ApiError):
    """403: the key is valid but lacks a permission."""


class NotFound(ApiError):
    """404: it does not exist, or this key cannot see it."""


class Conflict(ApiError):
    """409: it exists already, or it changed meanwhile."""


class Unprocessable(ApiError):
    """422: the service understood the request but refuses it."""


class RateLimited(ApiError):
    """429, even after waiting."""


class ServerError(ApiError):
    """5xx: the service failed; a write may have happened all the same."""


class Unreachable(ClerkstackError):
    """No answer. `sent` is False if the request cannot have reached the service."""

    of_service = True

    def __init__(self, message: str, *, sent: bool) -> None:
        self.sent = sent
        super().__init__(message)


class UnexpectedAnswer(ClerkstackError):
    """The answer does not have the documented form: a proxy's page, or the API has changed.

    `fields` are the paths in the answer that are missing or of another type.
    """

    def __init__(self, message: str, *, operation: str = "", fields: Sequence[str] = ()) -> None:
        self.operation = operation
        self.fields = tuple(fields)
        super().__init__(message)


class ReadOnly(ClerkstackError):
    """A request would change something in a read-only run; it was not sent."""


class NotADryRun(ClerkstackError):
    """A write was sent as a dry run, but the answer does not confirm that it was one.

    A service that ignores the parameter has written. `written` are the sections that were sent.
    """

    of_service = True

    def __init__(self, message: str, *, written: Sequence[str]) -> None:
        self.written = tuple(written)
        super().__init__(message)


class UnusableKey(ClerkstackError):
    """A key has characters that no header can have, usually a line break from a file or `echo`."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: Unprocessable,
    429: RateLimited,
}


def error_class(status: int) -> type[ApiError]:
    """The class of an answer with that status."""
    return ServerError if status >= 500 else _BY_STATUS.get(status, ApiError)


def _worded(value: Any) -> str:
    return "" if value is None else str(value)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _shown(value: JsonValue) -> str:
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return ", ".join(map(str, value))
    return text_of(value)
