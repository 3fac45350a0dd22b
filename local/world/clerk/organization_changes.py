"""Changes of organizations through the Backend API. Operations are named as there.

Undocumented, so decided here: null counts as left out; an organization can't move to a role set
that lacks a role of one of its members, and is refused as a role set is that is replaced without
mappings.
"""

from __future__ import annotations

from typing import Any

from local.world.clerk import events, role_errors
from local.world.clerk.http import Answer, InstanceCall, checked, moment
from local.world.clerk.metadata import change_metadata
from local.world.clerk.organization_api import ORGANIZATION
from local.world.clerk.organization_forms import (
    check_limit,
    check_name,
    check_slug,
    chosen_set,
    need_organizations,
)
from local.world.clerk.schema import Document

METADATA = ("public_metadata", "private_metadata")
FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "slug": str,
    "max_allowed_memberships": int,
    "admin_delete_enabled": bool,
    "created_at": str,
    "role_set_key": str,
}


def update_organization(call: InstanceCall) -> Answer:
    """UpdateOrganization."""
    need_organizations(call.instance)
    form = checked(call.body(), FIELDS)
    organization = _organization(call)
    organization |= _change(call, organization, form)
    return _updated(call, organization)


def merge_metadata(call: InstanceCall) -> Answer:
    """MergeOrganizationMetadata."""
    return _with_metadata(call, replace=False)


def replace_metadata(call: InstanceCall) -> Answer:
    """ReplaceOrganizationMetadata."""
    return _with_metadata(call, replace=True)


def _with_metadata(call: InstanceCall, *, replace: bool) -> Answer:
    organization = _organization(call)
    change_metadata(call, organization, METADATA, replace=replace)
    return _updated(call, organization)


def _organization(call: InstanceCall) -> Document:
    return call.instance.people.organization(call.parts["organization"])


def _updated(call: InstanceCall, organization: Document) -> Answer:
    organization["updated_at"] = call.backend.now_ms()
    events.send(call.backend, call.instance, "organization.updated", organization)
    return 200, organization


def _change(call: InstanceCall, organization: Document, form: Document) -> Document:
    change: Document = {}
    if "name" in form:
        change["name"] = check_name(form["name"])
    if "slug" in form:
        change["slug"] = check_slug(call.instance, form["slug"], own=organization)
    if "max_allowed_memberships" in form:
        change["max_allowed_memberships"] = check_limit(form["max_allowed_memberships"])
    if "admin_delete_enabled" in form:
        change["admin_delete_enabled"] = form["admin_delete_enabled"]
    if "created_at" in form:
        change["created_at"] = moment(form, "created_at")
    if "role_set_key" in form:
        change["role_set_key"] = _role_set(call, organization, form["role_set_key"])
    return change


def _role_set(call: InstanceCall, organization: Document, key: str) -> str:
    held = {call.instance.roles[id_].key for id_ in chosen_set(call.instance, key).roles}
    members = call.instance.people.memberships_of(organization_id=organization["id"])
    lacking = {member["role"] for member in members} - held
    if lacking:
        raise role_errors.mappings_missing(sorted(lacking))
    return key


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("PATCH", ORGANIZATION, update_organization),
    ("PATCH", f"{ORGANIZATION}/metadata", merge_metadata),
    ("PUT", f"{ORGANIZATION}/metadata", replace_metadata),
)
