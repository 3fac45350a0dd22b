"""What an instance's config may hold, as the JSON Schema that config/schema gives out.

The same schema checks writes and gives a fresh instance its values (``default``). Names of the
sections, and the fields of billing, organizations, sessions and OAuth connections, are those seen
on live instances; the fields of the other sections are few and partly guessed.
"""

from __future__ import annotations

import copy
from typing import Any

Document = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SENSITIVE = "x-clerk-sensitive"
API_KEYS = "api_keys"
"""A section that live instances have not shown; it is advertised only where the world says so."""
NOT_CLONED = ("connection_oauth_", "connections_oauth_custom", "paths")
"""Sections, by the beginning of their name, that cloning an instance leaves at their defaults."""

SLUG = "^[A-Za-z0-9_-]+$"
MOST_CENTS = 99_999_998
"""An amount must be below $999,999.99."""
LONGEST_TRIAL_DAYS = 365
OAUTH_PROVIDERS = (
    "apple",
    "discord",
    "facebook",
    "github",
    "gitlab",
    "google",
    "linkedin_oidc",
    "microsoft",
    "notion",
    "slack",
    "twitch",
    "x",
)


def _of(kind: str, default: Any = None, **more: Any) -> Document:
    return {"type": kind, "default": default, **more}


def _or_null(kind: str, **more: Any) -> Document:
    return {"type": [kind, "null"], "default": None, **more}


def _section(**fields: Document) -> Document:
    return {"type": "object", "additionalProperties": False, "properties": fields}


def _keyed(entry: Document, **more: Any) -> Document:
    return {"type": "object", "additionalProperties": entry, "default": {}, **more}


def _flag(default: bool) -> Document:
    return _of("boolean", default)


def _connection(**more: Document) -> Document:
    return _section(
        enabled=_flag(False),
        authenticatable=_flag(True),
        block_email_subaddresses=_flag(False),
        client_id=_or_null("string"),
        client_secret={"type": "string", SENSITIVE: True},
        **more,
    )


FEATURE = _section(
    name={"type": "string", "minLength": 1},
    description=_or_null("string"),
    include_in_jwt=_flag(True),
    jwt_value=_or_null("string"),
    publicly_visible=_flag(True),
    avatar_url=_or_null("string"),
) | {"required": ["name"]}

PLAN = _section(
    name={"type": "string", "minLength": 1},
    description=_or_null("string"),
    amount=_of("integer", 0, minimum=0, maximum=MOST_CENTS, description="cents a month"),
    annual_monthly_amount=_or_null(
        "integer", minimum=0, maximum=MOST_CENTS, description="cents a month, billed annually"
    ),
    currency=_of("string", "usd", enum=["usd"]),
    features=_of("array", [], items={"type": "string"}, uniqueItems=True),
    free_trial_enabled=_flag(False),
    free_trial_days=_or_null("integer", minimum=1, maximum=LONGEST_TRIAL_DAYS),
    is_recurring=_flag(True),
    payer_type={"type": "string", "enum": ["user", "org"]},
    publicly_visible=_flag(True),
) | {"required": ["name", "payer_type"]}

_URLS = (
    "home_url",
    "sign_in_url",
    "sign_up_url",
    "after_sign_in_url",
    "after_sign_up_url",
    "after_create_organization_url",
    "after_leave_organization_url",
)

