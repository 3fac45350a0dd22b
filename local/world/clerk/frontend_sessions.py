"""A client's sessions through the Frontend API: tokens, the active organization, sign-out.

Operations are named as in the Clerk Frontend API.
"""

from __future__ import annotations

from typing import Any

from local.world.clerk import errors
from local.world.clerk.frontend_call import FrontendCall
from local.world.clerk.frontend_json import client_json, session_json
from local.world.clerk.http import Answer
from local.world.clerk.schema import Document
from local.world.clerk.sessions import member_of
from local.world.clerk.signing import jwks, session_token

SESSION = "/v1/client/sessions/{session}"
INTENTS = ("focus", "select_session", "select_org")


def get_jwks(call: FrontendCall) -> Answer:
    """getJWKS."""
    return 200, jwks(call.instance)


def get_session(call: FrontendCall) -> Answer:
    """getSession."""
    return 200, _wrapped(call, _session(call))


def touch_session(call: FrontendCall) -> Answer:
    """touchSession: an organization becomes the active one."""
    form = call.form()
    session = _session(call)
    if form.get("intent", INTENTS[0]) not in INTENTS:
        raise errors.param_invalid("intent", f"must be one of {', '.join(INTENTS)}")
    _switch(call, session, form.get("active_organization_id"))
    session["last_active_at"] = session["updated_at"] = call.backend.now_ms()
    return 200, _wrapped(call, session)


def end_session(call: FrontendCall) -> Answer:
    """endSession."""
    session = _session(call)
    session["status"] = "ended"
    return 200, _wrapped(call, session)


def create_token(call: FrontendCall) -> Answer:
    """createSessionToken."""
    form = call.form()
    session = _session(call)
    _switch(call, session, form.get("organization_id"))
    origin = call.request.headers.get("origin")
    now = call.backend.clock()
    return 200, {"jwt": session_token(call.instance, session, now, origin=origin)}


def _switch(call: FrontendCall, session: Document, wanted: str | None) -> None:
    """Make an organization the active one; an empty name means the personal account."""
    if wanted == "":
        session["last_active_organization_id"] = None
    elif wanted is not None:
        organization_id = member_of(call.instance, session["user_id"], wanted)
        session["last_active_organization_id"] = organization_id


def _session(call: FrontendCall) -> Document:
    client = call.known_client()
    session = call.instance.people.sessions.get(call.parts["session"])
    if session is None or (session["client_id"], session["status"]) != (client["id"], "active"):
        raise errors.not_found("session", call.parts["session"])
    return session


def _wrapped(call: FrontendCall, session: Document) -> Document:
    client = client_json(call.instance, call.known_client())
    return {"response": session_json(call.instance, session), "client": client}


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/.well-known/jwks.json", get_jwks),
    ("GET", SESSION, get_session),
    ("POST", f"{SESSION}/touch", touch_session),
    ("POST", f"{SESSION}/end", end_session),
    ("POST", f"{SESSION}/tokens", create_token),
)
