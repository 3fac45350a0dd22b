"""Signing up with a code, and signing in with a ticket, through the Frontend API.

Operations are named as in the Clerk Frontend API. An address with the subaddress `+clerk_test` is a
test address if test mode is on, as in development: nothing is sent, and the code is 424242
(https://clerk.com/docs/guides/development/testing/test-emails-and-phones). A code to another
address reaches nobody here. The ticket is the only way to sign in.
"""

from __future__ import annotations

import secrets
from typing import Any

from local.world.clerk import errors
from local.world.clerk.frontend_call import FrontendCall
from local.world.clerk.frontend_json import client_json
from local.world.clerk.http import Answer
from local.world.clerk.models import identifier
from local.world.clerk.people import emails_of
from local.world.clerk.schema import Document
from local.world.clerk.sessions import make_session
from local.world.clerk.signing import opened
from local.world.clerk.users import EMAIL, make_user

SIGN_INS = "/v1/client/sign_ins"
SIGN_UPS = "/v1/client/sign_ups"
TEST_CODE = "424242"
TEST_SUBADDRESS = "+clerk_test"
DAY_MS = 24 * 3600 * 1000
CODE_MS = 10 * 60 * 1000
SWITCHES = ("transfer", "legal_accepted")
FIELDS = ("email_address", "password", "first_name", "last_name", "username")


def get_client(call: FrontendCall) -> Answer:
    """getClient."""
    client = call.client
    shown = None if client is None else client_json(call.instance, client)
    return 200, {"response": shown, "client": None}


def post_client(call: FrontendCall) -> Answer:
    """postClient."""
    for name in call.form():
        raise errors.param_unknown(name)
    return 200, {"response": client_json(call.instance, call.client_or_new()), "client": None}


def create_sign_in(call: FrontendCall) -> Answer:
    """createSignIn."""
    form = call.form()
    if form.get("strategy") not in (None, "ticket") or "identifier" in form:
        raise errors.param_invalid("strategy", "must be ticket: there is no other way here")
    if "ticket" not in form:
        raise errors.param_missing("ticket")
    user, organization_id = _user_of_ticket(call, form["ticket"])
    client = call.client_or_new()
    session = make_session(call.backend, call.instance, user, client["id"], organization_id)
    sign_in: Document = {
        "object": "sign_in_attempt",
        "id": identifier("sia"),
        "status": "complete",
        "supported_identifiers": ["email_address"],
        "supported_first_factors": [{"strategy": "ticket"}],
        "supported_second_factors": None,
        "first_factor_verification": {
            "object": "verification_ticket",
            "status": "verified",
            "strategy": "ticket",
            "attempts": None,
            "expire_at": None,
        },
        "second_factor_verification": None,
        "identifier": next(iter(emails_of(user)), user["username"]),
        "user_data": None,
        "created_session_id": session["id"],
        "abandon_at": call.backend.now_ms() + DAY_MS,
    }
    call.instance.people.sign_ins[sign_in["id"]] = sign_in
    client["last_active_session_id"] = session["id"]
    client["last_authentication_strategy"] = "ticket"
    return 200, _wrapped(call, client, sign_in)


def get_sign_in(call: FrontendCall) -> Answer:
    """getSignIn."""
    client = call.known_client()
    found = call.instance.people.sign_ins.get(call.parts["sign_in"])
    if found is None:
        raise errors.not_found("sign-in", call.parts["sign_in"])
    return 200, _wrapped(call, client, found)


