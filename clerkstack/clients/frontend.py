"""Clerk Frontend API (public): what every browser that opens the app can read."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
from pydantic import BaseModel, ConfigDict

from clerkstack.clients.clerk_errors import read_clerk_error
from clerkstack.clients.http import TIMEOUT, Client, Http
from clerkstack.settings.keys import frontend_host

MENDS = {
    404: "Check the publishable key: its second half is the address of the Frontend API",
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ApiKeySettings(_Model):
    """Who may mint API keys (Client.ApiKeysSettings)."""

    user_api_keys_enabled: bool
    orgs_api_keys_enabled: bool


class PayerSettings(_Model):
    """Whether billing is on for one payer."""

    enabled: bool = False


class EnvironmentBilling(_Model):
    """The public billing settings (Client.CommerceSettings)."""

    free_trial_requires_payment_method: bool = True
    organization: PayerSettings = PayerSettings()
    user: PayerSettings = PayerSettings()


class _Commerce(_Model):
    billing: EnvironmentBilling


class Environment(_Model):
    """The public environment of an instance (Client.Environment)."""

    api_keys_settings: ApiKeySettings
    commerce_settings: _Commerce

    @property
    def api_keys(self) -> ApiKeySettings:
        """Who may mint API keys."""
        return self.api_keys_settings

    @property
    def billing(self) -> EnvironmentBilling:
        """The public billing settings."""
        return self.commerce_settings.billing


class FrontendClient(Client):
    """Client of one instance's Frontend API.

    The instance is the host inside the publishable key. With `base_url` the request goes there
    and still carries that host, so that one server can answer for several instances.
    """

    def __init__(
        self,
        *,
        publishable_key: str,
        base_url: str | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        host = frontend_host(publishable_key)
        self._http = Http(
            vendor="Clerk's Frontend API",
            base_url=base_url or f"https://{host}",
            auth=None,
            read_error=read_clerk_error,
            mends=MENDS,
            transport=transport,
            timeout=timeout,
            sleep=sleep,
            headers={"Host": host} if base_url else None,
        )

    def environment(self) -> Environment:
        """The public environment (getEnvironment)."""
        return self._http.request(Environment, "getEnvironment", "GET", "/v1/environment")
