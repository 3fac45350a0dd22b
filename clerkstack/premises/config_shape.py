"""Sections and fields of an instance's config, as public reads of live instances show them.

`clerkstack doctor` and `clerkstack probe` name everything else that an instance has: then Clerk has
changed its config, and other premises about it may no longer hold either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Literal, TypeVar

from clerkstack.reconcile.fields import is_unset
from clerkstack.shapes import Json, JsonObject

Kind = Literal["boolean", "integer", "text", "list", "object"]
Shape = Mapping[str, Kind]
"""From a dotted field, with `*` for a user's own key, to its type if it is set."""


def _shape(
    *, boolean: str = "", integer: str = "", text: str = "", lists: str = "", objects: str = ""
) -> Shape:
    kinds: dict[Kind, str] = {
        "boolean": boolean,
        "integer": integer,
        "text": text,
        "list": lists,
        "object": objects,
    }
    return {field: kind for kind, fields in kinds.items() for field in fields.split()}


SECTIONS: Mapping[str, Shape] = {
    "auth_access_control": _shape(
        text="sign_up_mode",
        boolean=(
            "allowlist_enabled blocklist_enabled allowlist_blocklist_enforced_on_sign_in "
            "block_disposable_email_domains block_email_subaddresses"
        ),
    ),
    "auth_attack_protection": _shape(
        boolean=(
            "bot_protection.captcha_enabled email_link_require_same_client "
            "pii_protection_enabled user_lockout.enabled"
        ),
        text="bot_protection.captcha_widget_type enumeration_protection",
        integer="user_lockout.max_attempts user_lockout.duration_in_minutes",
    ),
    "auth_email": _shape(
        boolean=(
            "used_for_sign_up used_for_sign_in required_for_sign_up verify_at_sign_up immutable"
        ),
        lists="sign_in_strategies verification_strategies",
    ),
    "auth_phone": _shape(
        boolean=(
            "used_for_sign_up used_for_sign_in required_for_sign_up verify_at_sign_up "
            "used_for_second_factor immutable"
        ),
        lists="sign_in_strategies second_factor_strategies verification_strategies",
    ),
    "auth_password": _shape(
        boolean=(
            "enabled required require_lowercase require_uppercase require_numbers "
            "require_special_char show_zxcvbn disable_hibp enforce_hibp_on_sign_in "
            "device_trust.enabled"
        ),
        integer="min_length max_length min_zxcvbn_strength",
    ),
    "auth_username": _shape(
        boolean=(
            "used_for_sign_up used_for_sign_in required_for_sign_up immutable "
            "allow_extended_special_characters allow_numeric_usernames"
        ),
        integer="min_length max_length",
    ),
    "auth_multi_factor": _shape(
        boolean=(
            "authenticator_app.enabled backup_code.enabled required_for_sign_up "
            "required_for_sign_in"
        ),
    ),
    "auth_passkey": _shape(
        boolean="used_for_sign_in allow_autofill show_sign_in_button satisfies_second_factor",
    ),
    "auth_web3": _shape(
        boolean="used_for_sign_up used_for_sign_in required_for_sign_up verify_at_sign_up",
        lists="sign_in_strategies verification_strategies",
    ),
    "user_model": _shape(
        boolean="first_name.enabled first_name.required last_name.enabled last_name.required",
    ),
    "session": _shape(
        objects="claims",
        integer="lifetime allowed_clock_skew",
    ),
    "session_settings": _shape(
        boolean="inactivity_timeout.enabled maximum_lifetime.enabled multi_session_enabled",
        integer="inactivity_timeout.duration_seconds maximum_lifetime.duration_seconds",
    ),
    "paths": _shape(
        text=(
            "home sign_in sign_up after_sign_out_all unauthorized_sign_in waitlist oauth_consent"
        ),
    ),
    "compliance": _shape(
        boolean="legal_consent.enabled",
        text="legal_consent.privacy_policy_url legal_consent.terms_of_service_url",
    ),
    "branding": _shape(
        boolean="show_clerk_branding",
        objects="logo favicon",
    ),
    "connection_oauth_*": _shape(
        boolean="enabled authenticatable block_email_subaddresses show_account_selector_prompt",
        text="client_id client_secret team_id key_id bundle_id actor",
    ),
    "connections_oauth_custom": _shape(
        text=(
            "*.name *.client_id *.client_secret *.discovery_url *.auth_url *.token_url "
            "*.user_info_url"
        ),
        boolean="*.enabled *.authenticatable *.requires_pkce",
        lists="*.base_scopes",
        objects="*.user_mapping",
    ),
    "organization_settings": _shape(
        boolean=(
            "enabled force_organization_selection admin_delete_enabled domains_enabled "
            "slug_disabled organization_creation_defaults.enabled "
            "organization_creation_defaults.automatic_organization_creation.enabled "
            "organization_creation_defaults.detect_from_email_domain.enabled "
            "organization_creation_defaults.organization_name_template.enabled"
        ),
        integer=(
            "max_allowed_memberships max_allowed_roles max_allowed_domains max_role_sets_allowed"
        ),
        text=(
            "creator_role domains_default_role initial_role_set_key "
            "organization_creation_defaults.fallback.name "
            "organization_creation_defaults.organization_name_template.template"
        ),
        lists="domains_enrollment_modes",
    ),
    "billing": _shape(
        boolean=(
            "organization_enabled user_enabled free_trial_requires_payment_method "
            "plans.*.free_trial_enabled plans.*.is_recurring plans.*.publicly_visible "
            "features.*.include_in_jwt features.*.publicly_visible"
        ),
        text=(
            "plans.*.name plans.*.description plans.*.currency plans.*.payer_type "
            "features.*.name features.*.description features.*.jwt_value "
            "features.*.avatar_url"
        ),
        integer="plans.*.amount plans.*.annual_monthly_amount plans.*.free_trial_days",
        lists="plans.*.features",
    ),
    "api_keys_settings": _shape(
        boolean="enabled user_api_keys_enabled orgs_api_keys_enabled",
    ),
    "native_app_minimum_versions": _shape(
        objects="*.*",
    ),
}


