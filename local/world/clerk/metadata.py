"""Metadata of users and organizations: merged or replaced.

A merge goes to any depth, and null removes a key (@clerk/backend 3.25.0, `updateUserMetadata`). The
size limit is not checked here.
"""

from __future__ import annotations

import copy

from local.world.clerk.http import InstanceCall, checked
from local.world.clerk.schema import Document


def change_metadata(
    call: InstanceCall, held: Document, names: tuple[str, ...], *, replace: bool
) -> None:
    """Apply the body; a missing field stays.

    Raises:
        ClerkError: the body has another field, or a field is not an object.
    """
    form = checked(call.body(optional=True), dict.fromkeys(names, dict))
    for name, value in form.items():
        held[name] = value if replace else merged(held[name], value)
    held["updated_at"] = call.backend.now_ms()


def merged(before: Document, change: Document) -> Document:
    """Return metadata with a change merged in; the original stays."""
    after = copy.deepcopy(before)
    for key, value in change.items():
        if value is None:
            after.pop(key, None)
        elif isinstance(value, dict):
            there = after.get(key)
            after[key] = merged(there if isinstance(there, dict) else {}, value)
        else:
            after[key] = value
    return after
