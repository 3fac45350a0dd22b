"""Memberships of organizations, and the effects of their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.world.clerk import errors, events
from local.world.clerk.models import Instance, Role, identifier
from local.world.clerk.people import emails_of
from local.world.clerk.schema import Document

if TYPE_CHECKING:
    from local.world.clerk.backend import ClerkBackend


def join(
    backend: ClerkBackend,
    instance: Instance,
    organization: Document,
    user: Document,
    role: Role,
    form: Document,
) -> Document:
    """Make the user a member, and send the event.

    Raises:
        ClerkError: the user is a member, or the organization is full.
    """
    people = instance.people
    if people.membership(organization["id"], user["id"]) is not None:
        raise errors.ClerkError(400, "already_a_member_in_organization", "Already a member.")
    most = organization["max_allowed_memberships"]
    if most and len(people.memberships_of(organization_id=organization["id"])) >= most:
        message = f"The organization has {most} members, and may not have more."
        raise errors.ClerkError(403, "organization_membership_quota_exceeded", message)
    now = backend.now_ms()
    made: Document = {
        "id": identifier("orgmem"),
        "organization_id": organization["id"],
        "user_id": user["id"],
        "role": role.key,
        "public_metadata": form.get("public_metadata", {}),
        "private_metadata": form.get("private_metadata", {}),
        "created_at": now,
        "updated_at": now,
    }
    people.memberships[made["id"]] = made
    shown = membership_json(instance, made)
    events.send(backend, instance, "organizationMembership.created", shown)
    return shown


def leave(backend: ClerkBackend, instance: Instance, membership: Document) -> Document:
    """End a membership, and send the event; sessions with this active organization lose it."""
    shown = membership_json(instance, membership)
    del instance.people.memberships[membership["id"]]
    for session in instance.people.sessions.values():
        there = (session["user_id"], session["last_active_organization_id"])
        if there == (membership["user_id"], membership["organization_id"]):
            session["last_active_organization_id"] = None
    events.send(backend, instance, "organizationMembership.deleted", shown)
    return shown


def membership_json(instance: Instance, membership: Document) -> Document:
    """Return it as OrganizationMembership."""
    people = instance.people
    user = people.users[membership["user_id"]]
    role = next((each for each in instance.roles.values() if each.key == membership["role"]), None)
    held = [] if role is None else role.permissions
    return {
        "object": "organization_membership",
        "id": membership["id"],
        "role": membership["role"],
        "role_name": membership["role"] if role is None else role.name,
        "permissions": [instance.permissions[id_].key for id_ in held],
        "public_metadata": membership["public_metadata"],
        "private_metadata": membership["private_metadata"],
        "organization": people.organizations[membership["organization_id"]],
        "public_user_data": {
            "user_id": user["id"],
            "first_name": user["first_name"],
            "last_name": user["last_name"],
            "profile_image_url": None,
            "image_url": "",
            "has_image": False,
            "identifier": next(iter(emails_of(user)), user["username"]),
            "banned": user["banned"],
        },
        "created_at": membership["created_at"],
        "updated_at": membership["updated_at"],
    }
