"""What Clerk tells the webhook endpoints of an instance when something has happened."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from local.world.clerk.models import Instance
from local.world.clerk.schema import Document

if TYPE_CHECKING:
    from local.world.clerk.backend import ClerkBackend


def tell(backend: ClerkBackend, instance: Instance, kind: str, data: Document) -> None:
    """Hand an event to Svix, as the description of the webhooks has it.

    An instance without a Svix app tells nobody. No description has `apiKey.*`: their data is the
    key as the Backend API shows it.
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
    """Return what is left of something that was removed, as DeletedObject."""
    return {"object": kind, "id": id_, "deleted": True, **more}
