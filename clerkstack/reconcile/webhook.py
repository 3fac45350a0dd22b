"""A webhook endpoint as declared and as Svix shows it (Svix API, EndpointOut)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from clerkstack.kept_url import kept_url
from clerkstack.settings.events import KNOWN_EVENTS, near_event
from clerkstack.shapes import Json, JsonObject, as_texts

OPTIONAL = "optional_events"
EVENTS_SETTING = "clerkstack:webhook.events"
Offered = Collection[str] | None
"""The event types that Svix offers; None if the token may not read them."""


class LiveEndpoint(Protocol):
    """An endpoint as Svix shows it. `event_types` is None if it gets all events."""

    @property
    def url(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def event_types(self) -> Sequence[str] | None: ...


def wanted(inputs: Mapping[str, Json], left_out: Collection[str] = ()) -> JsonObject:
    """The declared fields of a resource's inputs, without the events in `left_out`."""
    events: Json = [event for event in events_of(inputs) if event not in left_out]
    url = kept_url(str(inputs["url"]))
    return {"url": url, "events": events, "description": inputs["description"]}


def seen(endpoint: LiveEndpoint) -> JsonObject:
    """A live endpoint in the shape of a declared one; no events means all."""
    events = sorted(endpoint.event_types or ())
    url = kept_url(endpoint.url)
    return {"url": url, "events": [*events], "description": endpoint.description}


def events_of(inputs: Mapping[str, Json]) -> list[str]:
    """The declared events."""
    return as_texts(inputs.get("events"), "events")


def optional_of(inputs: Mapping[str, Json]) -> list[str]:
    """The optional ones of the declared events."""
    return as_texts(inputs.get(OPTIONAL), OPTIONAL)


def new_events(inputs: Mapping[str, Json], endpoint: LiveEndpoint | None) -> list[str]:
    """The declared events that a live endpoint does not name; all if there is none."""
    has = () if endpoint is None else endpoint.event_types or ()
    return [event for event in events_of(inputs) if event not in has]


def left_out(
    inputs: Mapping[str, Json],
    endpoint: LiveEndpoint | None,
    offered: Callable[[], Offered],
) -> tuple[str, ...]:
    """The optional events that the endpoint lacks because Svix does not offer them.

    `offered` is called only if the endpoint lacks one. If the list cannot be read, Svix is assumed
    to offer none of them.
    """
    if endpoint is None or endpoint.event_types is None:
        return ()
    lacking = [event for event in new_events(inputs, endpoint) if event in optional_of(inputs)]
    offered_events = (offered() or ()) if lacking else ()
    return tuple(event for event in lacking if event not in offered_events)


def unknown_events(events: Iterable[str], inputs: Mapping[str, Json], offered: Offered) -> str:
    """Why an endpoint cannot have some of these events, apart from optional ones; empty if it can.

    If the offered events are unknown (None), because there is nobody to ask, an event must be one
    that Clerk documents.
    """
    known_events = KNOWN_EVENTS if offered is None else offered
    optional = optional_of(inputs)
    unknown = [event for event in events if event not in known_events and event not in optional]
    if not unknown:
        return ""
    reason = "Svix does not offer these event types for this instance"
    if offered is None:
        reason = "Clerk does not document these event types, and Svix cannot be asked yet"
    mistyped = [event for event in unknown if event not in KNOWN_EVENTS]
    meant = [
        f"{near} for {event}" for event in mistyped if (near := near_event(event, known_events))
    ]
    hint = f" Did you mean {', '.join(meant)}?" if meant else ""
    return (
        f"{EVENTS_SETTING} names {', '.join(unknown)}, and {reason}. The webhook endpoint was not "
        f"written. Remove it from {EVENTS_SETTING}.{hint}"
    )
