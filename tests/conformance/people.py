"""Somebody of each kind who uses an instance, and what requests can name of them."""

from __future__ import annotations

from typing import Any

from local.world.clerk.api_keys import OPERATIONS as API_KEYS
from local.world.clerk.backend import ClerkBackend
from local.world.clerk.models import Instance
from local.world.clerk.organization_api import make_organization
from local.world.clerk.sessions import OPERATIONS as SESSIONS
from local.world.clerk.sessions import make_session
from local.world.clerk.users import make_user


class _Asked:
    """A request that needs no HTTP: its body, and whom it goes to."""

    def __init__(self, backend: ClerkBackend, instance: Instance, body: dict[str, Any]) -> None:
        self.backend, self.instance, self._body = backend, instance, body

    def body(self, *, optional: bool = False) -> dict[str, Any]:
        return self._body


def people_in(clerk: ClerkBackend, instance: Instance) -> dict[str, list[str]]:
    """Make them, and give the values of the parameters that name them."""

    def asked(table: Any, path: str, **body: Any) -> dict[str, Any]:
        operation = next(each for method, at, each in table if (method, at) == ("POST", path))
        made: dict[str, Any] = operation(_Asked(clerk, instance, body))[1]
        return made

    clerk.dashboard(
        "set_api_keys",
        {
            "application_id": next(iter(clerk.applications)),
            "environment": "development",
            "organizations": True,
            "users": True,
        },
    )
    users = [
        make_user(clerk, instance, [address], {"first_name": "Jo"})
        for address in ("jo+clerk_test@sendero.example", "ann@sendero.example")
    ]
    form = {"name": "Acme", "created_by": users[0]["id"]}
    organization = make_organization(clerk, instance, form)
    session = make_session(clerk, instance, users[0], "client_x")
    key = asked(API_KEYS, "/v1/api_keys", name="Key", subject=organization["id"])
    ticket = asked(SESSIONS, "/v1/sign_in_tokens", user_id=users[1]["id"])
    return {
        "user_id": [each["id"] for each in users],
        "organization_id": [organization["id"], "acme"],
        "session_id": [session["id"]],
        "sign_in_token_id": [ticket["id"]],
        "apiKeyID": [key["id"]],
        "subject": [organization["id"], users[0]["id"]],
        "email_address_query": ["+clerk_test"],
        "starting_after": [users[1]["id"]],
        "secret": [key["secret"]],
        "ticket": [ticket["token"]],
    }


def people_bodies(names: dict[str, list[str]]) -> dict[str, list[Any]]:
    """Give sound bodies of the operations on them, by operation."""
    first, second = names["user_id"]
    organization = names["organization_id"][0]
    return {
        "CreateUser": [
            {"email_address": ["new+clerk_test@sendero.example"], "password": "a long one"},
            {"email_address": ["new@sendero.example"], "skip_password_requirement": True},
        ],
        "CreateOrganization": [{"name": "Beta"}, {"name": "Acme", "created_by": first}],
        "CreateOrganizationMembership": [{"user_id": second, "role": "org:member"}],
        "createApiKey": [
            {"name": "CI", "subject": organization, "claims": {"type": "sandbox"}},
            {"name": "CI", "subject": first, "scopes": ["read"], "seconds_until_expiration": 60},
        ],
        "revokeApiKey": [{}, {"revocation_reason": "somebody left"}],
        "verifyApiKey": [{"secret": names["secret"][0]}],
        "createSession": [{"user_id": first}, {"user_id": first, "active_organization_id": "acme"}],
        "CreateSessionToken": [{}, {"expires_in_seconds": 600}],
        "CreateSignInToken": [{"user_id": first}, {"user_id": second, "expires_in_seconds": 60}],
    }