SECTIONS: dict[str, Document] = {
    "auth_access_control": _section(
        sign_up_mode=_of("string", "public", enum=["public", "restricted", "waitlist"]),
        allowlist_enabled=_flag(False),
        blocklist_enabled=_flag(False),
        block_disposable_email_domains=_flag(False),
    ),
    "auth_attack_protection": _section(
        user_lockout_enabled=_flag(True),
        user_lockout_max_attempts=_of("integer", 100, minimum=1),
        enumeration_protection_enabled=_flag(False),
    ),
    "auth_email": _section(
        enabled=_flag(True), required=_flag(True), verify_at_sign_up=_flag(True)
    ),
    "auth_multi_factor": _section(
        required_for_sign_up=_flag(False),
        authenticator_app_enabled=_flag(False),
        backup_code_enabled=_flag(False),
    ),
    "auth_passkey": _section(enabled=_flag(False)),
    "auth_password": _section(
        enabled=_flag(True), required=_flag(True), min_length=_of("integer", 8, minimum=8)
    ),
    "auth_phone": _section(enabled=_flag(False), required=_flag(False)),
    "auth_username": _section(enabled=_flag(False), required=_flag(False)),
    "auth_web3": _section(enabled=_flag(False)),
    "billing": _section(
        organization_enabled=_flag(False),
        user_enabled=_flag(False),
        free_trial_requires_payment_method=_flag(True),
        features=_keyed(FEATURE, propertyNames={"pattern": SLUG}),
        plans=_keyed(PLAN, propertyNames={"pattern": SLUG}),
    ),
    "branding": _section(support_email=_or_null("string"), clerk_branding=_flag(True)),
    "compliance": _section(
        legal_consent_enabled=_flag(False),
        privacy_policy_url=_or_null("string"),
        terms_url=_or_null("string"),
    ),
    **{
        f"connection_oauth_{name}": _connection(
            **({"show_account_selector_prompt": _flag(False)} if name == "google" else {})
        )
        for name in OAUTH_PROVIDERS
    },
    "connections_oauth_custom": _keyed(
        _connection(name={"type": "string"}, discovery_url=_or_null("string")),
        propertyNames={"pattern": SLUG},
    ),
    "organization_settings": _section(
        enabled=_flag(False),
        force_organization_selection=_flag(False),
        max_allowed_memberships=_of("integer", 5, minimum=0, description="0: no limit"),
        admin_delete_enabled=_flag(True),
        creator_role=_of("string", "org:admin"),
        domains_enabled=_flag(False),
        domains_enrollment_modes=_of(
            "array",
            [],
            items={"enum": ["manual_invitation", "automatic_invitation", "automatic_suggestion"]},
        ),
        domains_default_role=_of("string", "org:member"),
        slug_disabled=_flag(False),
    ),
    "paths": _section(**{name: _or_null("string") for name in _URLS}),
    "session": _section(
        claims={"type": "object", "default": {}, "additionalProperties": True},
        lifetime=_of("integer", 604_800, minimum=300, description="seconds"),
        inactivity_timeout=_of("integer", 0, minimum=0, description="seconds, 0: none"),
    ),
    "session_settings": _section(single_session_mode=_flag(True), url_based_syncing=_flag(True)),
    "user_model": _section(
        first_name=_of("string", "off", enum=["on", "off", "required"]),
        last_name=_of("string", "off", enum=["on", "off", "required"]),
        delete_self_enabled=_flag(True),
    ),
    API_KEYS: _section(user_api_keys_enabled=_flag(False), orgs_api_keys_enabled=_flag(False)),
}


def section_names(*, api_keys: bool) -> list[str]:
    """Name the sections that an instance advertises."""
    return [name for name in SECTIONS if api_keys or name != API_KEYS]


def schema_of(names: list[str]) -> Document:
    """Give the JSON Schema of these sections, as config/schema does."""
    return {
        "$schema": DIALECT,
        "$id": "instance-config",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: SECTIONS[name] for name in names},
    }


def defaults_of(described: Document) -> Document:
    """Give the values of a fresh section, plan or feature; what has no default is left out."""
    fields = described.get("properties", {})
    return {
        name: copy.deepcopy(field["default"])
        for name, field in fields.items()
        if "default" in field
    }


def fresh_config() -> Document:
    """Give the config of an instance that nobody has touched."""
    return {name: defaults_of(described) for name, described in SECTIONS.items()}


def shown(document: Document, described: Document) -> Document:
    """Give a copy without the values that are taken and never given back."""
    fields = described.get("properties", {})
    entry = described.get("additionalProperties")
    visible: Document = {}
    for name, value in document.items():
        field = fields.get(name, entry if isinstance(entry, dict) else {})
        if not field.get(SENSITIVE):
            visible[name] = shown(value, field) if isinstance(value, dict) else copy.copy(value)
    return visible