def unfamiliar(sections: Mapping[str, Json]) -> Iterator[str]:
    """What is unknown in a config: `section`, `section.field`, and fields of another type than
    before (`section.field: list, was text`). An unset field matches every type."""
    for name, section in sections.items():
        shape = _of(SECTIONS, name)
        if shape is None:
            yield name
        elif isinstance(section, dict):
            for field, value in _leaves(section, shape, ""):
                kind = _of(shape, field)
                if kind is None:
                    yield f"{name}.{field}"
                elif not is_unset(field.rpartition(".")[2], value) and _kind(value) != kind:
                    yield f"{name}.{field}: {_kind(value)}, was {kind}"
        elif section is not None:
            yield f"{name}: {_kind(section)}, was object"


_Value = TypeVar("_Value")


def _of(patterns: Mapping[str, _Value], name: str) -> _Value | None:
    if name in patterns:
        return patterns[name]
    return next((each for known, each in patterns.items() if _matches(name, known)), None)


def _matches(name: str, pattern: str) -> bool:
    """Whether a dotted name matches a pattern, step by step."""
    steps, known = name.split("."), pattern.split(".")
    return len(steps) == len(known) and all(map(fnmatchcase, steps, known))


def _leaves(value: JsonObject, shape: Shape, above: str) -> Iterator[tuple[str, Json]]:
    for key, inner in value.items():
        field = f"{above}{key}"
        if isinstance(inner, dict) and _of(shape, field) is None:
            yield from _leaves(inner, shape, f"{field}.")
        else:
            yield field, inner


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds: dict[type, str] = {int: "integer", float: "number", str: "text", list: "list"}
    return kinds.get(type(value), "object")
