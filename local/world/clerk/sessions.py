"""Sessions of users, their tokens, and the tokens for tests, through the Backend API.

Operations are named as in the Clerk Backend API. Undocumented, so decided here: creating a session
on a production instance is a 400; only a pending sign-in token can be revoked; a testing token is
signed by the instance and valid for an hour.
"""

from __future__ import annotations

from typing import Any

from local.world.clerk import errors, events
from local.world.clerk.backend import ClerkBackend
from local.world.clerk.http import Answer, InstanceCall, bare_list, checked
from local.world.clerk.models import Instance, identifier
from local.world.clerk.schema import Document
from local.world.clerk.signing import jwks, session_token, signed

SESSION = "/v1/sessions/{session}"
STATUSES = ("abandoned", "active", "ended", "expired", "removed", "replaced", "revoked")
WEEK_MS = 7 * 24 * 3600 * 1000
ABANDON_MS = 30 * 24 * 3600 * 1000
TESTING_SECONDS = 3600
TICKET_SECONDS = 30 * 24 * 3600
LIFETIMES = (30, 315_360_000)


def get_jwks(call: InstanceCall) -> Answer:
    """GetJWKS."""
    return 200, jwks(call.instance)


def list_sessions(call: InstanceCall) -> Answer:
    """GetSessionList: the newest first."""
    status = call.query.get("status")
    if status is not None and status not in STATUSES:
        raise errors.param_invalid("status", f"must be one of {', '.join(STATUSES)}")
    found = [
        session
        for session in reversed(call.instance.people.sessions.values())
        if all(
            call.query.get(name) in (None, session[name])
            for name in ("client_id", "user_id", "status")
        )
    ]
    return 200, bare_list(call, found)


def create_session(call: InstanceCall) -> Answer:
    """createSession: in development only."""
    form = checked(call.body(), {"user_id": str, "active_organization_id": str}, ("user_id",))
    if call.instance.environment == "production":
        message = "Sessions can't be made so in production: use sign-in tokens."
        raise errors.ClerkError(400, "operation_not_allowed_on_production_instance", message)
    user = call.instance.people.user(form["user_id"])
    organization = form.get("active_organization_id")
    if organization is not None:
        organization = member_of(call.instance, user["id"], organization)
    return 200, make_session(call.backend, call.instance, user, identifier("client"), organization)


def get_session(call: InstanceCall) -> Answer:
    """GetSession."""
    return 200, _session(call)


def revoke_session(call: InstanceCall) -> Answer:
    """RevokeSession."""
    session = _session(call)
    revoke(call.backend, call.instance, session)
    return 200, session


def create_session_token(call: InstanceCall) -> Answer:
    """CreateSessionToken."""
    session = _session(call)
    if session["status"] != "active":
        raise errors.not_found("active session", session["id"])
    body = call.body(optional=True)
    lifetime = body.get("expires_in_seconds")
    least, most = LIFETIMES
    wrong = isinstance(lifetime, bool) or not isinstance(lifetime, int)
    if lifetime is not None and (wrong or not least <= lifetime <= most):
        message = f"must be from {least} to {most}"
        raise errors.param_invalid("expires_in_seconds", message, status=400)
    options = {} if lifetime is None else {"lifetime": lifetime}
    token = session_token(call.instance, session, call.backend.clock(), **options)
    return 200, {"object": "token", "jwt": token}


