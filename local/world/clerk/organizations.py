"""Organization settings, roles and permissions of one instance, as the Backend API has them.

The settings are those of the config section `organization_settings`; role ids there are keys here.
"""

from __future__ import annotations

import re
from typing import Any

from local.world.clerk import errors, role_errors, role_sets
from local.world.clerk.models import STANDARD_ROLES, Instance, Permission, Role, identifier
from local.world.clerk.schema import Document

ROLE_KEY = re.compile(r"^org:[a-z0-9_]+$")
PERMISSION_KEY = re.compile(r"^org:[a-z0-9_]+:[a-z0-9_]+$")
MOST_ROLES = 10
"""In addition to the standard roles."""
MOST_DOMAINS = 10
ORDERS = ("created_at", "name", "key")
SETTINGS = {
    "enabled": "enabled",
    "max_allowed_memberships": "max_allowed_memberships",
    "admin_delete_enabled": "admin_delete_enabled",
    "domains_enabled": "domains_enabled",
    "slug_disabled": "slug_disabled",
    "domains_enrollment_modes": "domains_enrollment_modes",
}
DEFAULT_ROLES = {
    "creator_role_id": "creator_role",
    "domains_default_role_id": "domains_default_role",
}


def settings_json(instance: Instance) -> Document:
    """Return the settings as OrganizationSettings."""
    section = instance.config["organization_settings"]
    return {
        "object": "organization_settings",
        **{name: section[name] for name in SETTINGS},
        **{name: section[name] for name in DEFAULT_ROLES.values()},
        "max_allowed_roles": MOST_ROLES,
        "max_role_sets_allowed": role_sets.MOST_ROLE_SETS,
        "max_allowed_domains": MOST_DOMAINS,
        "initial_role_set_key": role_sets.initial_set(instance).key,
    }


def settings_change(instance: Instance, form: Document) -> Document:
    """Turn the Backend API's form into a change of the config section.

    Raises:
        ClerkError: there is no such role.
    """
    change = {name: form[name] for name in SETTINGS if name in form}
    for name, target in DEFAULT_ROLES.items():
        if name in form:
            change[target] = find_role(instance, form[name]).key
    return change


def find_role(instance: Instance, role_id: str) -> Role:
    """Return the role.

    Raises:
        ClerkError: there is none with this id.
    """
    if role_id not in instance.roles:
        raise errors.not_found("organization role", role_id)
    return instance.roles[role_id]


def find_permission(instance: Instance, permission_id: str) -> Permission:
    """Return the permission.

    Raises:
        ClerkError: there is none with this id.
    """
    if permission_id not in instance.permissions:
        raise errors.not_found("organization permission", permission_id)
    return instance.permissions[permission_id]


def create_role(instance: Instance, form: Document, now: int, *, included: bool = False) -> Role:
    """Create a role; if the form does not say so, ``included`` decides whether it is in the initial
    role set.

    Raises:
        ClerkError: the key is taken or malformed, a permission is not there, no organizations.
    """
    if not instance.config["organization_settings"]["enabled"]:
        raise errors.organizations_off()
    _check_key(instance, form["key"], None)
    if sum(role.key not in STANDARD_ROLES for role in instance.roles.values()) >= MOST_ROLES:
        raise errors.roles_quota(MOST_ROLES)
    held = _permissions(instance, form.get("permissions", []))
    role = Role(
        identifier("role"), form["key"], form["name"], now, now, form.get("description"), held
    )
    instance.roles[role.id] = role
    if form.get("include_in_initial_role_set", included):
        role_sets.initial_set(instance).roles.append(role.id)
    return role


def update_role(instance: Instance, role: Role, form: Document, now: int) -> Role:
    """Change the given fields; a new key also changes the organization settings and the members.

    Raises:
        ClerkError: as for ``create_role``.
    """
    held = _permissions(instance, form["permissions"]) if "permissions" in form else None
    if held is not None:
        role_sets.check_permissions(instance, role, held)
    if "key" in form:
        _check_key(instance, form["key"], role)
        _rename(instance, role, form["key"])
    role.name = form.get("name", role.name)
    role.description = form.get("description", role.description)
    role.permissions = role.permissions if held is None else held
    role.updated_at = now
    return role


