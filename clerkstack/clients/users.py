"""Clerk Backend API (`sk_` keys of one instance): users, organizations, and their API keys."""

from __future__ import annotations

from typing import Unpack

from pydantic import JsonValue, RootModel, SecretStr

from clerkstack.clients.answers import Answer
from clerkstack.clients.backend import PAGE, backend_http
from clerkstack.clients.http import Client, Options, Params, joined

API_KEYS_PAGE = 100  # the largest page of the list of API keys


class EmailAddress(Answer):
    """One of a user's email addresses (EmailAddress)."""

    email_address: str


class User(Answer):
    """A user (User)."""

    id: str
    email_addresses: tuple[EmailAddress, ...]


class Organization(Answer):
    """An organization (Organization)."""

    id: str
    name: str
    slug: str


class ApiKey(Answer):
    """An API key of a user or an organization, without the key itself."""

    id: str
    name: str
    subject: str
    claims: JsonValue = None
    revoked: bool
    expired: bool


class MintedKey(ApiKey):
    """A key that was just created: the only answer that has the key itself."""

    secret: SecretStr


class SignInToken(Answer):
    """A token with which a user can sign in once (SignInToken)."""

    id: str
    token: SecretStr


class TestingToken(Answer):
    """A token that lets a test pass the bot protection (TestingToken)."""

    __test__ = False  # not a pytest class

    token: SecretStr


class PlanFeature(Answer):
    """A feature that a plan includes (FeatureResponse)."""

    slug: str


class HeldPlan(Answer):
    """The plan of a subscription (CommercePlan)."""

    slug: str
    features: tuple[PlanFeature, ...] = ()


class HeldItem(Answer):
    """A plan in a subscription (CommerceSubscriptionItem)."""

    status: str
    plan: HeldPlan | None = None


class Subscription(Answer):
    """The subscription of an organization (CommerceSubscription)."""

    subscription_items: tuple[HeldItem, ...]

    @property
    def plans(self) -> tuple[HeldPlan, ...]:
        """The active plans."""
        items = self.subscription_items
        return tuple(item.plan for item in items if item.status == "active" and item.plan)


class _Users(RootModel[tuple[User, ...]]):
    pass


class _Organizations(Answer):
    data: tuple[Organization, ...]


class _ApiKeys(Answer):
    data: tuple[ApiKey, ...]


class UsersClient(Client):
    """Client of the Backend API for the users of its key's instance.

    No default argument is a secret, and answers hold secrets only as SecretStr.
    """

    def __init__(self, *, key: SecretStr, base_url: str, **options: Unpack[Options]) -> None:
        self._http = backend_http(key=key, base_url=base_url, **options)

    def create_user(self, *, email_address: str) -> User:
        """Create a user with a verified address and without a password (CreateUser)."""
        body = {
            "email_address": [email_address],
            "skip_password_requirement": True,
            "skip_legal_checks": True,
        }
        return self._http.request(User, "CreateUser", "POST", "/v1/users", json=body)

    def find_users(self, *, email_address: str) -> list[User]:
        """Users whose email address contains a text, ignoring case; the newest page
        (GetUserList)."""
        params: Params = {"email_address_query": email_address, "limit": PAGE}
        users = self._http.request(_Users, "GetUserList", "GET", "/v1/users", params=params)
        return list(users.root)

    def delete_user(self, user_id: str) -> None:
        """Remove a user (DeleteUser)."""
        self._http.send("DeleteUser", "DELETE", joined("v1", "users", user_id))

    def create_organization(self, *, name: str, created_by: str) -> Organization:
        """Create an organization with a user as its first member (CreateOrganization)."""
        body = {"name": name, "created_by": created_by}
        path = "/v1/organizations"
        return self._http.request(Organization, "CreateOrganization", "POST", path, json=body)

    def find_organizations(self, *, query: str) -> list[Organization]:
        """Organizations whose name or slug contains a text; the newest page (ListOrganizations)."""
        params: Params = {"query": query, "limit": PAGE}
        path = "/v1/organizations"
        organizations = self._http.request(
            _Organizations, "ListOrganizations", "GET", path, params=params
        )
        return list(organizations.data)

    def delete_organization(self, organization_id: str) -> None:
        """Remove an organization with its memberships (DeleteOrganization)."""
        path = joined("v1", "organizations", organization_id)
        self._http.send("DeleteOrganization", "DELETE", path)

    def subscription(self, organization_id: str) -> Subscription:
        """The subscription of an organization (GetOrganizationBillingSubscription)."""
        path = joined("v1", "organizations", organization_id, "billing", "subscription")
        operation = "GetOrganizationBillingSubscription"
        return self._http.request(Subscription, operation, "GET", path)

    def create_sign_in_token(self, *, user_id: str, expires_in_seconds: int) -> SignInToken:
        """Create a token with which a user can sign in once (CreateSignInToken)."""
        body = {"user_id": user_id, "expires_in_seconds": expires_in_seconds}
        path = "/v1/sign_in_tokens"
        return self._http.request(SignInToken, "CreateSignInToken", "POST", path, json=body)

    def create_testing_token(self) -> TestingToken:
        """Create a token that lets a test pass the bot protection (CreateTestingToken)."""
        path = "/v1/testing_tokens"
        return self._http.request(TestingToken, "CreateTestingToken", "POST", path)

    def create_api_key(
        self, *, name: str, subject: str, seconds_until_expiration: int
    ) -> MintedKey:
        """Create an API key for a user or an organization (createApiKey)."""
        body = {
            "name": name,
            "subject": subject,
            "seconds_until_expiration": seconds_until_expiration,
        }
        return self._http.request(MintedKey, "createApiKey", "POST", "/v1/api_keys", json=body)

    def list_api_keys(self, subject: str) -> list[ApiKey]:
        """The valid API keys of a user or an organization; the newest page (getApiKeys)."""
        params: Params = {"subject": subject, "limit": API_KEYS_PAGE}
        keys = self._http.request(_ApiKeys, "getApiKeys", "GET", "/v1/api_keys", params=params)
        return list(keys.data)

    def verify_api_key(self, secret: SecretStr) -> ApiKey:
        """The API key of a secret (verifyApiKey); Clerk refuses an invalid one."""
        body = {"secret": secret.get_secret_value()}
        path = "/v1/api_keys/verify"
        return self._http.request(ApiKey, "verifyApiKey", "POST", path, json=body, reads=True)

    def revoke_api_key(self, key_id: str) -> None:
        """Revoke an API key (revokeApiKey)."""
        path = joined("v1", "api_keys", key_id, "revoke")
        body = {"revocation_reason": "made by a smoke run"}
        # Revoking twice changes nothing.
        self._http.send("revokeApiKey", "POST", path, json=body, repeatable=True)
