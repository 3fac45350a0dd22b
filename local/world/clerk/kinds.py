"""Kinds of real instances: their configs before a stack manages them.

The defaults of new instances changed during 2026; an older instance keeps its own.
"""

from __future__ import annotations

from local.world.clerk.config import merged
from local.world.clerk.fields import Document
from local.world.clerk.schema import fresh_config
from local.world.clerk.sections import SECTIONS

YOUNG = "young"
OLDER = "older"
EDITED = "edited"

OLD_DEFAULTS: Document = {
    "auth_attack_protection": {"user_lockout": {"max_attempts": 100}},
    "auth_password": {"min_length": 0, "show_zxcvbn": False, "min_zxcvbn_strength": 0},
    "user_model": {"first_name": {"enabled": True}, "last_name": {"enabled": True}},
}
"""The differences of an instance that was created before the middle of 2026."""

BY_HAND: Document = {
    "auth_email": {"verify_at_sign_up": False},
    "auth_phone": {"second_factor_strategies": ["phone_code"], "used_for_second_factor": True},
    "auth_multi_factor": {"authenticator_app": {"enabled": True}},
    "compliance": {
        "legal_consent": {"enabled": True, "terms_of_service_url": "https://sendero.example/terms"}
    },
    "connection_oauth_github": {
        "enabled": True,
        "client_id": "Iv1.0123456789abcdef",
        "client_secret": "a secret of somebody else",
    },
    "organization_settings": {
        "enabled": True,
        "force_organization_selection": True,
        "domains_enabled": True,
        "domains_default_role": "org:member",
        "domains_enrollment_modes": ["automatic_suggestion", "manual_invitation"],
    },
    "billing": {
        "organization_enabled": True,
        "features": {
            "by_hand": {"name": "By hand", "publicly_visible": True},
        },
        "plans": {
            "free_org": {"name": "Free", "currency": "", "payer_type": "org"},
            "by_hand": {
                "name": "By hand",
                "amount": 1900,
                "payer_type": "org",
                "features": ["by_hand"],
                "free_trial_enabled": True,
                "free_trial_days": 14,
            },
        },
    },
    "paths": {"home": "/", "sign_in": "/sign-in", "sign_up": "/sign-up"},
    "session": {"claims": {"metadata": "{{user.public_metadata}}"}},
}
"""What people set in the dashboard."""

KINDS: dict[str, tuple[Document, ...]] = {
    YOUNG: (),
    OLDER: (OLD_DEFAULTS,),
    EDITED: (OLD_DEFAULTS, BY_HAND),
}


def config_of(kind: str, environment: str) -> Document:
    """Return the config of an instance of this kind."""
    config = fresh_config(environment)
    for values in KINDS[kind]:
        for name, fields in values.items():
            config[name] = merged(config[name], fields, SECTIONS[name])
    return config
