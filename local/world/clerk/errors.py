"""Clerk's refusals: status, code and message once, in the body all its APIs share (ClerkErrors).

Codes of the config, of billing and of organizations are those Clerk documents. Where no document
names one the code here is a guess.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

BILLING_WITH_PARAM = ("name_invalid_format", "plan_name_already_exists", "slug_invalid_format")
"""The errors of billing that name the parameter in their meta."""


class ClerkError(Exception):
    """One refused request. ``also`` are further mistakes of the same request."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        meta: dict[str, Any] | None = None,
        also: Iterable[ClerkError] = (),
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.meta = meta
        self.also = tuple(also)

    def entry(self) -> dict[str, Any]:
        """Return the error as one entry of the list."""
        entry: dict[str, Any] = {
            "message": self.message,
            "long_message": self.message,
            "code": self.code,
        }
        return entry if self.meta is None else {**entry, "meta": self.meta}

    def body(self) -> dict[str, Any]:
        """Return the whole answer."""
        return {
            "errors": [self.entry(), *(each.entry() for each in self.also)],
            "clerk_trace_id": secrets.token_hex(16),
        }


def missing_key() -> ClerkError:
    """The request carries no bearer key."""
    message = "The Authorization header must hold a bearer key."
    return ClerkError(401, "authorization_header_format_invalid", message)


def invalid_platform_key() -> ClerkError:
    """The key is not one of the Platform API."""
    return ClerkError(401, "could_not_authenticate_request", "This is no key of this API.")


def invalid_secret_key() -> ClerkError:
    """The key is not the secret key of an instance, or no longer."""
    return ClerkError(401, "clerk_key_invalid", "This is no secret key of an instance.")


def missing_scope(scope: str) -> ClerkError:
    """The key is known and may not do this."""
    message = f"The key lacks the scope {scope}."
    return ClerkError(403, "authorization_missing_scopes", message, meta={"scopes": [scope]})


def not_found(thing: str, identifier: str) -> ClerkError:
    """There is no such thing, or not for this key."""
    return ClerkError(404, "resource_not_found", f"There is no {thing} {identifier}.")


def unknown_url(path: str) -> ClerkError:
    """No operation has this URL."""
    return ClerkError(404, "resource_not_found", f"Nothing is found at {path}.")


def body_invalid(message: str) -> ClerkError:
    """The body can't be read at all."""
    return ClerkError(400, "request_body_invalid", message)


def param_missing(name: str) -> ClerkError:
    """A required parameter is not there."""
    return ClerkError(
        422, "form_param_missing", f"{name} must be included.", meta={"param_name": name}
    )


def param_unknown(name: str) -> ClerkError:
    """A parameter is there that no description has."""
    return ClerkError(
        422, "form_param_unknown", f"{name} is not a valid parameter.", meta={"param_name": name}
    )


def param_invalid(name: str, message: str, *, status: int = 422) -> ClerkError:
    """A parameter has a value that is not allowed."""
    return ClerkError(
        status, "form_param_format_invalid", f"{name} {message}.", meta={"param_name": name}
    )


# -- config -----------------------------------------------------------------------------------


def version_conflict(current: str, provided: str) -> ClerkError:
    """If-Match names another version than the config has."""
    return ClerkError(
        409,
        "config_version_conflict",
        f"The config is at version {current}, not at {provided}.",
        meta={"current_version": current, "provided_version": provided},
    )


def destructive_not_allowed(param: str) -> ClerkError:
    """The write removes something and does not say that it may."""
    return ClerkError(
        400,
        "destructive_operation_not_allowed",
        f"Removing {param} needs destructive=true.",
        meta={"param_name": param},
    )


def unknown_config_key(key: str, suggestions: list[str]) -> ClerkError:
    """The config has no such key."""
    return ClerkError(
        400,
        "unknown_config_key",
        f"{key} is not a config key.",
        meta={"param_name": key, "suggestions": suggestions},
    )


def missing_name(param: str) -> ClerkError:
    """A plan or feature is made without a name."""
    return ClerkError(400, "missing_name", f"{param} is missing.")


def user_settings_invalid(message: str) -> ClerkError:
    """Settings of users contradict each other; the catalogue's error names no parameter."""
    return ClerkError(409, "user_settings_invalid", f"{message}.")


def second_factor_needed() -> ClerkError:
    """A second factor is required, or backup codes are on, and there is none to use."""
    message = "At least one second factor has to be enabled."
    return ClerkError(422, "need_at_least_one_mfa_strategy_enabled", message)


def captcha_widget_needed() -> ClerkError:
    """The captcha is on and no widget is chosen."""
    message = "The captcha needs a widget type."
    return ClerkError(422, "invalid_captcha_widget_type", message)


def params_missing(names: list[str]) -> ClerkError:
    """One of these parameters must be present."""
    message = f"{' or '.join(names)} must be included."
    return ClerkError(422, "form_param_missing", message, meta={"param_names": names})


def session_without_end() -> ClerkError:
    """Neither limit of a session's life is on."""
    message = "A session needs an inactivity timeout or a maximum lifetime."
    return ClerkError(422, "session_lifetime_setting_missing", message)


def plan_lacks(features: list[str]) -> ClerkError:
    """The workspace's own plan does not have what a setting of production needs."""
    return ClerkError(
        402,
        "unsupported_subscription_plan_features",
        f"Your subscription does not include {', '.join(features)}.",
        meta={"unsupported_features": features},
    )


