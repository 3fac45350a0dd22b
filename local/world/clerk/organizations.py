"""Organization settings, roles and permissions of one instance, as the Backend API has them.

The settings are those of the config section `organization_settings`; role ids there are keys here.
"""

from __future__ import annotations

import re
from typing import Any

from local.world.clerk import errors
from local.world.clerk.models import CREATOR_NEEDS, Instance, Permission, Role, identifier
from local.world.clerk.schema import Document

ROLE_KEY = re.compile(r"^org:[a-z0-9_]+$")
PERMISSION_KEY = re.compile(r"^org:[a-z0-9_]+:[a-z0-9_]+$")
MOST_ROLES = 10
"""Besides the ones every instance has."""
STANDARD_ROLES = ("org:admin", "org:member")
MOST_ROLE_SETS = 1
MOST_DOMAINS = 10
ROLE_SET = "role_set:default"
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
    """Give the settings as OrganizationSettings."""
    section = instance.config["organization_settings"]
    return {
        "object": "organization_settings",
        **{name: section[name] for name in SETTINGS},
        **{name: section[name] for name in DEFAULT_ROLES.values()},
        "max_allowed_roles": MOST_ROLES,
        "max_role_sets_allowed": MOST_ROLE_SETS,
        "max_allowed_domains": MOST_DOMAINS,
        "initial_role_set_key": ROLE_SET,
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
    """Give the role.

    Raises:
        ClerkError: there is none with this id.
    """
    if role_id not in instance.roles:
        raise errors.not_found("organization role", role_id)
    return instance.roles[role_id]


def find_permission(instance: Instance, permission_id: str) -> Permission:
    """Give the permission.

    Raises:
        ClerkError: there is none with this id.
    """
    if permission_id not in instance.permissions:
        raise errors.not_found("organization permission", permission_id)
    return instance.permissions[permission_id]


def create_role(instance: Instance, form: Document, now: int) -> Role:
    """Make a role.

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
    return role


def update_role(instance: Instance, role: Role, form: Document, now: int) -> Role:
    """Change the given fields; a new key follows into the organization settings.

    Raises:
        ClerkError: as for ``create_role``.
    """
    held = _permissions(instance, form["permissions"]) if "permissions" in form else None
    if held is not None:
        _check_creator(instance, role, held)
    if "key" in form:
        _check_key(instance, form["key"], role)
        section = instance.config["organization_settings"]
        for name in DEFAULT_ROLES.values():
            if section[name] == role.key:
                section[name] = form["key"]
        role.key = form["key"]
    role.name = form.get("name", role.name)
    role.description = form.get("description", role.description)
    role.permissions = role.permissions if held is None else held
    role.updated_at = now
    return role


def delete_role(instance: Instance, role: Role) -> Document:
    """Remove a role and say so.

    Raises:
        ClerkError: the organization settings name it.
    """
    section = instance.config["organization_settings"]
    uses = {"creator_role": "default_creator_role", "domains_default_role": "domain_default_role"}
    for name, use in uses.items():
        if section[name] == role.key:
            raise errors.role_in_use(use)
    del instance.roles[role.id]
    return {"object": "role", "id": role.id, "deleted": True}


def assign_permission(role: Role, permission: Permission, now: int) -> None:
    """Let a role have one more permission.

    Raises:
        ClerkError: it has it already.
    """
    if permission.id in role.permissions:
        raise errors.permission_assigned()
    role.permissions = [*role.permissions, permission.id]
    role.updated_at = now


def remove_permission(instance: Instance, role: Role, permission: Permission, now: int) -> None:
    """Take a permission from a role.

    Raises:
        ClerkError: the role does not have it, or is the creator's and can't do without it.
    """
    if permission.id not in role.permissions:
        raise errors.permission_not_assigned()
    left = [each for each in role.permissions if each != permission.id]
    _check_creator(instance, role, left)
    role.permissions = left
    role.updated_at = now


def create_permission(instance: Instance, form: Document, now: int) -> Permission:
    """Make a permission of one's own.

    Raises:
        ClerkError: the key is taken, malformed or reserved.
    """
    key = form["key"]
    if not PERMISSION_KEY.fullmatch(key) or key.startswith("org:sys_"):
        raise errors.param_invalid("key", "must be org:<feature>:<action>, not of org:sys_")
    if any(each.key == key for each in instance.permissions.values()):
        raise errors.duplicate("key")
    made = Permission(identifier("perm"), key, form["name"], now, now, form.get("description", ""))
    instance.permissions[made.id] = made
    return made


def role_set_json(instance: Instance) -> Document:
    """Give the one role set every instance has, as RoleSet."""
    section = instance.config["organization_settings"]
    items = {role.key: _role_item(role) for role in instance.roles.values()}
    made = min(role.created_at for role in instance.roles.values())
    return {
        "object": "role_set",
        "id": f"role_set_{instance.id}",
        "name": "Default role set",
        "key": ROLE_SET,
        "description": None,
        "roles": list(items.values()),
        "default_role": items.get(section["domains_default_role"]),
        "creator_role": items.get(section["creator_role"]),
        "type": "initial",
        "role_set_migration": None,
        "created_at": made,
        "updated_at": made,
    }


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
        each
        for each in items
        if not wanted
        or each["id"] == query
        or wanted in each["name"].lower()
        or wanted in each["key"].lower()
    ]
    in_order = sorted(enumerate(found), key=lambda pair: (pair[1][field], pair[0]))
    return [each for _, each in (reversed(in_order) if downwards else in_order)]


def _role_item(role: Role) -> Document:
    return {
        "object": "role_set_item",
        "id": role.id,
        "name": role.name,
        "key": role.key,
        "description": role.description,
        "members_count": 0,
        "has_members": False,
        "created_at": role.created_at,
        "updated_at": role.updated_at,
    }


def _check_key(instance: Instance, key: str, own: Role | None) -> None:
    if not ROLE_KEY.fullmatch(key):
        raise errors.param_invalid("key", "must be org: and lowercase letters, digits or _")
    if any(each.key == key and each is not own for each in instance.roles.values()):
        raise errors.duplicate("key")


def _check_creator(instance: Instance, role: Role, held: list[str]) -> None:
    keys = {instance.permissions[each].key for each in held}
    missing = CREATOR_NEEDS - keys
    if missing and role.key == instance.config["organization_settings"]["creator_role"]:
        raise errors.creator_needs(sorted(missing))


def _permissions(instance: Instance, ids: list[Any]) -> list[str]:
    if not all(isinstance(id_, str) for id_ in ids):
        raise errors.param_invalid("permissions", "must be ids")
    return list(dict.fromkeys(find_permission(instance, id_).id for id_ in ids))
