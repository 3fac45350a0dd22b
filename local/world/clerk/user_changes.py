"""Changes of users through the Backend API. Operations are named as there.

Undocumented, so decided here: null counts as missing, and an empty text removes a name; a password
is accepted and forgotten; signing out of other sessions ends all of them, because the request comes
from none.
"""

from __future__ import annotations

from typing import Any

from local.world.clerk import errors, events
from local.world.clerk.http import Answer, InstanceCall, checked, moment
from local.world.clerk.metadata import change_metadata
from local.world.clerk.schema import Document
from local.world.clerk.sessions import revoke
from local.world.clerk.users import METADATA, NAMES, NOT_HERE, USER

UNIQUE = ("external_id", "username")
SWITCHES = ("delete_self_enabled", "create_organization_enabled", "bypass_client_trust")
WITH_PASSWORD = ("skip_password_checks", "sign_out_of_other_sessions")
NOBODY_HAS = {
    "primary_phone_number_id": "phone number",
    "primary_web3_wallet_id": "web3 wallet",
    "profile_image_id": "image",
}
FIELDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(NAMES, str),
    **dict.fromkeys(SWITCHES, bool),
    **dict.fromkeys(WITH_PASSWORD, bool),
    **dict.fromkeys(NOBODY_HAS, str),
    "primary_email_address_id": str,
    "notify_primary_email_address_changed": bool,
    "password": str,
    "password_digest": str,
    "password_hasher": str,
    "totp_secret": str,
    "backup_codes": list,
    "create_organizations_limit": int,
    "legal_accepted_at": str,
    "skip_legal_checks": bool,
    "created_at": str,
}


def update_user(call: InstanceCall) -> Answer:
    """UpdateUser."""
    form = checked(call.body(), FIELDS)
    user = call.instance.people.user(call.parts["user"])
    change = _change(call, user, form)
    user |= change
    if form.get("sign_out_of_other_sessions"):
        for session in call.instance.people.sessions.values():
            if session["user_id"] == user["id"]:
                revoke(call.backend, call.instance, session)
    return _updated(call, user)


def update_metadata(call: InstanceCall) -> Answer:
    """UpdateUserMetadata: merges."""
    return _with_metadata(call, replace=False)


def replace_metadata(call: InstanceCall) -> Answer:
    """ReplaceUserMetadata: replaces."""
    return _with_metadata(call, replace=True)


def _with_metadata(call: InstanceCall, *, replace: bool) -> Answer:
    user = call.instance.people.user(call.parts["user"])
    change_metadata(call, user, METADATA, replace=replace)
    return _updated(call, user)


def _updated(call: InstanceCall, user: Document) -> Answer:
    user["updated_at"] = call.backend.now_ms()
    events.send(call.backend, call.instance, "user.updated", user)
    return 200, user


def _change(call: InstanceCall, user: Document, form: Document) -> Document:
    for name in NOT_HERE:
        if form.get(name):
            raise errors.param_unknown(name)
    for name, thing in NOBODY_HAS.items():
        if form.get(name):
            raise errors.not_found(thing, form[name])
    has_password = "password" in form or "password_digest" in form
    if "password_digest" in form and "password_hasher" not in form:
        raise errors.param_missing("password_hasher")
    if any(form.get(name) for name in WITH_PASSWORD) and "password" not in form:
        raise errors.param_missing("password")
    for name in UNIQUE:
        others = (each for each in call.instance.people.users.values() if each is not user)
        if form.get(name) and any(other[name] == form[name] for other in others):
            raise errors.taken(name)
    change: Document = {name: form[name] or None for name in NAMES if name in form}
    change |= {name: form[name] for name in SWITCHES if name in form}
    change |= _numbers(form)
    if has_password:
        change["password_enabled"] = True
    if form.get("primary_email_address_id"):
        change["primary_email_address_id"] = _email(user, form["primary_email_address_id"])
    return change


def _numbers(form: Document) -> Document:
    found: Document = {
        name: moment(form, name) for name in ("legal_accepted_at", "created_at") if name in form
    }
    if "create_organizations_limit" in form:
        if form["create_organizations_limit"] < 0:
            raise errors.param_invalid("create_organizations_limit", "must not be negative")
        found["create_organizations_limit"] = form["create_organizations_limit"]
    return found


def _email(user: Document, email_id: str) -> str:
    """Return the id of the user's address; every address here is verified."""
    if email_id not in {email_address["id"] for email_address in user["email_addresses"]}:
        raise errors.not_found("email address of the user", email_id)
    return email_id


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("PATCH", USER, update_user),
    ("PATCH", f"{USER}/metadata", update_metadata),
    ("PUT", f"{USER}/metadata", replace_metadata),
)
