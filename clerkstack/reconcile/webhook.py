"""A webhook endpoint: what is declared of it, what is seen (Svix API, EndpointOut)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from clerkstack.reconcile.changes import Json, JsonObject

FIELDS = ("url", "events", "description")


class LiveEndpoint(Protocol):
    """An endpoint as Svix shows it. `event_types` is None where it gets all events."""

    @property
    def url(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def event_types(self) -> Sequence[str] | None: ...


def wanted(inputs: Mapping[str, Json]) -> JsonObject:
    """The fields that are declared, out of a resource's inputs."""
    return {key: inputs[key] for key in FIELDS}


def seen(endpoint: LiveEndpoint) -> JsonObject:
    """A live endpoint in the shape an endpoint is declared in."""
    events = cast(Json, sorted(endpoint.event_types or ()))
    return {"url": endpoint.url, "events": events, "description": endpoint.description}
