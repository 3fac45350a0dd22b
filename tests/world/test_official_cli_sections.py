"""The official Clerk command-line client writes every section, and checks a deployment.

The client reads back what it wrote in the shapes of live configs: a second patch changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.world import World, seed
from local.world.clerk.schema import MASK
from local.world.clerk.sections import (
    API_KEYS,
    CUSTOM_OAUTH,
    NULL_PROVIDERS,
    OAUTH,
    OAUTH_PROVIDERS,
    OWN_FIELDS,
    SECTIONS,
)
from tests.vendor_cli import APP, Cli, need_vendor_cli, vendor_cli

GOOGLE = f"{OAUTH}google"
GOOGLE_CLIENT = "1234567890-abc123.apps.googleusercontent.com"
SECRET = "secret-of-a-test-w4Kx"
OWN: dict[str, dict[str, Any]] = {
    "apple": {"team_id": "TEAM123456", "key_id": "KEY1234567", "bundle_id": "example.sendero.app"},
    "google": {"client_id": GOOGLE_CLIENT, "show_account_selector_prompt": True},
    "linear": {"actor": "application"},
    "microsoft": {"show_account_selector_prompt": True},
}
CHANGES: dict[str, dict[str, Any]] = {
    "auth_access_control": {
        "sign_up_mode": "restricted",
        "allowlist_enabled": True,
        "block_disposable_email_domains": True,
    },
    "auth_attack_protection": {
        "bot_protection": {"captcha_widget_type": "invisible"},
        "enumeration_protection": "strict",
        "user_lockout": {"max_attempts": 20, "duration_in_minutes": 30},
    },
    "auth_email": {
        "sign_in_strategies": ["email_code", "email_link"],
        "verification_strategies": ["email_link"],
    },
    "auth_multi_factor": {
        "authenticator_app": {"enabled": True},
        "backup_code": {"enabled": True},
        "required_for_sign_in": True,
    },
    "auth_passkey": {"used_for_sign_in": True, "allow_autofill": False},
    "auth_password": {
        "min_length": 12,
        "max_length": 64,
        "require_numbers": True,
        "min_zxcvbn_strength": 3,
        "device_trust": {"enabled": False},
    },
    "auth_phone": {
        "used_for_sign_up": True,
        "used_for_sign_in": True,
        "sign_in_strategies": ["phone_code"],
        "verification_strategies": ["phone_code"],
    },
    "auth_username": {"used_for_sign_up": True, "min_length": 6, "max_length": 32},
    "auth_web3": {
        "used_for_sign_in": True,
        "sign_in_strategies": ["web3_metamask_signature"],
    },
    "billing": {
        "organization_enabled": True,
        "user_enabled": True,
        "free_trial_requires_payment_method": False,
        "features": {"audit": {"name": "Audit", "description": "A log.", "avatar_url": ""}},
        "plans": {
            "pro": {
                "name": "Pro",
                "payer_type": "org",
                "amount": 6000,
                "annual_monthly_amount": 5000,
                "currency": "usd",
                "features": ["audit"],
                "free_trial_enabled": True,
                "free_trial_days": 14,
                "publicly_visible": False,
            }
        },
    },
    "branding": {"show_clerk_branding": False},
    "compliance": {
        "legal_consent": {
            "enabled": True,
            "privacy_policy_url": "https://sendero.example/privacy",
            "terms_of_service_url": "https://sendero.example/terms",
        }
    },
    **{
        f"{OAUTH}{provider}": {
            "enabled": True,
            "client_id": "a-client",
            "block_email_subaddresses": provider != "google",
            "client_secret": SECRET,
            **OWN.get(provider, {}),
        }
        for provider in OAUTH_PROVIDERS
        if provider not in NULL_PROVIDERS
    },
    CUSTOM_OAUTH: {
        "acme": {
            "name": "Acme",
            "enabled": True,
            "client_id": "a-client",
            "client_secret": SECRET,
            "discovery_url": "https://acme.example/.well-known/openid-configuration",
            "base_scopes": ["openid", "email"],
            "requires_pkce": True,
            "user_mapping": {"email": "mail"},
        }
    },
    "organization_settings": {
        "enabled": True,
        "max_allowed_memberships": 25,
        "admin_delete_enabled": False,
        "slug_disabled": False,
        "domains_enabled": True,
        "domains_default_role": "org:member",
        "domains_enrollment_modes": ["manual_invitation", "automatic_suggestion"],
        "organization_creation_defaults": {
            "automatic_organization_creation": {"enabled": True},
            "fallback": {"name": "Team"},
        },
    },
    "paths": {"home": "/", "sign_in": "/sign-in", "after_sign_out_all": "/goodbye"},
    "session": {"claims": {"plan": "{{org.plan}}"}, "lifetime": 60, "allowed_clock_skew": 5},
    "session_settings": {
        "inactivity_timeout": {"enabled": True, "duration_seconds": 3600},
        "maximum_lifetime": {"duration_seconds": 86_400},
        "multi_session_enabled": True,
    },
    "user_model": {"first_name": {"enabled": True, "required": True}},
    API_KEYS: {"enabled": True, "orgs_api_keys_enabled": True},
}


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    need_vendor_cli()


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    with World(proxy=False) as world, vendor_cli(world, tmp_path) as made:
        world.dashboard("advertise_api_keys", on=True)
        yield made


def part(there: Any, asked: Any) -> Any:
    """Cut the fields of a change out of a config."""
    if isinstance(asked, dict) and isinstance(there, dict):
        return {name: part(there.get(name), value) for name, value in asked.items()}
    return there


def read_back(change: Any) -> Any:
    """Return a change as it reads afterwards: a placeholder stands for each secret."""
    if isinstance(change, dict):
        return {name: read_back(value) for name, value in change.items()}
    return MASK if change == SECRET else change


def without_secrets(change: Any) -> Any:
    if not isinstance(change, dict):
        return change
    return {name: without_secrets(value) for name, value in change.items() if value != SECRET}


def patched(cli: Cli, change: Any) -> list[str]:
    """Patch, and return whether the client had anything to send."""
    cli.world.clear_journal()
    ran = cli("config", "patch", *APP, "--yes", "--json", json.dumps(change))
    assert ran.returncode == 0, ran.stderr
    return [each for each in cli.asked() if not each.startswith("GET")]


def test_there_is_a_change_of_every_section_that_can_be_written() -> None:
    null = {f"{OAUTH}{provider}" for provider in NULL_PROVIDERS}

    assert CHANGES.keys() == SECTIONS.keys() - null
    assert OWN.keys() == OWN_FIELDS.keys()


def test_every_section_is_written_and_a_second_patch_has_nothing_to_do(cli: Cli) -> None:
    first = patched(cli, CHANGES)
    pulled = cli.config("pull")

    second = patched(cli, without_secrets(CHANGES))

    assert first == ["PATCH config"]
    assert {name: part(pulled[name], change) for name, change in CHANGES.items()} == read_back(
        CHANGES
    )
    assert second == []


def test_a_secret_reads_as_a_placeholder_so_it_is_sent_again_and_changes_nothing(cli: Cli) -> None:
    change = {GOOGLE: CHANGES[GOOGLE]}
    patched(cli, change)
    before = cli.config("pull")

    again = patched(cli, change)

    assert again == ["PATCH config"]
    assert cli.config("pull") == before
    assert SECRET not in json.dumps(before)


@pytest.mark.parametrize("provider", NULL_PROVIDERS)
def test_a_section_that_reads_as_null_can_not_be_set(cli: Cli, provider: str) -> None:
    """The strict interpretation: nobody has seen one of them set."""
    change = {f"{OAUTH}{provider}": {"enabled": True}}

    error = cli.refused("patch", "--yes", "--json", json.dumps(change))

    assert error["code"] == "config_validation_error"
    assert cli.config("pull", "--keys", f"{OAUTH}{provider}")[f"{OAUTH}{provider}"] is None


def test_organizations_that_are_switched_on_force_a_selection_until_it_is_sent_again(
    cli: Cli,
) -> None:
    change = {"organization_settings": {"enabled": True, "force_organization_selection": False}}

    def forced() -> Any:
        section = cli.config("pull", "--keys", "organization_settings")["organization_settings"]
        return section["force_organization_selection"]

    seen = [(patched(cli, change), forced()) for _ in range(3)]

    assert seen == [(["PATCH config"], True), (["PATCH config"], False), ([], False)]


def test_organizations_are_switched_on_with_one_made_for_each_new_user(cli: Cli) -> None:
    words = ("enable", "orgs", "--auto-create", *APP, "--yes")
    off = {"organization_creation_defaults": {"enabled": False}}
    patched(cli, {"organization_settings": off})

    ran = cli(*words)
    settings = cli.config("pull")["organization_settings"]
    cli.world.clear_journal()
    again = cli(*words)

    assert (ran.returncode, again.returncode) == (0, 0), ran.stderr + again.stderr
    assert settings["enabled"] is True
    defaults = settings["organization_creation_defaults"]
    assert defaults["enabled"] is True
    assert defaults["automatic_organization_creation"] == {"enabled": True}
    assert defaults["fallback"] == {"name": "My Organization"}
    assert [each for each in cli.asked() if not each.startswith("GET")] == []


def deployed(cli: Cli) -> tuple[int, dict[str, Any]]:
    """Run `deploy status` in the linked folder; return its exit code and output."""
    ran = cli("deploy", "status")
    assert ran.stdout.startswith("{"), ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def test_a_deployment_is_complete_with_dns_and_credentials_of_its_own(cli: Cli) -> None:
    """It wants for production what is on in development.

    Here that is Google, with Clerk's shared credentials. Within ten seconds there is no second DNS
    check (409): the client reads the first one's result.
    """
    linked = cli("link", *APP)
    none = deployed(cli)
    cli.world.clerk.create_instance(seed.APPLICATION_ID, domain="sendero.example", clone_of=None)
    cli.world.dashboard("set_dns", domain="sendero.example", ready=True)
    pending = deployed(cli)
    own = {"enabled": True, "client_id": GOOGLE_CLIENT, "client_secret": SECRET}

    cli.config("patch", "--instance", "prod", "--yes", "--json", json.dumps({GOOGLE: own}))
    done = deployed(cli)

    assert linked.returncode == 0, linked.stderr
    assert (none[0], none[1]["state"]) == (1, "not_started")
    assert (pending[0], pending[1]["state"]) == (1, "oauth_pending")
    assert pending[1]["oauth"]["pending"] == ["google"]
    assert (done[0], done[1]["state"], done[1]["complete"]) == (0, "complete", True)
    assert done[1]["oauth"]["configured"] == ["google"]
    assert done[1]["domainStatus"] == {"dns": "complete", "ssl": "complete", "mail": "complete"}


def test_a_deployment_without_dns_records_lists_them(cli: Cli) -> None:
    cli("link", *APP)
    cli.world.clerk.create_instance(seed.APPLICATION_ID, domain="sendero.example", clone_of=None)

    code, report = deployed(cli)

    assert (code, report["state"], report["domain"]) == (1, "domain_pending", "sendero.example")
    hosts = [record["host"] for record in report["pendingDnsRecords"]]
    assert hosts[:2] == ["clerk.sendero.example", "accounts.sendero.example"]
    assert len(hosts) == 5
