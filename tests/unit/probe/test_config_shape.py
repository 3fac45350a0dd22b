"""Fields of a config that no description names."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.premises.config_shape import unfamiliar

KNOWN: dict[str, Any] = {
    "session": None,
    "auth_access_control": {"sign_up_mode": "public", "allowlist_enabled": False},
    "auth_attack_protection": {"user_lockout": {"enabled": True, "max_attempts": 10}},
    "connection_oauth_google": {"enabled": True, "client_id": ""},
    "connection_oauth_enstall": None,
    "connections_oauth_custom": {"acme": {"name": "Acme", "base_scopes": ["openid"]}},
    "billing": {
        "plans": {"pro": {"name": "Pro", "description": None, "features": ["sso"]}},
        "features": {},
    },
    "paths": {"home": None},
}


def test_a_config_as_described_has_nothing_else() -> None:
    assert not list(unfamiliar(KNOWN))


@pytest.mark.parametrize(
    ("section", "value", "told"),
    [
        ("passports", {"enabled": True}, "passports"),
        ("paths", {"home": "/", "attic": "/attic"}, "paths.attic"),
        ("paths", {"home": 7}, "paths.home: integer, was text"),
        ("paths", ["/"], "paths: list, was object"),
        ("session", {"claims": {"any": {"thing": 1}}, "speed": 1}, "session.speed"),
        (
            "auth_attack_protection",
            {"user_lockout": {"enabled": "yes"}},
            "auth_attack_protection.user_lockout.enabled: text, was boolean",
        ),
        (
            "billing",
            {"plans": {"pro": {"features": {"sso": True}}}},
            "billing.plans.pro.features: object, was list",
        ),
        ("billing", {"plans": {"pro": {"seats": 5}}}, "billing.plans.pro.seats"),
    ],
)
def test_what_is_not_described_is_named(section: str, value: Any, told: str) -> None:
    assert list(unfamiliar({**KNOWN, section: value})) == [told]
