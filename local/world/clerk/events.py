"""Sends events to the webhook endpoints of an instance."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from local.world.clerk.models import Instance
from local.world.clerk.schema import Document

if TYPE_CHECKING:
    from local.world.clerk.backend import ClerkBackend


def send(backend: ClerkBackend, instance: Instance, kind: str, data: Document) -> None:
    """Pass an event to Svix, in the form of the webhooks' description.

    An instance without a Svix app sends nothing. `apiKey.*` are undocumented: their data is the key
    as in the Backend API.
    """
    payload: Document = {
        "object": "event",
        "type": kind,
        "timestamp": backend.now_ms(),
        "instance_id": instance.id,
        "event_attributes": {"http_request": {"client_ip": "127.0.0.1", "user_agent": ""}},
        "data": copy.deepcopy(data),
    }
    for app in backend.svix.apps().values():
        if app.instance_id == instance.id:
            backend.svix.deliveries.deliver(app.id, kind, payload)


def deleted(kind: str, id_: str, **more: str) -> Document:
    """Return the DeletedObject of something that was removed."""
    return {"object": kind, "id": id_, "deleted": True, **more}
