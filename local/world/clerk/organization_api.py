"""Organizations and their members through the Backend API.

Operations are named as in the Clerk Backend API. Undocumented, so decided here: a slug is made
from the name, with a number added if it is taken; a role that does not exist, or is not in the
organization's role set, is a 404; removing an organization revokes its API keys and ends its
subscriptions.
"""

from __future__ import annotations

from typing import Any

from local.world.clerk import errors, events, subscriptions
from local.world.clerk.backend import ClerkBackend
from local.world.clerk.http import Answer, InstanceCall, checked
from local.world.clerk.memberships import join, leave, membership_json
from local.world.clerk.models import Instance, identifier
from local.world.clerk.organization_forms import (
    check_limit,
    check_name,
    chosen_set,
    need_organizations,
    slug_of,
)
from local.world.clerk.role_sets import initial_set, role_of
from local.world.clerk.schema import Document
from local.world.clerk.user_search import found_users

ORGANIZATION = "/v1/organizations/{organization}"
MEMBERS = f"{ORGANIZATION}/memberships"
ORDERS = ("created_at", "name", "members_count")
ORDERS_OF_MEMBERS = (
    "phone_number",
    "email_address",
    "created_at",
    "first_name",
    "last_name",
    "username",
)
FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "created_by": str,
    "private_metadata": dict,
    "public_metadata": dict,
    "slug": str,
    "max_allowed_memberships": int,
    "created_at": str,
    "role_set_key": str,
}
MEMBER_FIELDS: dict[str, type | tuple[type, ...]] = {
    "user_id": str,
    "role": str,
    "public_metadata": dict,
    "private_metadata": dict,
}


def list_organizations(call: InstanceCall) -> Answer:
    """ListOrganizations."""
    people = call.instance.people
    members, ids = call.names("user_id"), call.names("organization_id")
    wanted = call.query.get("query", "").lower()
    found = [
        organization
        for organization in people.organizations.values()
        if (
            not wanted
            or organization["id"].lower() == wanted
            or wanted in organization["name"].lower()
            or wanted in organization["slug"]
        )
        and _fits({organization["id"]}, ids)
        and _fits(
            {one["user_id"] for one in people.memberships_of(organization_id=organization["id"])},
            members,
        )
    ]
    order = call.query.get("order_by", "-created_at").strip()
    field = order.lstrip("+-")
    if field not in ORDERS:
        raise errors.param_invalid("order_by", f"must be one of {', '.join(ORDERS)}")
    # Read in any case: an instance without organizations also refuses a wrong value.
    for name in ("include_missing_member_with_elevated_permissions", "include_members_count"):
        call.flag(name, status=422)
    ranked = sorted(enumerate(found), key=lambda pair: (_rank(call, pair[1], field), pair[0]))
    ordered = [each for _, each in (reversed(ranked) if order.startswith("-") else ranked)]
    shown = [_counted(call, each) for each in call.page(ordered)]
    return 200, {"data": shown, "total_count": len(found)}


def create_organization(call: InstanceCall) -> Answer:
    """CreateOrganization."""
    form = checked(call.body(), FIELDS, ("name",))
    creator = form.get("created_by")
    if creator is not None and creator not in call.instance.people.users:
        raise errors.param_invalid("created_by", "must be the id of a user")
    return 200, make_organization(call.backend, call.instance, form)


def get_organization(call: InstanceCall) -> Answer:
    """GetOrganization: by its id or its slug."""
    need_organizations(call.instance)
    found = call.instance.people.organization(call.parts["organization"])
    return 200, _counted(call, found)


def delete_organization(call: InstanceCall) -> Answer:
    """DeleteOrganization: with its memberships, API keys and subscriptions."""
    people = call.instance.people
    found = people.organization(call.parts["organization"])
    for membership in people.memberships_of(organization_id=found["id"]):
        leave(call.backend, call.instance, membership)
    for key in people.api_keys.values():
        if key["subject"] == found["id"]:
            key["revoked"] = True
    call.instance.subscriptions = [
        subscription
        for subscription in call.instance.subscriptions
        if subscription.payer_id != found["id"]
    ]
    people.invitations = {
        id_: each
        for id_, each in people.invitations.items()
        if each["organization_id"] != found["id"]
    }
    del people.organizations[found["id"]]
    gone = events.deleted("organization", found["id"], slug=found["slug"])
    events.send(call.backend, call.instance, "organization.deleted", gone)
    return 200, gone


def list_memberships(call: InstanceCall) -> Answer:
    """ListOrganizationMemberships."""
    people = call.instance.people
    there = people.memberships_of(organization_id=call.parts["organization"])
    users = found_users(call, [people.users[document["user_id"]] for document in there])
    ids, roles = {user["id"] for user in users}, call.names("role")
    found = [
        document
        for document in there
        if document["user_id"] in ids and _fits({document["role"]}, roles)
    ]
    order = call.query.get("order_by", "-created_at").strip()
    if order.lstrip("+-") not in ORDERS_OF_MEMBERS:
        raise errors.param_invalid("order_by", f"must be one of {', '.join(ORDERS_OF_MEMBERS)}")
    return 200, _listed(call, found)


