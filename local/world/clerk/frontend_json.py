"""Clients, sessions and users in the form of the Frontend API."""

from __future__ import annotations

from local.world.clerk.memberships import membership_json
from local.world.clerk.models import Instance
from local.world.clerk.people import emails_of
from local.world.clerk.schema import Document

NOT_SHOWN = ("private_metadata", "locale")


def client_json(instance: Instance, client: Document) -> Document:
    """Return it as Client.Client."""
    people = instance.people
    sign_in, sign_up = client["sign_in"], client["sign_up"]
    sessions = [
        session_json(instance, session)
        for session in people.sessions.values()
        if session["client_id"] == client["id"] and session["status"] == "active"
    ]
    return {
        "object": "client",
        "id": client["id"],
        "sessions": sessions,
        "sign_in": people.sign_ins.get(sign_in) if sign_in else None,
        "sign_up": people.sign_ups.get(sign_up) if sign_up else None,
        "last_active_session_id": client["last_active_session_id"],
        "last_authentication_strategy": client["last_authentication_strategy"],
        "cookie_expires_at": None,
        "captcha_bypass": False,
        "created_at": client["created_at"],
        "updated_at": client["updated_at"],
    }


def session_json(instance: Instance, session: Document) -> Document:
    """Return it as Client.Session."""
    user = instance.people.users[session["user_id"]]
    names = ("id", "object", "status", "expire_at", "abandon_at", "last_active_at", "actor")
    return {
        **{name: session[name] for name in names},
        "last_active_organization_id": session["last_active_organization_id"],
        "last_active_token": None,
        "user": user_json(instance, user),
        "public_user_data": {
            "user_id": user["id"],
            "first_name": user["first_name"],
            "last_name": user["last_name"],
            "image_url": "",
            "has_image": False,
            "identifier": next(iter(emails_of(user)), user["username"] or ""),
            "banned": user["banned"],
        },
        "factor_verification_age": [0, -1],
        "created_at": session["created_at"],
        "updated_at": session["updated_at"],
    }


def user_json(instance: Instance, user: Document) -> Document:
    """Return it as Client.User."""
    shown = {name: value for name, value in user.items() if name not in NOT_SHOWN}
    joined = instance.people.memberships_of(user_id=user["id"])
    return {
        **shown,
        "organization_memberships": [_membership(membership_json(instance, m)) for m in joined],
    }


def _membership(shown: Document) -> Document:
    hidden = ("private_metadata", "created_by", "role_set_key")
    organization = {k: v for k, v in shown["organization"].items() if k not in hidden}
    kept = {k: v for k, v in shown.items() if k not in hidden}
    person = {k: v for k, v in shown["public_user_data"].items() if v is not None}
    return {
        **kept,
        "organization": organization,
        "public_user_data": {"first_name": None, "last_name": None, "identifier": "", **person},
    }
