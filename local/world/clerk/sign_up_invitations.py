"""Invitations to sign up through the Backend API. Operations are named as there.

Nobody accepts one here, and no email is sent. Undocumented, so decided here: an address has one
pending invitation at most, and a user's has none, unless `ignore_existing` is set; one that has
expired can still be revoked; the lists hold no more than a page, the newest first.
"""

from __future__ import annotations

import re
from typing import Any

from local.world.clerk import errors
from local.world.clerk.http import Answer, InstanceCall, bare_list, checked
from local.world.clerk.invitations import DAY_MS, DAYS, MOST_AT_ONCE, MOST_DAYS, STATUSES
from local.world.clerk.models import identifier
from local.world.clerk.schema import Document
from local.world.clerk.signing import signed
from local.world.clerk.users import EMAIL

INVITATIONS = "/v1/invitations"
ORDERS = ("created_at", "email_address", "expires_at")
TEMPLATES = ("invitation", "waitlist_invitation")
URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s]+", re.IGNORECASE)
FIELDS: dict[str, type | tuple[type, ...]] = {
    "email_address": str,
    "public_metadata": dict,
    "redirect_url": str,
    "notify": bool,
    "ignore_existing": bool,
    "expires_in_days": int,
    "template_slug": str,
}


def create_invitation(call: InstanceCall) -> Answer:
    """CreateInvitation."""
    form = _form(call.body())
    _check_new(call, [form])
    return 200, _made(call, form)


def create_invitations(call: InstanceCall) -> Answer:
    """CreateBulkInvitations: all or none."""
    forms = [_form(body) for body in call.bodies()]
    if not 1 <= len(forms) <= MOST_AT_ONCE:
        raise errors.param_invalid("invitations", f"must be from 1 to {MOST_AT_ONCE}")
    _check_new(call, forms)
    return 200, [_made(call, form) for form in forms]


def list_invitations(call: InstanceCall) -> Answer:
    """ListInvitations."""
    status, wanted = call.query.get("status"), call.query.get("query", "").lower()
    if status is not None and status not in STATUSES:
        raise errors.param_invalid("status", f"must be one of {', '.join(STATUSES)}")
    found = [
        each
        for each in _now(call)
        if status in (None, each["status"])
        and (not wanted or wanted in each["email_address"] or wanted == each["id"].lower())
    ]
    order = call.query.get("order_by", "-created_at").strip()
    field = order.lstrip("+-")
    if field not in ORDERS:
        raise errors.param_invalid("order_by", f"must be one of {', '.join(ORDERS)}")
    ranked = sorted(enumerate(found), key=lambda pair: (pair[1][field], pair[0]))
    ordered = [each for _, each in (reversed(ranked) if order.startswith("-") else ranked)]
    return 200, bare_list(call, ordered)


def revoke_invitation(call: InstanceCall) -> Answer:
    """RevokeInvitation."""
    held = call.instance.people.sign_up_invitations.get(call.parts["invitation"])
    if held is None:
        raise errors.not_found("invitation", call.parts["invitation"])
    if held["status"] == "revoked":
        message = "The invitation is revoked already."
        raise errors.ClerkError(400, "invitation_already_revoked", message)
    held |= {"status": "revoked", "revoked": True, "updated_at": call.backend.now_ms()}
    return 200, held


def _form(body: Document) -> Document:
    form = checked(body, FIELDS, ("email_address",))
    form["email_address"] = form["email_address"].strip().lower()
    if not EMAIL.fullmatch(form["email_address"]):
        raise errors.param_invalid("email_address", "must be an email address")
    if not 1 <= form.get("expires_in_days", DAYS) <= MOST_DAYS:
        raise errors.param_invalid("expires_in_days", f"must be from 1 to {MOST_DAYS}")
    if form.get("template_slug", TEMPLATES[0]) not in TEMPLATES:
        raise errors.param_invalid("template_slug", f"must be one of {', '.join(TEMPLATES)}")
    if "redirect_url" in form and not URL.fullmatch(form["redirect_url"]):
        raise errors.param_invalid("redirect_url", "must be a URL")
    return form


def _check_new(call: InstanceCall, forms: list[Document]) -> None:
    pending = [each["email_address"] for each in _now(call) if each["status"] == "pending"]
    wanted = [form["email_address"] for form in forms if not form.get("ignore_existing")]
    again = sorted({each for each in wanted if each in pending or wanted.count(each) > 1})
    if again:
        message = f"There are pending invitations for {', '.join(again)}."
        raise errors.ClerkError(400, "duplicate_record", message, meta={"email_addresses": again})
    if any(call.instance.people.of_email(each) is not None for each in wanted):
        raise errors.taken("email_address")


def _made(call: InstanceCall, form: Document) -> Document:
    now = call.backend.now_ms()
    ends = now + form.get("expires_in_days", DAYS) * DAY_MS
    made: Document = {
        "object": "invitation",
        "id": identifier("inv"),
        "email_address": form["email_address"],
        "public_metadata": form.get("public_metadata", {}),
        "revoked": False,
        "status": "pending",
        "expires_at": ends,
        "created_at": now,
        "updated_at": now,
    }
    claims = {"eid": call.instance.id, "sid": made["id"], "st": "invitation", "exp": ends // 1000}
    ticket = signed(call.instance, claims)
    page = form.get("redirect_url", f"https://{call.instance.domain.name}/sign-up")
    made["url"] = f"{page}{'&' if '?' in page else '?'}__clerk_ticket={ticket}"
    call.instance.people.sign_up_invitations[made["id"]] = made
    return made


def _now(call: InstanceCall) -> list[Document]:
    """Return all invitations, oldest first, with their current status."""
    now = call.backend.now_ms()
    return [
        {**sign_up_invitation, "status": "expired"}
        if sign_up_invitation["status"] == "pending" and sign_up_invitation["expires_at"] <= now
        else sign_up_invitation
        for sign_up_invitation in call.instance.people.sign_up_invitations.values()
    ]


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", INVITATIONS, list_invitations),
    ("POST", INVITATIONS, create_invitation),
    ("POST", f"{INVITATIONS}/bulk", create_invitations),
    ("POST", f"{INVITATIONS}/{{invitation}}/revoke", revoke_invitation),
)
