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
    └── UnexpectedAnswer      an answer that is not of the described form

No message holds a key: what a service echoes is scrubbed first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from clerkstack.problems import ClerkstackError

_SECRET = re.compile(r"\b(?:sk_(?:test|live)_|ak_|whsec_|Bearer\s+)[\w.\-+/=]+")


def scrubbed(text: str) -> str:
    """The text with everything that has the form of a key taken out."""
    return _SECRET.sub(lambda m: m.group(0)[:3] + "…", text)


class ApiError(ClerkstackError):
    """The service answered and refused. `code` and `trace_id` are the service's own."""

    def __init__(
        self,
        *,
        vendor: str,
        operation: str,
        status: int,
        code: str = "",
        message: str = "",
        trace_id: str | None = None,
        meta: Mapping[str, Any] | None = None,
        mend: str = "",
    ) -> None:
        self.vendor = vendor
        self.operation = operation
        self.status = status
        self.code = code
        self.message = scrubbed(message)
        self.trace_id = trace_id
        self.meta = dict(meta or {})
        super().__init__(self._text(mend))

    def _text(self, mend: str) -> str:
        parts = [f"{self.vendor} refused {self.operation} ({self.status}"]
        parts.append(f" {self.code})" if self.code else ")")
        if self.message:
            parts.append(f": {self.message}")
        for name, value in self.meta.items():
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            parts.append(f" [{name}: {scrubbed(shown)}]")
        if mend:
            parts.append(f". {mend}")
        if self.trace_id:
            parts.append(f" (trace {self.trace_id})")
        return "".join(parts)


class Unauthorized(ApiError):
    """401: the key is wrong, revoked, or of another kind."""


class PaymentRequired(ApiError):
    """402: the workspace's own subscription does not include this."""


class Forbidden(ApiError):
    """403: the key is good and has not the right."""


class NotFound(ApiError):
    """404: there is no such thing, or this key can't see it."""


class Conflict(ApiError):
    """409: it exists already, or it changed meanwhile."""


class Unprocessable(ApiError):
    """422: the service understood the request and will not do it."""


class RateLimited(ApiError):
    """429, still after waiting as long as is sensible."""


class ServerError(ApiError):
    """5xx: the service failed; a write may have happened all the same."""


class Unreachable(ClerkstackError):
    """No answer. `sent` is False where the request can't have reached the service."""

    def __init__(self, message: str, *, sent: bool) -> None:
        self.sent = sent
        super().__init__(message)


class UnexpectedAnswer(ClerkstackError):
    """The answer is not of the described form: a proxy's page, or an API that changed."""


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