def delete_role(instance: Instance, role: Role) -> Document:
    """Remove a role and return its DeletedObject.

    Raises:
        ClerkError: a member or an invitation has it.
    """
    role_sets.check_unused(instance, role)
    role_sets.take_out(instance, role)
    del instance.roles[role.id]
    return {"object": "role", "id": role.id, "deleted": True}


def assign_permission(role: Role, permission: Permission, now: int) -> None:
    """Add a permission to a role.

    Raises:
        ClerkError: the role has it already.
    """
    if permission.id in role.permissions:
        raise errors.permission_assigned()
    role.permissions = [*role.permissions, permission.id]
    role.updated_at = now


def remove_permission(instance: Instance, role: Role, permission: Permission, now: int) -> None:
    """Remove a permission from a role.

    Raises:
        ClerkError: the role does not have it, or is the creator's role and needs it.
    """
    if permission.id not in role.permissions:
        raise errors.permission_not_assigned()
    left = [each for each in role.permissions if each != permission.id]
    role_sets.check_permissions(instance, role, left)
    role.permissions = left
    role.updated_at = now


def create_permission(instance: Instance, form: Document, now: int) -> Permission:
    """Create a custom permission.

    Raises:
        ClerkError: the key is taken, malformed or reserved.
    """
    key = form["key"]
    _check_permission_key(instance, key, None)
    made = Permission(identifier("perm"), key, form["name"], now, now, form.get("description", ""))
    instance.permissions[made.id] = made
    return made


def update_permission(instance: Instance, permission: Permission, form: Document, now: int) -> None:
    """Change the given fields.

    Raises:
        ClerkError: it is Clerk's own, or as for ``create_permission``.
    """
    if permission.system:
        raise role_errors.system_permission()
    if "key" in form:
        _check_permission_key(instance, form["key"], permission)
    permission.key = form.get("key", permission.key)
    permission.name = form.get("name", permission.name)
    permission.description = form.get("description", permission.description)
    permission.updated_at = now


def delete_permission(instance: Instance, permission: Permission) -> Document:
    """Remove a permission, also from roles, and return its DeletedObject.

    Raises:
        ClerkError: it is Clerk's own.
    """
    if permission.system:
        raise role_errors.system_permission()
    for role in instance.roles.values():
        role.permissions = [each for each in role.permissions if each != permission.id]
    del instance.permissions[permission.id]
    return {"object": "permission", "id": permission.id, "deleted": True}


def listed(items: list[Document], query: str | None, order: str) -> list[Document]:
    """Filter by id, name or key, and sort; the newest first unless asked otherwise.

    Raises:
        ClerkError: there is no such order.
    """
    field, downwards = order.strip().lstrip("+-"), order.startswith("-")
    if field not in ORDERS:
        raise errors.param_invalid("order_by", f"must be one of {', '.join(ORDERS)}")
    wanted = (query or "").lower()
    found = [
        item
        for item in items
        if not wanted
        or item["id"] == query
        or wanted in item["name"].lower()
        or wanted in item["key"].lower()
    ]
    in_order = sorted(enumerate(found), key=lambda pair: (pair[1][field], pair[0]))
    return [each for _, each in (reversed(in_order) if downwards else in_order)]


def _check_key(instance: Instance, key: str, own: Role | None) -> None:
    if not ROLE_KEY.fullmatch(key):
        raise errors.param_invalid("key", "must be org: and lowercase letters, digits or _")
    if any(role.key == key and role is not own for role in instance.roles.values()):
        raise errors.duplicate("key")


def _check_permission_key(instance: Instance, key: str, own: Permission | None) -> None:
    if not PERMISSION_KEY.fullmatch(key) or key.startswith("org:sys_"):
        raise errors.param_invalid("key", "must be org:<feature>:<action>, not of org:sys_")
    if any(
        permission.key == key and permission is not own
        for permission in instance.permissions.values()
    ):
        raise errors.duplicate("key")


def _rename(instance: Instance, role: Role, key: str) -> None:
    people = instance.people
    for named in (*people.memberships.values(), *people.invitations.values()):
        if named["role"] == role.key:
            named["role"] = key
    role.key = key
    role_sets.to_config(instance)


def _permissions(instance: Instance, ids: list[Any]) -> list[str]:
    if not all(isinstance(id_, str) for id_ in ids):
        raise errors.param_invalid("permissions", "must be ids")
    return list(dict.fromkeys(find_permission(instance, id_).id for id_ in ids))
