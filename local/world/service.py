"""The interface of a vendor's service."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from starlette.requests import Request
from starlette.responses import Response
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