def create_membership(call: InstanceCall) -> Answer:
    """CreateOrganizationMembership."""
    form = checked(call.body(), MEMBER_FIELDS, ("user_id", "role"))
    organization = call.instance.people.organization(call.parts["organization"])
    user = call.instance.people.user(form["user_id"])
    role = role_of(call.instance, organization, form["role"])
    return 200, join(call.backend, call.instance, organization, user, role, form)


def update_membership(call: InstanceCall) -> Answer:
    """UpdateOrganizationMembership: another role."""
    form = checked(call.body(), {"role": str}, ("role",))
    people = call.instance.people
    organization = people.organization(call.parts["organization"])
    found = people.membership(organization["id"], call.parts["user"])
    if found is None:
        raise errors.not_found("organization membership", call.parts["user"])
    found["role"] = role_of(call.instance, organization, form["role"]).key
    found["updated_at"] = call.backend.now_ms()
    shown = membership_json(call.instance, found)
    events.send(call.backend, call.instance, "organizationMembership.updated", shown)
    return 200, shown


def delete_membership(call: InstanceCall) -> Answer:
    """DeleteOrganizationMembership."""
    found = call.instance.people.membership(call.parts["organization"], call.parts["user"])
    if found is None:
        raise errors.not_found("organization membership", call.parts["user"])
    return 200, leave(call.backend, call.instance, found)


def list_memberships_of_user(call: InstanceCall) -> Answer:
    """UsersGetOrganizationMemberships: an unknown user has none."""
    return 200, _listed(call, call.instance.people.memberships_of(user_id=call.parts["user"]))


def get_subscription(call: InstanceCall) -> Answer:
    """GetOrganizationBillingSubscription."""
    organization = call.instance.people.organization(call.parts["organization"])
    shown = subscriptions.subscription_json(call.instance, organization, call.backend.now_ms())
    return 200, shown


def make_organization(backend: ClerkBackend, instance: Instance, form: Document) -> Document:
    """Create an organization with its creator as a member with the creator's role, and send the
    events.

    Raises:
        ClerkError: organizations are off, or the name, the slug or the limit is invalid.
    """
    need_organizations(instance)
    name = check_name(form["name"])
    section = instance.config["organization_settings"]
    most = check_limit(form.get("max_allowed_memberships", section["max_allowed_memberships"]))
    now = backend.now_ms()
    key = form.get("role_set_key")
    role_set = initial_set(instance) if key is None else chosen_set(instance, key)
    made: Document = {
        "object": "organization",
        "id": identifier("org"),
        "name": name,
        "slug": slug_of(instance, name, form.get("slug")),
        "image_url": "",
        "has_image": False,
        "max_allowed_memberships": most,
        "admin_delete_enabled": section["admin_delete_enabled"],
        "role_set_key": role_set.key,
        "public_metadata": form.get("public_metadata", {}),
        "private_metadata": form.get("private_metadata", {}),
        "created_at": now,
        "updated_at": now,
    }
    creator = form.get("created_by")
    if creator is not None:
        made["created_by"] = creator
    instance.people.organizations[made["id"]] = made
    events.send(backend, instance, "organization.created", made)
    if creator is not None:
        role = instance.roles[role_set.creator_role]
        join(backend, instance, made, instance.people.user(creator), role, {})
    return made


def _members(call: InstanceCall, organization: Document) -> int:
    return len(call.instance.people.memberships_of(organization_id=organization["id"]))


def _rank(call: InstanceCall, organization: Document, field: str) -> Any:
    return _members(call, organization) if field == "members_count" else organization[field]


def _counted(call: InstanceCall, organization: Document) -> Document:
    shown = dict(organization)
    call.flag("include_missing_member_with_elevated_permissions", status=422)
    if call.flag("include_members_count", status=422):
        shown["members_count"] = _members(call, organization)
    return shown


def _listed(call: InstanceCall, memberships: list[Document]) -> Document:
    shown = [membership_json(call.instance, each) for each in call.page(memberships)]
    return {"data": shown, "total_count": len(memberships)}


def _fits(has: set[str], names: list[str]) -> bool:
    without = {name[1:] for name in names if name.startswith("-")}
    only = {name.removeprefix("+") for name in names if not name.startswith("-")}
    return (not only or bool(has & only)) and not has & without


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/organizations", list_organizations),
    ("POST", "/v1/organizations", create_organization),
    ("GET", ORGANIZATION, get_organization),
    ("DELETE", ORGANIZATION, delete_organization),
    ("GET", f"{ORGANIZATION}/billing/subscription", get_subscription),
    ("GET", MEMBERS, list_memberships),
    ("POST", MEMBERS, create_membership),
    ("PATCH", f"{MEMBERS}/{{user}}", update_membership),
    ("DELETE", f"{MEMBERS}/{{user}}", delete_membership),
    ("GET", "/v1/users/{user}/organization_memberships", list_memberships_of_user),
)
