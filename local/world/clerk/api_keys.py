"""API keys of users and organizations, through the Backend API.

Operations are named as in the Clerk Backend API. A key is shown once, when it is created; only its
digest is stored. Undocumented, so decided here: a revoked or expired key verifies as 400, an
unknown one as 404, both with a code; creating one for an owner without API keys is 400.

If the vendor's own parts differ, the description decides: creating a key answers 200, although the
official Python client (7.0.0) only accepts 201, and fails after the key was created.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from local.world.clerk import errors, events
from local.world.clerk.http import Answer, InstanceCall, checked
from local.world.clerk.models import LETTERS, Instance
from local.world.clerk.schema import Document
from local.world.clerk.sections import API_KEYS
from local.world.minted import minted
from local.world.wire import number

KEY = "/v1/api_keys/{key}"
SUBJECT = re.compile(r"(user|org|mch|scim)_\w{27}", re.ASCII)
USER = re.compile(r"user_\w{27}", re.ASCII)
NAME = re.compile(r"(\S(.*\S)?)?")
LARGEST_PAGE = 100
SHORTEST_NAME = 3
SWITCHES = {"user": "user_api_keys_enabled", "org": "orgs_api_keys_enabled"}
FIELDS: dict[str, type | tuple[type, ...]] = {
    "type": str,
    "name": str,
    "description": str,
    "subject": str,
    "claims": object,
    "scopes": list,
    "created_by": str,
    "seconds_until_expiration": (int, float),
}
CONTROL = re.compile(r"[\x00-\x1f]")


def create_api_key(call: InstanceCall) -> Answer:
    """createApiKey."""
    form = _form(call, FIELDS, ("name", "subject"))
    _check(form)
    _check_subject(call.instance, form["subject"])
    now = call.backend.now_ms()
    lifetime = form.get("seconds_until_expiration")
    secret = minted("an API key", "ak_" + "".join(secrets.choice(LETTERS) for _ in range(43)))
    made: Document = {
        "object": "api_key",
        "id": f"ak_{secrets.token_hex(16)}",
        "type": form.get("type", "api_key"),
        "subject": form["subject"],
        "name": form["name"],
        "description": form.get("description"),
        "claims": form.get("claims"),
        "scopes": form.get("scopes", []),
        "revoked": False,
        "revocation_reason": None,
        "expired": False,
        "expiration": None if lifetime is None else now + int(lifetime * 1000),
        "created_by": form.get("created_by"),
        "last_used_at": None,
        "created_at": now,
        "updated_at": now,
    }
    call.instance.people.api_keys[made["id"]] = made
    call.instance.people.hidden[made["id"]] = _digest(secret)
    events.send(call.backend, call.instance, "apiKey.created", made)
    return 200, {**made, "secret": secret}


def list_api_keys(call: InstanceCall) -> Answer:
    """getApiKeys: valid ones unless asked otherwise."""
    subject = call.query.get("subject", "")
    if not SUBJECT.fullmatch(subject):
        raise _wrong("subject", "must be the id of a user or an organization")
    everything = call.flag("include_invalid")
    kind, wanted = call.query.get("type", "api_key"), call.query.get("query", "").lower()
    found = [
        each
        for each in (_now(call, key) for key in reversed(_keys(call)))
        if each["subject"] == subject
        and each["type"] == kind
        and (everything or not (each["revoked"] or each["expired"]))
        and (not wanted or wanted in each["name"].lower() or wanted == each["id"].lower())
    ]
    limit, offset = _number(call, "limit", 10), _number(call, "offset", 0)
    if not 1 <= limit <= LARGEST_PAGE:
        raise _wrong("limit", f"must be from 1 to {LARGEST_PAGE}")
    return 200, {"data": found[offset : offset + limit], "total_count": len(found)}


def get_api_key(call: InstanceCall) -> Answer:
    """getApiKey."""
    return 200, _now(call, _found(call))


def revoke_api_key(call: InstanceCall) -> Answer:
    """revokeApiKey."""
    form = _form(call, {"revocation_reason": str})
    key = _found(call)
    if not key["revoked"]:
        key["revoked"] = True
        key["revocation_reason"] = form.get("revocation_reason")
        key["updated_at"] = call.backend.now_ms()
    return 200, _now(call, key)


def delete_api_key(call: InstanceCall) -> Answer:
    """deleteApiKey."""
    key = _found(call)
    del call.instance.people.api_keys[key["id"]]
    call.instance.people.hidden.pop(key["id"], None)
    return 200, {"object": "api_key", "id": key["id"], "deleted": True}


def verify_api_key(call: InstanceCall) -> Answer:
    """verifyApiKey."""
    form = _form(call, {"secret": str}, ("secret",))
    digest = _digest(form["secret"])
    for key in _keys(call):
        if call.instance.people.hidden.get(key["id"]) == digest:
            shown = _now(call, key)
            for reason in ("revoked", "expired"):
                if shown[reason]:
                    raise errors.ClerkError(400, f"api_key_{reason}", f"The API key is {reason}.")
            key["last_used_at"] = call.backend.now_ms()
            return 200, _now(call, key)
    raise errors.ClerkError(404, "api_key_not_found", "There is no such API key.")


def _keys(call: InstanceCall) -> list[Document]:
    return list(call.instance.people.api_keys.values())


def _found(call: InstanceCall) -> Document:
    key = call.instance.people.api_keys.get(call.parts["key"])
    if key is None:
        raise errors.not_found("API key", call.parts["key"])
    return key


def _now(call: InstanceCall, key: Document) -> Document:
    ends = key["expiration"]
    return {**key, "expired": ends is not None and ends <= call.backend.now_ms()}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _form(
    call: InstanceCall,
    fields: dict[str, type | tuple[type, ...]],
    required: tuple[str, ...] = (),
) -> Document:
    """Read the body; every error is a 400, since the description has no 422 here."""
    try:
        return checked(call.body(), fields, required)
    except errors.ClerkError as error:
        raise errors.ClerkError(400, error.code, error.message, meta=error.meta) from None


def _check(form: Document) -> None:
    name = form["name"]
    if len(name) < SHORTEST_NAME or not NAME.fullmatch(name) or CONTROL.search(name):
        raise _wrong("name", "must have three characters, and no blank at its ends")
    if len(form.get("type", "")) > 25 or len(form.get("description", "")) > 255:
        raise _wrong("type, description", "is too long")
    if not all(isinstance(each, str) for each in form.get("scopes", ())):
        raise _wrong("scopes", "must be texts")
    if not USER.fullmatch(form.get("created_by", f"user_{'x' * 27}")):
        raise _wrong("created_by", "must be the id of a user")
    lifetime = form.get("seconds_until_expiration", 0)
    if isinstance(lifetime, bool) or not 0 <= lifetime <= 10**10:
        raise _wrong("seconds_until_expiration", "must be seconds from now")


def _check_subject(instance: Instance, subject: str) -> None:
    if not SUBJECT.fullmatch(subject):
        raise _wrong("subject", "must be the id of a user or an organization")
    kind = subject.partition("_")[0]
    people = instance.people
    if subject not in people.users and subject not in people.organizations:
        raise _wrong("subject", "is not there")
    section = instance.config[API_KEYS]
    if not (section["enabled"] and section[SWITCHES[kind]]):
        message = f"API keys are not enabled for {'organizations' if kind == 'org' else 'users'}."
        raise errors.ClerkError(422, "api_keys_not_enabled", message)


def _number(call: InstanceCall, name: str, default: int) -> int:
    found = number(call.query.get(name, str(default)))
    if found is None:
        raise _wrong(name, "must be a whole number")
    return found


def _wrong(name: str, message: str) -> errors.ClerkError:
    return errors.param_invalid(name, message, status=400)


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/v1/api_keys", create_api_key),
    ("GET", "/v1/api_keys", list_api_keys),
    ("POST", "/v1/api_keys/verify", verify_api_key),
    ("GET", KEY, get_api_key),
    ("DELETE", KEY, delete_api_key),
    ("POST", f"{KEY}/revoke", revoke_api_key),
)