def create_sign_up(call: FrontendCall) -> Answer:
    """createSignUps."""
    form = call.form()
    for name in SWITCHES:
        if form.get(name, "true") not in ("true", "false"):
            raise errors.param_invalid(name, "must be true or false")
    for name in _switched_off(call):
        if form.get(name):
            raise errors.param_unknown(name)
    address = form.get("email_address", "").lower()
    if call.instance.config["auth_access_control"]["sign_up_mode"] != "public":
        message = "Sign-ups are not public on this instance."
        raise errors.ClerkError(403, "sign_up_mode_restricted", message)
    if address:
        if not EMAIL.fullmatch(address):
            raise errors.param_invalid("email_address", "must be an email address")
        if call.instance.people.of_email(address) is not None:
            raise errors.taken("email_address")
    client = call.client_or_new()
    sign_up: Document = {
        "object": "sign_up_attempt",
        "id": identifier("sua"),
        "status": "missing_requirements",
        **{name: form.get(name) or None for name in FIELDS if name != "password"},
        "email_address": address or None,
        "phone_number": None,
        "web3_wallet": None,
        "password_enabled": "password" in form,
        "unsafe_metadata": {},
        "public_metadata": {},
        "custom_action": False,
        "external_id": None,
        "created_session_id": None,
        "created_user_id": None,
        "abandon_at": call.backend.now_ms() + DAY_MS,
        "legal_accepted_at": None,
        "verifications": verifications("needs_prepare" if address else "", None),
    }
    _with_requirements(call, sign_up, verified=False)
    call.instance.people.sign_ups[sign_up["id"]] = sign_up
    client["sign_up"] = sign_up["id"]
    return 200, _wrapped(call, client, sign_up)


def get_sign_up(call: FrontendCall) -> Answer:
    """getSignUps."""
    client = call.known_client()
    return 200, _wrapped(call, client, _sign_up(call))


def prepare_sign_up(call: FrontendCall) -> Answer:
    """prepareSignUpsVerification."""
    client = call.known_client()
    sign_up, _ = _to_verify(call)
    address = str(sign_up["email_address"])
    test = TEST_SUBADDRESS in address and call.instance.environment == "development"
    code = TEST_CODE if test else f"{secrets.randbelow(10**6):06}"
    call.instance.people.hidden[sign_up["id"]] = code
    ends = call.backend.now_ms() + CODE_MS
    sign_up["verifications"] = verifications("needs_attempt", ends)
    return 200, _wrapped(call, client, sign_up)


def attempt_sign_up(call: FrontendCall) -> Answer:
    """attemptSignUpsVerification."""
    client = call.known_client()
    sign_up, form = _to_verify(call)
    if sign_up["id"] not in call.instance.people.hidden:
        raise errors.ClerkError(400, "verification_missing", "No code was asked for.")
    if form.get("code") != call.instance.people.hidden[sign_up["id"]]:
        meta = {"param_name": "code"}
        raise errors.ClerkError(422, "form_code_incorrect", "Incorrect code.", meta=meta)
    del call.instance.people.hidden[sign_up["id"]]
    sign_up["verifications"] = verifications("", call.backend.now_ms() + CODE_MS, "verified")
    _with_requirements(call, sign_up, verified=True)
    if not sign_up["missing_fields"]:
        _complete(call, client, sign_up)
    return 200, _wrapped(call, client, sign_up)


def _complete(call: FrontendCall, client: Document, sign_up: Document) -> None:
    address = sign_up["email_address"]
    if call.instance.people.of_email(address) is not None:
        raise errors.taken("email_address")
    verification = {
        "object": "verification_otp",
        "status": "verified",
        "strategy": "email_code",
        "attempts": 1,
        "expire_at": call.backend.now_ms() + CODE_MS,
    }
    user = make_user(
        call.backend,
        call.instance,
        [address],
        {name: sign_up[name] for name in ("first_name", "last_name", "username")},
        has_password=sign_up["password_enabled"],
        verification=verification,
    )
    session = make_session(call.backend, call.instance, user, client["id"])
    sign_up["status"] = "complete"
    sign_up["created_user_id"] = user["id"]
    sign_up["created_session_id"] = session["id"]
    client["sign_up"] = None
    client["last_active_session_id"] = session["id"]
    client["last_authentication_strategy"] = "email_code"


