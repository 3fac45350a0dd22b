"""What the world asks of a vendor."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Service(Protocol):
    """One vendor's API: routes in front of state that can be written to a file and read back."""

    name: str

    def routes(self) -> list[Route]:
        """Return the HTTP routes."""

    def dump(self) -> Any:
        """Return the state as it is, to be written at once: JSON, and models of dataclasses."""

    def load(self, state: Any) -> None:
        """Take a state from the file."""

    def not_found(self, request: Request) -> Response:
        """Return the vendor's own answer for an unknown URL."""

    def method_not_allowed(self, request: Request) -> Response:
        """Return the vendor's own answer for a known URL with another method."""


@runtime_checkable
class Bumping(Protocol):
    """A service whose state has versions that somebody else can move on."""

    def bump(self, request: Request) -> None:
        """Move on the version that this request would be checked against."""


@runtime_checkable
class Dashboard(Protocol):
    """A service with a dashboard, in which a person does things no API can."""

    def dashboard(self, action: str, body: dict[str, Any]) -> Any:
        """Do what a person would do.

        Raises:
            LookupError: there is no such action, or not the thing it is done to.
            ValueError: the body does not fit the action.
        """
