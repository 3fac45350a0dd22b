"""People of every kind on an instance, and the names that requests can use."""

from __future__ import annotations

from typing import Any

from local.world.clerk.api_keys import OPERATIONS as API_KEYS
from local.world.clerk.backend import ClerkBackend
from local.world.clerk.invitations import create_invitation
from local.world.clerk.models import Instance
from local.world.clerk.organization_api import make_organization
from local.world.clerk.sessions import OPERATIONS as SESSIONS
from local.world.clerk.sessions import make_session
from local.world.clerk.sign_flows import TEST_CODE, verifications
from local.world.clerk.sign_up_invitations import OPERATIONS as SIGN_UP
from local.world.clerk.signing import signed
from local.world.clerk.users import make_user


class _Asked:
    """A request without HTTP: its body, the ids in its path, and its receiver."""

    def __init__(
        self,
        backend: ClerkBackend,
        instance: Instance,
        body: dict[str, Any],
        **parts: str,
    ) -> None:
        self.backend, self.instance, self._body, self.parts = backend, instance, body, parts

    def body(self, *, optional: bool = False) -> dict[str, Any]:
        return self._body


def people_in(clerk: ClerkBackend, instance: Instance) -> dict[str, list[str]]:
    """Create the people, and return the values of the parameters that name them."""

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
    client = {
        "id": session["client_id"],
        **dict.fromkeys(("sign_in", "sign_up", "last_active_session_id")),
        **dict.fromkeys(("last_authentication_strategy",)),
        **dict.fromkeys(("created_at", "updated_at"), clerk.now_ms()),
    }
    instance.people.clients[client["id"]] = client
    cookie = signed(instance, {"id": client["id"]})
    key = asked(API_KEYS, "/v1/api_keys", name="Key", subject=organization["id"])
    form = {"email_address": "new@sendero.example", "role": "org:member"}
    call: Any = _Asked(clerk, instance, form, organization=organization["id"])
    invitation = create_invitation(call)[1]
    to_sign_up = asked(SIGN_UP, "/v1/invitations", email_address="later@sendero.example")
    ticket = asked(SESSIONS, "/v1/sign_in_tokens", user_id=users[1]["id"])
    return {
        "user_id": [user["id"] for user in users],
        "organization_id": [organization["id"], "acme"],
        "invitation_id": [invitation["id"], to_sign_up["id"]],
        "session_id": [session["id"]],
        "sign_in_token_id": [ticket["id"]],
        "apiKeyID": [key["id"]],
        "subject": [organization["id"], users[0]["id"]],
        "email_address_query": ["+clerk_test"],
        "starting_after": [users[1]["id"]],
        "secret": [key["secret"]],
        "ticket": [ticket["token"]],
        "cookie": [f"__client={cookie}"],
        **_signing(instance, clerk.now_ms()),
    }


def _signing(instance: Instance, now: int) -> dict[str, list[str]]:
    """Create a sign-up that waits for its code, and one that does not yet."""
    people = instance.people
    for name, action in (("sua_waits", "needs_attempt"), ("sua_begun", "needs_prepare")):
        people.sign_ups[name] = {
            "object": "sign_up_attempt",
            "id": name,
            "status": "missing_requirements",
            **dict.fromkeys(("username", "first_name", "last_name", "phone_number", "web3_wallet")),
            **dict.fromkeys(("external_id", "created_session_id", "created_user_id")),
            "email_address": f"{name}+clerk_test@sendero.example",
            "password_enabled": True,
            **{n: {} for n in ("unsafe_metadata", "public_metadata")},
            **{n: [] for n in ("required_fields", "optional_fields", "missing_fields")},
            "unverified_fields": ["email_address"],
            "custom_action": False,
            "abandon_at": now,
            "legal_accepted_at": None,
            "verifications": verifications(action, now),
        }
    people.hidden["sua_waits"] = TEST_CODE
    people.sign_ins["sia_done"] = {
        "object": "sign_in_attempt",
        "id": "sia_done",
        "status": "complete",
        "supported_identifiers": [],
        **dict.fromkeys(("supported_first_factors", "supported_second_factors", "user_data")),
        **dict.fromkeys(("first_factor_verification", "second_factor_verification")),
        **dict.fromkeys(("identifier", "created_session_id")),
        "abandon_at": now,
    }
    return {"sign_up_id": ["sua_waits", "sua_begun"], "sign_in_id": ["sia_done"]}


def people_bodies(names: dict[str, list[str]]) -> dict[str, list[Any]]:
    """Return valid bodies of the operations on people, by operation."""
    first, second = names["user_id"]
    organization = names["organization_id"][0]
    invited = {"email_address": "other@sendero.example", "role": "org:admin", "notify": False}
    return {
        "CreateUser": [
            {"email_address": ["new+clerk_test@sendero.example"], "password": "a long one"},
            {"email_address": ["new@sendero.example"], "skip_password_requirement": True},
        ],
        "UpdateUser": [
            {"first_name": "Ann", "external_id": "", "created_at": "2026-01-01T00:00:00Z"},
            {"password": "a long one", "sign_out_of_other_sessions": True},
        ],
        "UpdateUserMetadata": [{"public_metadata": {"plan": {"seats": 3, "old": None}}}],
        "ReplaceUserMetadata": [{"unsafe_metadata": {}}],
        "CreateInvitation": [
            {"email_address": "new@sendero.example", "expires_in_days": 7, "notify": False},
            {"email_address": "later@sendero.example", "ignore_existing": True},
        ],
        "CreateBulkInvitations": [[{"email_address": "new@sendero.example"}]],
        "UpdateOrganization": [
            {"name": "Gamma", "slug": "gamma"},
            {"role_set_key": "role_set:wide"},
        ],
        "MergeOrganizationMetadata": [{"private_metadata": {"crm": {"id": 1}}}],
        "ReplaceOrganizationMetadata": [{"public_metadata": {}}],
        "CreateOrganization": [{"name": "Beta"}, {"name": "Acme", "created_by": first}],
        "CreateOrganizationMembership": [{"user_id": second, "role": "org:member"}],
        "UpdateOrganizationMembership": [{"role": "org:admin"}],
        "CreateOrganizationInvitation": [invited, {**invited, "inviter_user_id": first}],
        "CreateOrganizationInvitationBulk": [[invited]],
        "RevokeOrganizationInvitation": [{"requesting_user_id": first}],
        "createApiKey": [
            {"name": "Nightly", "subject": organization, "claims": {"type": "sandbox"}},
            {
                "name": "Nightly",
                "subject": first,
                "scopes": ["read"],
                "seconds_until_expiration": 60,
            },
        ],
        "revokeApiKey": [{}, {"revocation_reason": "somebody left"}],
        "verifyApiKey": [{"secret": names["secret"][0]}],
        "createSession": [{"user_id": first}, {"user_id": first, "active_organization_id": "acme"}],
        "CreateSessionToken": [{}, {"expires_in_seconds": 600}],
        "createSignIn": [{"strategy": "ticket", "ticket": names["ticket"][0]}],
        "createSignUps": [
            {"email_address": "new+clerk_test@sendero.example", "password": "a long one"}
        ],
        "prepareSignUpsVerification": [{"strategy": "email_code"}],
        "attemptSignUpsVerification": [{"strategy": "email_code", "code": TEST_CODE}],
        "touchSession": [{"active_organization_id": organization, "intent": "select_org"}],
        "createSessionToken": [{}, {"organization_id": organization}],
        "CreateSignInToken": [{"user_id": first}, {"user_id": second, "expires_in_seconds": 60}],
    }