def _with_requirements(call: FrontendCall, sign_up: Document, *, verified: bool) -> None:
    config = call.instance.config
    needs = {
        "email_address": config["auth_email"]["required_for_sign_up"],
        "password": config["auth_password"]["enabled"] and config["auth_password"]["required"],
        "username": config["auth_username"]["required_for_sign_up"],
        "phone_number": config["auth_phone"]["required_for_sign_up"],
        **{
            name: config["user_model"][name]["enabled"] and config["user_model"][name]["required"]
            for name in ("first_name", "last_name")
        },
    }
    given = {**sign_up, "password": sign_up["password_enabled"]}
    sign_up["required_fields"] = [name for name, needed in needs.items() if needed]
    sign_up["optional_fields"] = [name for name, needed in needs.items() if not needed]
    sign_up["missing_fields"] = [n for n in sign_up["required_fields"] if not given[n]]
    address = sign_up["email_address"]
    sign_up["unverified_fields"] = ["email_address"] if address and not verified else []


def _switched_off(call: FrontendCall) -> list[str]:
    """Return the fields that no user of the instance can have; that they are refused is a guess."""
    config = call.instance.config
    model = config["user_model"]
    names = [name for name in ("first_name", "last_name") if not model[name]["enabled"]]
    names += ["password"] if not config["auth_password"]["enabled"] else []
    return names + (["username"] if not config["auth_username"]["used_for_sign_up"] else [])


def _to_verify(call: FrontendCall) -> tuple[Document, dict[str, str]]:
    """Return the sign-up and the form; an unknown sign-up is a 400, since no 404 is documented."""
    sign_up = call.instance.people.sign_ups.get(call.parts["sign_up"])
    if sign_up is None:
        raise errors.ClerkError(400, "sign_up_not_found", "There is no such sign-up.")
    form = call.form()
    if form.get("strategy") != "email_code" or not sign_up["email_address"]:
        raise errors.param_invalid("strategy", "must be email_code, of a sign-up with an address")
    if sign_up["status"] != "missing_requirements":
        raise errors.ClerkError(400, "verification_already_verified", "It is verified already.")
    return sign_up, form


def _sign_up(call: FrontendCall) -> Document:
    found = call.instance.people.sign_ups.get(call.parts["sign_up"])
    if found is None:
        raise errors.not_found("sign-up", call.parts["sign_up"])
    return found


def verifications(action: str, ends: int | None, status: str = "unverified") -> Document:
    of_email = {
        "object": "verification_otp",
        "status": status,
        "strategy": "email_code",
        "attempts": 0,
        "expire_at": ends or 0,
        "next_action": action,
        "supported_strategies": ["email_code"],
    }
    nothing = ("phone_number", "web3_wallet", "external_account")
    return {"email_address": of_email if action or ends else None, **dict.fromkeys(nothing)}


def _user_of_ticket(call: FrontendCall, ticket: str) -> tuple[Document, str | None]:
    """Use a ticket, which is valid once."""
    people = call.instance.people
    claims = opened(call.instance, ticket) or {}
    token = people.sign_in_tokens.get(str(claims.get("sid")))
    if token is None or token["user_id"] not in people.users:
        raise errors.ClerkError(400, "ticket_invalid_code", "The ticket is invalid.")
    held = people.hidden[token["id"]]
    if token["status"] != "pending" or held["ends"] <= call.backend.now_ms():
        message = "The sign-in token has been used, was revoked or has expired."
        raise errors.ClerkError(400, "sign_in_token_already_used_code", message)
    token["status"] = "accepted"
    return people.users[token["user_id"]], held["org_id"]


def _wrapped(call: FrontendCall, client: Document, response: Document) -> Document:
    return {"response": response, "client": client_json(call.instance, client)}


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/client", get_client),
    ("POST", "/v1/client", post_client),
    ("POST", SIGN_INS, create_sign_in),
    ("GET", f"{SIGN_INS}/{{sign_in}}", get_sign_in),
    ("POST", SIGN_UPS, create_sign_up),
    ("GET", f"{SIGN_UPS}/{{sign_up}}", get_sign_up),
    ("POST", f"{SIGN_UPS}/{{sign_up}}/prepare_verification", prepare_sign_up),
    ("POST", f"{SIGN_UPS}/{{sign_up}}/attempt_verification", attempt_sign_up),
)