def config_key_body_invalid(key: str) -> ClerkError:
    """The value of a config key, or something in it, is of another type than the schema has."""
    message = f"The value of {key} does not have the shape that config/schema describes."
    return ClerkError(400, "config_key_body_invalid", message, meta={"param_name": key})


def config_validation_error(key: str, param: str, path: str, message: str) -> ClerkError:
    """The value does not fit the schema; the message repeats no value, which may be a secret."""
    meta = {"config_key": key, "param_name": param, "schema_path": path}
    return ClerkError(422, "config_validation_error", f"{param}: {message}.", meta=meta)


def missing_config_keys(keys: list[str]) -> ClerkError:
    """A PUT leaves keys out."""
    message = f"These config keys are missing: {', '.join(keys)}."
    return ClerkError(400, "missing_config_keys", message, meta={"missing_keys": keys})


def billing(status: int, code: str, message: str, param: str) -> ClerkError:
    """A rule of billing is broken; ``param`` is the way to the field, with dots."""
    meta = {"param_name": param} if code in BILLING_WITH_PARAM else None
    return ClerkError(status, code, f"{param}: {message}.", meta=meta)


def plan_kept(slug: str, message: str) -> ClerkError:
    """A plan can't be removed."""
    return ClerkError(409, "plan_cannot_be_deleted", f"billing.plans.{slug}: {message}.")


def plan_limit(most: int) -> ClerkError:
    """The workspace's own subscription includes no further plan."""
    return ClerkError(
        402,
        "unsupported_subscription_plan_features",
        f"Your subscription includes {most} plans.",
        meta={"unsupported_features": ["billing_plans"]},
    )


# -- instances --------------------------------------------------------------------------------


def production_exists() -> ClerkError:
    """An application has one production instance at most."""
    message = "The application has a production instance already."
    return ClerkError(400, "production_instance_exists", message)


def domain_taken(domain: str) -> ClerkError:
    """Another instance has the domain."""
    return ClerkError(422, "home_url_taken", f"{domain} is in use.", meta={"param_name": "domain"})


def provider_domain(domain: str) -> ClerkError:
    """A domain of a hosting provider can't have the DNS records a production instance needs."""
    return ClerkError(
        403,
        "provider_domain_operation_not_allowed",
        f"{domain} belongs to a hosting provider.",
    )


def dns_check_running() -> ClerkError:
    """A check runs, or ran a moment ago."""
    return ClerkError(409, "conflict", "A DNS check is running or has just been made.")


# -- the version of the API -------------------------------------------------------------------


def api_version_invalid(version: str) -> ClerkError:
    """The header Clerk-API-Version names a version that there is not."""
    return ClerkError(400, "api_version_invalid", f"There is no version {version} of this API.")


# -- roles, webhooks, hosts -------------------------------------------------------------------


def organizations_off() -> ClerkError:
    """Roles can't be made while organizations are off."""
    message = "Organizations are not enabled on this instance."
    return ClerkError(403, "organization_not_enabled_in_instance", message)


def taken(name: str) -> ClerkError:
    """Somebody else has this email address, slug or name."""
    return ClerkError(
        422, "form_identifier_exists", f"That {name} is taken.", meta={"param_name": name}
    )


def duplicate(name: str) -> ClerkError:
    """Something else has this key."""
    return ClerkError(400, "duplicate_record", f"{name} is taken.")


def role_in_use(use: str) -> ClerkError:
    """The organization settings name the role."""
    message = f"The role is the {use.replace('_', ' ')}."
    return ClerkError(422, f"organization_role_{use}", message)


def permission_assigned() -> ClerkError:
    """The role has the permission already."""
    message = "The role has this permission already."
    return ClerkError(409, "organization_role_permission_association_exists", message)


def permission_not_assigned() -> ClerkError:
    """The role does not have the permission; with which status Clerk says so is a guess."""
    message = "The role does not have this permission."
    return ClerkError(404, "organization_role_permission_association_not_found", message)


def creator_needs(permissions: list[str]) -> ClerkError:
    """Whoever makes an organization must be able to run it."""
    message = f"The creator role must have these permissions: {', '.join(permissions)}."
    return ClerkError(422, "organization_missing_creator_role_permissions", message)


def organizations_needed() -> ClerkError:
    """Organizations can't be switched off while something depends on them."""
    message = "Organizations can't be disabled because organization billing is enabled."
    return ClerkError(400, "organizations_disable_not_allowed", message)


def nothing_to_select() -> ClerkError:
    """Nobody can be made to choose an organization if there are none."""
    message = "force_organization_selection needs organizations to be enabled."
    code = "force_organization_selection_not_allowed_when_organizations_disabled"
    return ClerkError(422, code, message)


def svix_app_exists() -> ClerkError:
    """The instance has its Svix app already."""
    return ClerkError(400, "svix_app_exists", "The instance has a Svix app already.")


def svix_app_missing() -> ClerkError:
    """The instance has no Svix app yet."""
    return ClerkError(400, "svix_app_missing", "The instance has no Svix app.")


def host_invalid(host: str) -> ClerkError:
    """No instance has this Frontend API host."""
    return ClerkError(400, "host_invalid", f"No instance answers at {host}.")


def roles_quota(most: int) -> ClerkError:
    """The instance has as many roles of its own as it may."""
    return ClerkError(
        403,
        "organization_instance_roles_quota_exceeded",
        f"An instance has {most} roles of its own at most.",
    )