def create_sign_in_token(call: InstanceCall) -> Answer:
    """CreateSignInToken."""
    fields: dict[str, type | tuple[type, ...]] = {
        "user_id": str,
        "org_id": str,
        "expires_in_seconds": int,
    }
    form = checked(call.body(), fields, ("user_id",))
    lifetime = form.get("expires_in_seconds", TICKET_SECONDS)
    if not 1 <= lifetime <= LIFETIMES[1]:
        raise errors.param_invalid("expires_in_seconds", "must be at least 1")
    people = call.instance.people
    user = people.user(form["user_id"])
    if "org_id" in form:
        member_of(call.instance, user["id"], form["org_id"])
    now = call.backend.now_ms()
    made: Document = {
        "object": "sign_in_token",
        "id": identifier("sit"),
        "status": "pending",
        "user_id": user["id"],
        "created_at": now,
        "updated_at": now,
    }
    claims = {"eid": call.instance.id, "sid": made["id"], "st": "sign_in_token"}
    people.sign_in_tokens[made["id"]] = made
    people.hidden[made["id"]] = {"ends": now + lifetime * 1000, "org_id": form.get("org_id")}
    ticket = signed(call.instance, {**claims, "exp": now // 1000 + lifetime})
    return 200, {**made, "token": ticket, "url": _sign_in_url(call.instance, ticket)}


def revoke_sign_in_token(call: InstanceCall) -> Answer:
    """RevokeSignInToken."""
    token = call.instance.people.sign_in_tokens.get(call.parts["token"])
    if token is None:
        raise errors.not_found("sign-in token", call.parts["token"])
    if token["status"] != "pending":
        message = f"The sign-in token is {token['status']}."
        raise errors.ClerkError(400, "sign_in_token_cannot_be_revoked_code", message)
    token["status"] = "revoked"
    token["updated_at"] = call.backend.now_ms()
    return 200, token


def create_testing_token(call: InstanceCall) -> Answer:
    """CreateTestingToken."""
    ends = int(call.backend.clock()) + TESTING_SECONDS
    token = signed(call.instance, {"testing": True, "exp": ends})
    return 200, {"object": "testing_token", "token": token, "expires_at": ends}


def member_of(instance: Instance, user_id: str, id_or_slug: str) -> str:
    """Return the id of an organization that the user is a member of.

    Raises:
        ClerkError: there is none such.
    """
    organization = instance.people.organization(id_or_slug)
    if instance.people.membership(organization["id"], user_id) is None:
        raise errors.not_found("organization of the user", id_or_slug)
    return str(organization["id"])


def make_session(
    backend: ClerkBackend,
    instance: Instance,
    user: Document,
    client_id: str,
    organization_id: str | None = None,
) -> Document:
    """Begin a session; unless one is named, the organization that the user joined last is
    active."""
    now = backend.now_ms()
    joined = instance.people.memberships_of(user_id=user["id"])
    if organization_id is None and joined:
        organization_id = joined[0]["organization_id"]
    session: Document = {
        "object": "session",
        "id": identifier("sess"),
        "user_id": user["id"],
        "client_id": client_id,
        "actor": None,
        "status": "active",
        "last_active_organization_id": organization_id,
        "last_active_at": now,
        "expire_at": now + WEEK_MS,
        "abandon_at": now + ABANDON_MS,
        "created_at": now,
        "updated_at": now,
    }
    instance.people.sessions[session["id"]] = session
    user["last_sign_in_at"] = user["last_active_at"] = now
    events.send(backend, instance, "session.created", {**session, "user": user})
    return session


def revoke(backend: ClerkBackend, instance: Instance, session: Document) -> None:
    """End an active session, and send the event."""
    if session["status"] == "active":
        session["status"] = "revoked"
        session["updated_at"] = backend.now_ms()
        user = instance.people.users[session["user_id"]]
        events.send(backend, instance, "session.revoked", {**session, "user": user})


def _session(call: InstanceCall) -> Document:
    session = call.instance.people.sessions.get(call.parts["session"])
    if session is None:
        raise errors.not_found("session", call.parts["session"])
    return session


def _sign_in_url(instance: Instance, ticket: str) -> str:
    return f"https://{instance.domain.name}/sign-in?__clerk_ticket={ticket}"


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/jwks", get_jwks),
    ("GET", "/v1/sessions", list_sessions),
    ("POST", "/v1/sessions", create_session),
    ("GET", SESSION, get_session),
    ("POST", f"{SESSION}/revoke", revoke_session),
    ("POST", f"{SESSION}/tokens", create_session_token),
    ("POST", "/v1/sign_in_tokens", create_sign_in_token),
    ("POST", "/v1/sign_in_tokens/{token}/revoke", revoke_sign_in_token),
    ("POST", "/v1/testing_tokens", create_testing_token),
)
