"""Clerk Frontend API (public): what every browser that opens the app can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from clerkstack.clients.answers import Answer
from clerkstack.clients.clerk_errors import read_clerk_error
from clerkstack.clients.http import Client, Http, Options, Service
from clerkstack.settings.keys import frontend_host

SERVICE = Service(
    name="Clerk's Frontend API",
    setting="clerkstack:publishableKey, clerkstack:urls.frontend",
    read_error=read_clerk_error,
    remedies={
        404: "Check the publishable key: its second half contains the address of the Frontend API",
    },
)


class ApiKeySettings(Answer):
    """Who may mint API keys (Client.ApiKeysSettings).

    A switch that is on lets nobody mint while the feature itself is not `enabled`.
    """

    # Required by the description; an answer without it says nothing against the switches.
    enabled: bool = True
    user_api_keys_enabled: bool
    orgs_api_keys_enabled: bool


class PayerSettings(Answer):
    """Whether billing is on for one payer."""

    enabled: bool = False


class EnvironmentBilling(Answer):
    """The public billing settings (Client.CommerceSettings)."""

    free_trial_requires_payment_method: bool = True
    organization: PayerSettings = PayerSettings()
    user: PayerSettings = PayerSettings()


class _Commerce(Answer):
    billing: EnvironmentBilling


class AuthConfig(Answer):
    """Of the instance's sign-in (Client.AuthConfig). In test mode anybody signs in with an address
    that has +clerk_test in it, and a code that is publicly known."""

    test_mode: bool | None = None


class Switch(Answer):
    """Something that is on or off."""

    enabled: bool | None = None


class SignUp(Answer):
    """Who may sign up (UserSettings.SignUp): public, restricted (by invitation) or waitlist."""

    mode: str | None = None
    captcha_enabled: bool | None = None
    legal_consent_enabled: bool | None = None


class UserAttribute(Answer):
    """What a user can have, or must (UserSettings.Attribute)."""

    required: bool = False


class Restrictions(Answer):
    """Lists of who may sign up (UserSettings.Restrictions)."""

    allowlist: Switch = Switch()


class AttackProtection(Answer):
    """Against guessed passwords (UserSettings.AttackProtectionSettings)."""

    user_lockout: Switch = Switch()


class UserSettings(Answer):
    """What is read of Client.UserSettings."""

    sign_up: SignUp = SignUp()
    attributes: Mapping[str, UserAttribute] = {}
    restrictions: Restrictions = Restrictions()
    attack_protection: AttackProtection = AttackProtection()


class DisplayConfig(Answer):
    """What is read of Client.DisplayConfig: of which environment the instance says it is."""

    instance_environment_type: str | None = None


class Environment(Answer):
    """The public environment of an instance (Client.Environment)."""

    auth_config: AuthConfig = AuthConfig()
    display_config: DisplayConfig = DisplayConfig()
    user_settings: UserSettings = UserSettings()
    api_keys_settings: ApiKeySettings
    # Absent where the instance has never had billing: then it is off for everybody.
    commerce_settings: _Commerce = _Commerce(billing=EnvironmentBilling())

    @property
    def api_keys(self) -> ApiKeySettings:
        """Who may mint API keys."""
        return self.api_keys_settings

    @property
    def sign_up(self) -> SignUp:
        """How the instance takes new users."""
        return self.user_settings.sign_up

    @property
    def required_of_users(self) -> frozenset[str]:
        """What every user must have: `email_address`, `password`, …"""
        attributes = self.user_settings.attributes
        return frozenset(name for name, each in attributes.items() if each.required)

    @property
    def billing(self) -> EnvironmentBilling:
        """The public billing settings."""
        return self.commerce_settings.billing


def frontend_http(
    publishable_key: str, base_url: str | None = None, **options: Unpack[Options]
) -> Http:
    """The way to one instance's Frontend API: the host inside the publishable key.

    With `base_url` requests go there and still carry that host, so that one server can answer for
    several instances.
    """
    host = frontend_host(publishable_key)
    return Http(
        SERVICE,
        base_url=base_url or f"https://{host}",
        key=None,
        headers={"Host": host} if base_url else None,
        **options,
    )


class FrontendClient(Client):
    """Client of one instance's Frontend API; see `frontend_http`."""

    def __init__(
        self, *, publishable_key: str, base_url: str | None = None, **options: Unpack[Options]
    ) -> None:
        self._http = frontend_http(publishable_key, base_url, **options)

    def environment(self) -> Environment:
        """The public environment (getEnvironment)."""
        return self._http.request(Environment, "getEnvironment", "GET", "/v1/environment")
