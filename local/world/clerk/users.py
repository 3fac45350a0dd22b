"""Users of an instance: created, searched, counted and removed through the Backend API.

Operations are named as in the Clerk Backend API. Undocumented, so decided here: a password is
accepted and forgotten; phone numbers and wallets are refused, because they are not emulated.
"""

from __future__ import annotations

import re
from typing import Any

from local.world.clerk import errors, events
from local.world.clerk.backend import ClerkBackend
from local.world.clerk.http import Answer, InstanceCall, checked
from local.world.clerk.memberships import leave
from local.world.clerk.models import Instance, identifier
from local.world.clerk.schema import Document
from local.world.clerk.user_search import found_users, in_order

USER = "/v1/users/{user}"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NAMES = ("external_id", "first_name", "last_name", "username", "locale")
METADATA = ("public_metadata", "private_metadata", "unsafe_metadata")
FIELDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(NAMES, str),
    **dict.fromkeys(METADATA, dict),
    "email_address": list,
    "email_address_identification_status": list,
    "phone_number": list,
    "phone_number_identification_status": list,
    "web3_wallet": list,
    "password": str,
    "password_digest": str,
    "password_hasher": str,
    "skip_password_checks": bool,
    "skip_password_requirement": bool,
    "totp_secret": str,
    "backup_codes": list,
    "delete_self_enabled": bool,
    "legal_accepted_at": str,
    "skip_legal_checks": bool,
    "skip_user_requirement": bool,
    "create_organization_enabled": bool,
    "create_organizations_limit": int,
    "created_at": str,
    "bypass_client_trust": bool,
    "banned": bool,
    "locked": bool,
}
NONE_HERE = (
    "phone_numbers",
    "web3_wallets",
    "passkeys",
    "external_accounts",
    "saml_accounts",
    "enterprise_accounts",
)
NOT_HERE = ("phone_number", "web3_wallet", "totp_secret", "backup_codes")
VERIFIED_BY_ADMIN = {
    "object": "verification_admin",
    "status": "verified",
    "strategy": "admin",
    "attempts": None,
    "expire_at": None,
}


def list_users(call: InstanceCall) -> Answer:
    """GetUserList."""
    return 200, call.page(in_order(call, found_users(call)))


def count_users(call: InstanceCall) -> Answer:
    """GetUsersCount."""
    return 200, {"object": "total_count", "total_count": len(found_users(call))}


def create_user(call: InstanceCall) -> Answer:
    """CreateUser."""
    form = checked(call.body(), FIELDS)
    _check_statuses(form)
    for name in NOT_HERE:
        if form.get(name):
            raise errors.param_unknown(name)
    section = call.instance.config["auth_password"]
    has_password = "password" in form or "password_digest" in form
    excused = has_password or form.get("skip_password_requirement", False)
    if section["enabled"] and section["required"] and not excused:
        raise errors.param_missing("password")
    addresses = [_address(call.instance, each) for each in form.get("email_address", ())]
    excused = bool(addresses) or form.get("skip_user_requirement", False)
    if call.instance.config["auth_email"]["required_for_sign_up"] and not excused:
        raise errors.param_missing("email_address")
    if len(set(addresses)) != len(addresses):
        raise errors.taken("email_address")
    return 200, make_user(call.backend, call.instance, addresses, form, has_password=has_password)


def get_user(call: InstanceCall) -> Answer:
    """GetUser."""
    return 200, call.instance.people.user(call.parts["user"])


def delete_user(call: InstanceCall) -> Answer:
    """DeleteUser: with memberships, sessions and API keys."""
    people = call.instance.people
    user = people.user(call.parts["user"])
    for membership in people.memberships_of(user_id=user["id"]):
        leave(call.backend, call.instance, membership)
    for session in people.sessions.values():
        if session["user_id"] == user["id"] and session["status"] == "active":
            session["status"] = "removed"
    for key in people.api_keys.values():
        if key["subject"] == user["id"]:
            key["revoked"] = True
    del people.users[user["id"]]
    gone = events.deleted("user", user["id"])
    if user["external_id"] is not None:
        gone["external_id"] = user["external_id"]
    events.send(call.backend, call.instance, "user.deleted", gone)
    return 200, gone


def make_user(
    backend: ClerkBackend,
    instance: Instance,
    addresses: list[str],
    form: Document,
    *,
    has_password: bool = False,
    verification: Document | None = None,
) -> Document:
    """Create a user with verified email addresses, and send the event."""
    now = backend.now_ms()
    emails = [
        {
            "object": "email_address",
            "id": identifier("idn"),
            "email_address": address,
            "reserved": False,
            "verification": dict(verification or VERIFIED_BY_ADMIN),
            "linked_to": [],
            "matches_sso_connection": False,
            "created_at": now,
            "updated_at": now,
        }
        for address in addresses
    ]
    user: dict[str, Any] = {
        "object": "user",
        "id": identifier("user"),
        **{name: form.get(name) for name in NAMES},
        **{name: form.get(name, {}) for name in METADATA},
        "primary_email_address_id": emails[0]["id"] if emails else None,
        "primary_phone_number_id": None,
        "primary_web3_wallet_id": None,
        "image_url": "",
        "has_image": False,
        "email_addresses": emails,
        **{name: [] for name in NONE_HERE},
        "password_enabled": has_password,
        **dict.fromkeys(("two_factor_enabled", "totp_enabled", "backup_code_enabled"), False),
        **dict.fromkeys(("mfa_enabled_at", "mfa_disabled_at", "legal_accepted_at"), None),
        "last_sign_in_at": None,
        "last_active_at": None,
        "banned": form.get("banned", False),
        "locked": form.get("locked", False),
        "lockout_expires_in_seconds": None,
        "verification_attempts_remaining": None,
        "delete_self_enabled": form.get("delete_self_enabled", True),
        "create_organization_enabled": form.get("create_organization_enabled", True),
        "created_at": now,
        "updated_at": now,
    }
    instance.people.users[user["id"]] = user
    events.send(backend, instance, "user.created", user)
    return user


def _address(instance: Instance, given: Any) -> str:
    if not isinstance(given, str) or not EMAIL.fullmatch(given):
        raise errors.param_invalid("email_address", "must be email addresses")
    if instance.people.of_email(given) is not None:
        raise errors.taken("email_address")
    return given.lower()


def _check_statuses(form: Document) -> None:
    for name in ("email_address_identification_status", "phone_number_identification_status"):
        if any(each not in ("verified", "reserved") for each in form.get(name, ())):
            raise errors.param_invalid(name, "must be verified or reserved")
    for name in ("email_address", "phone_number", "web3_wallet", "backup_codes"):
        if not all(isinstance(each, str) for each in form.get(name, ())):
            raise errors.param_invalid(name, "must be texts")


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/users", list_users),
    ("POST", "/v1/users", create_user),
    ("GET", "/v1/users/count", count_users),
    ("GET", USER, get_user),
    ("DELETE", USER, delete_user),
)
