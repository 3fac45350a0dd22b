"""The interface of a vendor's service."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class Service(Protocol):
    """One vendor's API: routes, and state that can be stored in a file."""

    name: str

    def routes(self) -> list[Route]:
        """Return the HTTP routes."""

    def dump(self) -> Any:
        """Return the state itself, for writing at once: JSON, and dataclass models."""

    def load(self, state: Any) -> None:
        """Load the state from the file."""

    def not_found(self, request: Request) -> Response:
        """Return the vendor's own answer for an unknown URL."""

    def method_not_allowed(self, request: Request) -> Response:
        """Return the vendor's own answer for a known URL with another method."""


class Backend(Protocol):
    """A vendor's state."""

    def live(self) -> Any:
        """Give the state as it is."""

    def load(self, state: Any) -> None:
        """Take a state from the file."""


Kind = TypeVar("Kind", bound=Backend)


class OfBackend(Generic[Kind]):
    """The part of a service that is the same for every vendor: its state."""

    def __init__(self, backend: Kind) -> None:
        self.backend = backend

    def dump(self) -> Any:
        """Give the state for the file."""
        return self.backend.live()

    def load(self, state: Any) -> None:
        """Take a state from the file."""
        self.backend.load(state)


class Refusal(Protocol):
    """A vendor's error: its status, and its body in the vendor's form."""

    status: int

    def body(self) -> Any:
        """Give the answer."""


def refusal(error: Refusal) -> Response:
    """Give an error the vendor's form."""
    return JSONResponse(error.body(), status_code=error.status)


@runtime_checkable
class Bumping(Protocol):
    """A service whose state has versions that somebody else can increase."""

    def bump(self, request: Request) -> None:
        """Increase the version that this request would be checked against."""


@runtime_checkable
class Dashboard(Protocol):
    """A service with a dashboard, in which a person can do what no API offers."""

    def dashboard(self, action: str, body: dict[str, Any]) -> Any:
        """Act as a person in the dashboard.

        Raises:
            LookupError: the action or its object does not exist.
            ValueError: the body is malformed.
        """
