"""Clerk Frontend API (public): what every browser with the app open can read."""

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
    """Who may create API keys (Client.ApiKeysSettings).

    A switch has no effect while the feature itself is not `enabled`.
    """

    # Required in the description; an answer without it does not contradict the switches.
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
    """The sign-in settings (Client.AuthConfig). In test mode, anybody can sign in with an address
    that contains +clerk_test and a publicly known code."""

    test_mode: bool | None = None


class Switch(Answer):
    """A setting that is on or off."""

    enabled: bool | None = None


class SignUp(Answer):
    """Who may sign up (UserSettings.SignUp): public, restricted (by invitation) or waitlist."""

    mode: str | None = None
    captcha_enabled: bool | None = None
    legal_consent_enabled: bool | None = None


class UserAttribute(Answer):
    """An attribute that users can or must have (UserSettings.Attribute)."""

    required: bool = False


class Restrictions(Answer):
    """Allow and block lists for sign-ups (UserSettings.Restrictions)."""

    allowlist: Switch = Switch()


class AttackProtection(Answer):
    """Protection against guessed passwords (UserSettings.AttackProtectionSettings)."""

    user_lockout: Switch = Switch()


class UserSettings(Answer):
    """The part of Client.UserSettings that is used."""

    sign_up: SignUp = SignUp()
    attributes: Mapping[str, UserAttribute] = {}
    restrictions: Restrictions = Restrictions()
    attack_protection: AttackProtection = AttackProtection()


class DisplayConfig(Answer):
    """The part of Client.DisplayConfig that is used: the instance's environment."""

    instance_environment_type: str | None = None


class Environment(Answer):
    """The public environment of an instance (Client.Environment)."""

    auth_config: AuthConfig = AuthConfig()
    display_config: DisplayConfig = DisplayConfig()
    user_settings: UserSettings = UserSettings()
    api_keys_settings: ApiKeySettings
    # Absent if the instance has never had billing: then it is off for everybody.
    commerce_settings: _Commerce = _Commerce(billing=EnvironmentBilling())

    @property
    def api_keys(self) -> ApiKeySettings:
        """Who may create API keys."""
        return self.api_keys_settings

    @property
    def sign_up(self) -> SignUp:
        """Who may sign up."""
        return self.user_settings.sign_up

    @property
    def required_of_users(self) -> frozenset[str]:
        """The attributes that every user must have: `email_address`, `password`, …"""
        attributes = self.user_settings.attributes
        return frozenset(name for name, attribute in attributes.items() if attribute.required)

    @property
    def billing(self) -> EnvironmentBilling:
        """The public billing settings."""
        return self.commerce_settings.billing


def frontend_http(
    publishable_key: str, base_url: str | None = None, **options: Unpack[Options]
) -> Http:
    """An HTTP client for one instance's Frontend API, at the host in the publishable key.

    With `base_url`, requests go there with the same Host header, so that one server can answer for
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
