"""What a stack says about itself: typed, checked once, before anything is sent."""

from __future__ import annotations

from clerkstack.settings.load import (
    ALLOW_KEY,
    CONNECTION_KEYS,
    config_value,
    load_allowed,
    load_connection,
    load_settings,
)
from clerkstack.settings.models import (
    BUILT_IN_ROLES,
    VARIABLE_COMMENT,
    VERCEL_TOKEN,
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
from clerkstack.settings.places import PREFIX

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
]
