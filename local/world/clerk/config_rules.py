"""The rules across fields of an instance's config, except billing.

Codes are those of the vendor's catalogue. Checks of the config endpoint are only known for session
lifetimes, organizations and production connections; for the others the strict reading is taken: all
are made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from local.world.clerk import errors
from local.world.clerk.fields import Document
from local.world.clerk.sections import OAUTH, OAUTH_PROVIDERS

GATES: dict[str, str] = {
    "auth_multi_factor.authenticator_app.enabled": "app:mfa_totp",
    "auth_multi_factor.backup_code.enabled": "app:mfa_backup_code",
    "auth_phone.used_for_second_factor": "app:mfa_phone_code",
    "auth_passkey.used_for_sign_in": "app:passkey",
    "session_settings.inactivity_timeout.enabled": "app:custom_session_duration",
    "session_settings.inactivity_timeout.duration_seconds": "app:custom_session_duration",
    "session_settings.maximum_lifetime.enabled": "app:custom_session_duration",
    "session_settings.maximum_lifetime.duration_seconds": "app:custom_session_duration",
}
"""The feature of the workspace's own plan that a production setting needs."""
CREDENTIALS: dict[str, tuple[str, ...]] = {
    "apple": ("client_id", "team_id", "key_id", "client_secret")
}
OWN_CREDENTIALS = ("client_id", "client_secret")
"""What a connection needs in production, where Clerk's shared credentials do not work."""
ATTRIBUTES = ("auth_email", "auth_phone", "auth_username", "auth_web3")
SHORTEST_SESSION_SECONDS = 300


def follow(before: Document, after: Document) -> None:
    """Apply Clerk's side effect: switching organizations on forces a selection."""
    was, now = before["organization_settings"], after["organization_settings"]
    if now["enabled"] and not was["enabled"]:
        now["force_organization_selection"] = True


def check(
    before: Document, after: Document, *, environment: str, gated: Collection[str] = ()
) -> None:
    """Check a complete config against the rules; an unchanged section breaks none.

    Raises:
        ClerkError: the first broken rule.
    """
    for sections, rule in RULES:
        if any(before[name] != after[name] for name in sections):
            rule(before, after)
    if environment == "production":
        _check_gates(before, after, gated)
        for provider in OAUTH_PROVIDERS:
            if before[f"{OAUTH}{provider}"] != after[f"{OAUTH}{provider}"]:
                _check_credentials(provider, after)


def _check_organizations(before: Document, after: Document) -> None:
    settings = after["organization_settings"]
    if settings["enabled"]:
        return
    if before["organization_settings"]["enabled"] and after["billing"]["organization_enabled"]:
        raise errors.organizations_needed()
    if settings["force_organization_selection"]:
        raise errors.nothing_to_select()


def _check_attributes(_before: Document, after: Document) -> None:
    for name in ATTRIBUTES:
        if after[name]["required_for_sign_up"] and not after[name]["used_for_sign_up"]:
            raise errors.user_settings_invalid(f"{name} is required and not used for sign-up")
    if after["auth_password"]["required"] and not after["auth_password"]["enabled"]:
        raise errors.user_settings_invalid("auth_password is required and not enabled")


def _check_second_factors(_before: Document, after: Document) -> None:
    factors = after["auth_multi_factor"]
    first = factors["authenticator_app"]["enabled"] or after["auth_phone"]["used_for_second_factor"]
    needed = factors["required_for_sign_up"] or factors["required_for_sign_in"]
    if not first and (needed or factors["backup_code"]["enabled"]):
        raise errors.second_factor_needed()


def _check_attack_protection(_before: Document, after: Document) -> None:
    section = after["auth_attack_protection"]
    bots = section["bot_protection"]
    if bots["captcha_enabled"] and not bots["captcha_widget_type"]:
        raise errors.captcha_widget_needed()
    if not section["pii_protection_enabled"]:
        raise errors.user_settings_invalid("this API does not switch PII protection off")


def _check_consent(_before: Document, after: Document) -> None:
    consent = after["compliance"]["legal_consent"]
    urls = ("privacy_policy_url", "terms_of_service_url")
    if consent["enabled"] and not any(consent[name] for name in urls):
        raise errors.params_missing([f"compliance.legal_consent.{name}" for name in urls])


def _check_lifetimes(_before: Document, after: Document) -> None:
    section = after["session_settings"]
    limits = {name: section[name] for name in ("inactivity_timeout", "maximum_lifetime")}
    if not any(limit["enabled"] for limit in limits.values()):
        raise errors.session_without_end()
    for name, limit in limits.items():
        if limit["enabled"] and limit["duration_seconds"] < SHORTEST_SESSION_SECONDS:
            at = f"session_settings.{name}.duration_seconds"
            message = f"is at least {SHORTEST_SESSION_SECONDS}"
            raise errors.config_validation_error("session_settings", at, "minimum", message)


RULES: tuple[tuple[tuple[str, ...], Callable[[Document, Document], None]], ...] = (
    (("organization_settings",), _check_organizations),
    ((*ATTRIBUTES, "auth_password"), _check_attributes),
    (("auth_multi_factor", "auth_phone"), _check_second_factors),
    (("auth_attack_protection",), _check_attack_protection),
    (("compliance",), _check_consent),
    (("session_settings",), _check_lifetimes),
)


def _check_gates(before: Document, after: Document, gated: Collection[str]) -> None:
    lacking = {
        feature
        for path, feature in GATES.items()
        if feature in gated and _at(after, path) and _at(after, path) != _at(before, path)
    }
    if lacking:
        raise errors.plan_lacks(sorted(lacking))


def _check_credentials(provider: str, after: Document) -> None:
    section = after[f"{OAUTH}{provider}"]
    if section is None or not section["enabled"]:
        return
    names = CREDENTIALS.get(provider, OWN_CREDENTIALS)
    for missing in (name for name in names if not section[name]):
        name = f"{OAUTH}{provider}"
        path = f"properties/{name}/{missing}"
        message = "is needed on a production instance"
        raise errors.config_validation_error(name, f"{name}.{missing}", path, message)


def _at(config: Document, path: str) -> Any:
    value: Any = config
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def gates() -> Iterator[str]:
    """Yield each feature that a setting can need."""
    yield from dict.fromkeys(GATES.values())
