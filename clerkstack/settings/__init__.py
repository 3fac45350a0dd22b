"""A stack's settings: typed, and checked before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkstack.lazily import names_of
from clerkstack.settings.names import (
    ALLOW_KEY,
    BUILT_IN_ROLES,
    CONNECTION_KEYS,
    PREFIX,
    VARIABLE_COMMENT,
    VERCEL_TOKEN,
    config_value,
)

if TYPE_CHECKING:
    from clerkstack.settings.load import (
        load_allowed,
        load_connection,
        load_settings,
        problems_of,
        refuse_led_astray,
    )
    from clerkstack.settings.models import (
        Allowed,
        ApiKeysSettings,
        AppSettings,
        BillingSettings,
        Connection,
        EnvironmentSettings,
        OrganizationsSettings,
        Settings,
        SignInSettings,
        SmokeGate,
        SmokeSettings,
        WebhookSettings,
    )
else:
    __getattr__ = names_of(
        __name__,
        {
            "load": (
                "load_allowed",
                "load_connection",
                "load_settings",
                "problems_of",
                "refuse_led_astray",
                "refuse_led_astray",
            ),
            "models": (
                "Allowed",
                "ApiKeysSettings",
                "AppSettings",
                "BillingSettings",
                "Connection",
                "EnvironmentSettings",
                "OrganizationsSettings",
                "Settings",
                "SignInSettings",
                "SmokeGate",
                "SmokeSettings",
                "WebhookSettings",
            ),
        },
    )

__all__ = [
    "ALLOW_KEY",
    "BUILT_IN_ROLES",
    "CONNECTION_KEYS",
    "PREFIX",
    "VARIABLE_COMMENT",
    "VERCEL_TOKEN",
    "Allowed",
    "ApiKeysSettings",
    "AppSettings",
    "BillingSettings",
    "Connection",
    "EnvironmentSettings",
    "OrganizationsSettings",
    "Settings",
    "SignInSettings",
    "SmokeGate",
    "SmokeSettings",
    "WebhookSettings",
    "config_value",
    "load_allowed",
    "load_connection",
    "load_settings",
    "problems_of",
    "refuse_led_astray",
]
