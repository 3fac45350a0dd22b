"""Role sets through the Backend API. Operations are named as there."""

from __future__ import annotations

from typing import Any

from local.world.clerk import errors, organizations, role_sets
from local.world.clerk.http import Answer, InstanceCall, checked
from local.world.clerk.models import RoleSet

ROLE_SET = "/v1/role_sets/{role_set}"
Fields = dict[str, type | tuple[type, ...]]
ENDS: Fields = {"default_role_key": str, "creator_role_key": str}
NAMES: Fields = {"name": str, "key": str, "description": str, "type": str}


def list_role_sets(call: InstanceCall) -> Answer:
    """ListRoleSets."""
    call.need_roles()
    instance = call.instance
    shown = [
        role_sets.role_set_json(instance, role_set) for role_set in instance.role_sets.values()
    ]
    order = call.query.get("order_by", "-created_at")
    found = organizations.listed(shown, call.query.get("query"), order)
    return 200, {"data": call.page(found), "total_count": len(found)}


def create_role_set(call: InstanceCall) -> Answer:
    """CreateRoleSet."""
    call.need_roles()
    needed = ("name", "default_role_key", "creator_role_key", "roles")
    form = checked(call.body(), {**NAMES, **ENDS, "roles": list}, needed)
    if form.get("type", "custom") not in ("initial", "custom"):
        raise errors.param_invalid("type", "must be initial or custom")
    made = role_sets.create_role_set(call.instance, form, call.backend.now_ms())
    return _shown(call, made)


def get_role_set(call: InstanceCall) -> Answer:
    """GetRoleSet."""
    return _shown(call, _found(call))


def update_role_set(call: InstanceCall) -> Answer:
    """UpdateRoleSet."""
    found = _found(call)
    form = checked(call.body(), {**NAMES, **ENDS})
    if form.get("type", "initial") != "initial":
        raise errors.param_invalid("type", "must be initial")
    role_sets.update_role_set(call.instance, found, form, call.backend.now_ms())
    return _shown(call, found)


def replace_role_set(call: InstanceCall) -> Answer:
    """ReplaceRoleSet."""
    found = _found(call)
    fields: Fields = {"dest_role_set_key": str, "reassignment_mappings": dict}
    form = checked(call.body(), fields, ("dest_role_set_key",))
    if not all(isinstance(each, str) for each in form.get("reassignment_mappings", {}).values()):
        raise errors.param_invalid("reassignment_mappings", "must be keys of roles")
    gone = role_sets.replace_role_set(call.instance, found, form, call.backend.now_ms())
    return 200, gone


def add_roles(call: InstanceCall) -> Answer:
    """AddRolesToRoleSet."""
    found = _found(call)
    form = checked(call.body(), {**ENDS, "role_keys": list}, ("role_keys",))
    role_sets.add_roles(call.instance, found, form, call.backend.now_ms())
    return _shown(call, found)


def replace_role(call: InstanceCall) -> Answer:
    """ReplaceRoleInRoleSet."""
    found = _found(call)
    names = ("role_key", "to_role_key")
    form = checked(call.body(), dict.fromkeys(names, str), names)
    role_sets.replace_role(call.instance, found, form, call.backend.now_ms())
    return _shown(call, found)


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/role_sets", list_role_sets),
    ("POST", "/v1/role_sets", create_role_set),
    ("GET", ROLE_SET, get_role_set),
    ("PATCH", ROLE_SET, update_role_set),
    ("POST", f"{ROLE_SET}/replace", replace_role_set),
    ("POST", f"{ROLE_SET}/roles", add_roles),
    ("POST", f"{ROLE_SET}/roles/replace", replace_role),
)


def _found(call: InstanceCall) -> RoleSet:
    call.need_roles()
    return role_sets.find_role_set(call.instance, call.parts["role_set"])


def _shown(call: InstanceCall, found: RoleSet) -> Answer:
    return 200, role_sets.role_set_json(call.instance, found)
