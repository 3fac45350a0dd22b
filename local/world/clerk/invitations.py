"""Invitations to organizations through the Backend API. Operations are named as there.

Nobody accepts one here, and no email is sent. Undocumented, so decided here: an address has one
pending invitation to an organization at most; the inviter must be a member who may manage members.
"""

from __future__ import annotations

from typing import Any

from local.world.clerk import errors, events
from local.world.clerk.http import Answer, InstanceCall, checked
from local.world.clerk.models import identifier
from local.world.clerk.people import emails_of
from local.world.clerk.role_sets import role_of
from local.world.clerk.schema import Document

INVITATIONS = "/v1/organizations/{organization}/invitations"
INVITATION = f"{INVITATIONS}/{{invitation}}"
DAYS = 30
MOST_DAYS = 365
MOST_AT_ONCE = 10
DAY_MS = 24 * 3600 * 1000
MANAGE_MEMBERS = "org:sys_memberships:manage"
ORDERS = ("created_at", "email_address")
STATUSES = ("pending", "accepted", "revoked", "expired")
FIELDS: dict[str, type | tuple[type, ...]] = {
    "email_address": str,
    "role": str,
    "inviter_user_id": str,
    "public_metadata": dict,
    "private_metadata": dict,
    "redirect_url": str,
    "expires_in_days": int,
    "notify": bool,
}


def create_invitation(call: InstanceCall) -> Answer:
    """CreateOrganizationInvitation."""
    organization = call.instance.people.organization(call.parts["organization"])
    return 200, _keep(call, _made(call, organization, call.body()))


def create_invitations(call: InstanceCall) -> Answer:
    """CreateOrganizationInvitationBulk: all or none."""
    organization = call.instance.people.organization(call.parts["organization"])
    forms = call.bodies()
    if not 1 <= len(forms) <= MOST_AT_ONCE:
        raise errors.param_invalid("invitations", f"must be from 1 to {MOST_AT_ONCE}")
    made = [_made(call, organization, form) for form in forms]
    if len({each["email_address"].lower() for each in made}) < len(made):
        raise _not_unique()
    shown = [_keep(call, each) for each in made]
    return 200, {"data": shown, "total_count": len(shown)}


def list_invitations(call: InstanceCall) -> Answer:
    """ListOrganizationInvitations."""
    # An empty status is invalid too.
    wanted = [each for text in call.query.getlist("status") for each in text.split(",")]
    if not set(wanted) <= set(STATUSES):
        raise errors.param_invalid("status", f"must be of {', '.join(STATUSES)}")
    return _listed(call, wanted)


def list_pending_invitations(call: InstanceCall) -> Answer:
    """ListPendingOrganizationInvitations."""
    return _listed(call, ["pending"])


def get_invitation(call: InstanceCall) -> Answer:
    """GetOrganizationInvitation."""
    return 200, _found(call)


def revoke_invitation(call: InstanceCall) -> Answer:
    """RevokeOrganizationInvitation."""
    found = _found(call)
    form = checked(call.body(optional=True), {"requesting_user_id": str})
    if "requesting_user_id" in form:
        _check_manager(call, found["organization_id"], form["requesting_user_id"])
    if found["status"] != "pending":
        code = "organization_invitation_not_pending"
        raise errors.ClerkError(404, code, "The invitation is not pending.")
    found["status"] = "revoked"
    found["updated_at"] = call.backend.now_ms()
    events.send(call.backend, call.instance, "organizationInvitation.revoked", found)
    return 200, found


def _made(call: InstanceCall, organization: Document, body: Document) -> Document:
    form = checked(body, FIELDS, ("email_address", "role"))
    address = form["email_address"].strip()
    name, at, host = address.partition("@")
    if not (name and at and host) or any(each.isspace() for each in address):
        raise errors.param_invalid("email_address", "must be an email address")
    role = role_of(call.instance, organization, form["role"])
    days = form.get("expires_in_days", DAYS)
    if not 1 <= days <= MOST_DAYS:
        raise errors.param_invalid("expires_in_days", f"must be from 1 to {MOST_DAYS}")
    inviter = form.get("inviter_user_id")
    if inviter is not None:
        _check_manager(call, organization["id"], inviter)
    people = call.instance.people
    user = people.of_email(address)
    if user is not None and people.membership(organization["id"], user["id"]) is not None:
        raise errors.ClerkError(400, "already_a_member_in_organization", "Already a member.")
    for invitation in people.invitations.values():
        there = (
            invitation["organization_id"],
            invitation["email_address"].lower(),
            invitation["status"],
        )
        if there == (organization["id"], address.lower(), "pending"):
            raise _not_unique()
    now = call.backend.now_ms()
    return {
        "object": "organization_invitation",
        "id": identifier("orginv"),
        "email_address": address,
        "role": role.key,
        "role_name": role.name,
        "organization_id": organization["id"],
        "inviter_id": inviter,
        "public_inviter_data": _inviter(call, inviter),
        "status": "pending",
        "public_metadata": form.get("public_metadata", {}),
        "private_metadata": form.get("private_metadata", {}),
        "url": None,
        "expires_at": now + days * DAY_MS,
        "created_at": now,
        "updated_at": now,
    }


def _keep(call: InstanceCall, made: Document) -> Document:
    call.instance.people.invitations[made["id"]] = made
    events.send(call.backend, call.instance, "organizationInvitation.created", made)
    return made


def _check_manager(call: InstanceCall, organization_id: str, user_id: str) -> None:
    membership = call.instance.people.membership(organization_id, user_id)
    if membership is None:
        raise errors.not_found("member", user_id)
    roles = [role for role in call.instance.roles.values() if role.key == membership["role"]]
    held = {call.instance.permissions[id_].key for role in roles for id_ in role.permissions}
    if MANAGE_MEMBERS not in held:
        code, missing = "missing_organization_permission", [MANAGE_MEMBERS]
        message = "This member may not manage members."
        raise errors.ClerkError(403, code, message, meta={"permissions": missing})


def _inviter(call: InstanceCall, user_id: str | None) -> Document | None:
    if user_id is None:
        return None
    user = call.instance.people.user(user_id)
    return {
        "user_id": user["id"],
        "first_name": user["first_name"],
        "last_name": user["last_name"],
        "image_url": "",
        "has_image": False,
        "identifier": next(iter(emails_of(user)), user["username"] or ""),
    }


def _not_unique() -> errors.ClerkError:
    code = "organization_invitation_not_unique"
    return errors.ClerkError(400, code, "This address has a pending invitation.")


def _found(call: InstanceCall) -> Document:
    people = call.instance.people
    organization = people.organization(call.parts["organization"])
    found = people.invitations.get(call.parts["invitation"])
    if found is None or found["organization_id"] != organization["id"]:
        raise errors.not_found("organization invitation", call.parts["invitation"])
    return found


def _listed(call: InstanceCall, statuses: list[str]) -> Answer:
    people = call.instance.people
    organization = people.organization(call.parts["organization"])
    address = call.query.get("email_address", "").lower()
    found = [
        invitation
        for invitation in people.invitations.values()
        if invitation["organization_id"] == organization["id"]
        and (not statuses or invitation["status"] in statuses)
        and (not address or invitation["email_address"].lower() == address)
    ]
    order = call.query.get("order_by", "-created_at").strip()
    field = order.lstrip("+-")
    if field not in ORDERS:
        raise errors.param_invalid("order_by", f"must be one of {', '.join(ORDERS)}")
    ranked = sorted(enumerate(found), key=lambda pair: (pair[1][field], pair[0]))
    ordered = [each for _, each in (reversed(ranked) if order.startswith("-") else ranked)]
    return 200, {"data": call.page(ordered), "total_count": len(found)}


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", INVITATIONS, list_invitations),
    ("POST", INVITATIONS, create_invitation),
    ("POST", f"{INVITATIONS}/bulk", create_invitations),
    ("GET", f"{INVITATIONS}/pending", list_pending_invitations),
    ("GET", INVITATION, get_invitation),
    ("POST", f"{INVITATION}/revoke", revoke_invitation),
)
