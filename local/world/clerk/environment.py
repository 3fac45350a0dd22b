"""The Frontend API's GET /v1/environment: what every browser that opens the app can read.

Made from the config. What the config here has no field for is a constant; of the description's
values the plainest was taken.
"""

from __future__ import annotations

from local.world.clerk.models import Instance
from local.world.clerk.schema import API_KEYS, OAUTH_PROVIDERS, Document

HOSTED_PAGES = {
    "sign_in_url": "sign-in",
    "sign_up_url": "sign-up",
    "user_profile_url": "user",
    "waitlist_url": "waitlist",
    "oauth_consent_url": "oauth-consent",
    "after_sign_out_one_url": "sign-in/choose",
    "after_sign_out_all_url": "sign-in",
    "after_switch_session_url": "",
    "after_join_waitlist_url": "",
    "organization_profile_url": "organization",
    "create_organization_url": "create-organization",
    "after_sign_in_url": "",
    "after_sign_up_url": "",
    "after_leave_organization_url": "",
    "after_create_organization_url": "",
    "home_url": "",
    "logo_link_url": "",
}


def environment_json(instance: Instance, application_name: str) -> Document:
    """Give the public environment as Client.Environment."""
    return {
        "auth_config": _auth_config(instance),
        "display_config": _display_config(instance, application_name),
        "user_settings": _user_settings(instance),
        "organization_settings": _organization_settings(instance),
        "fraud_settings": {
            "object": "fraud_settings",
            "native": {"device_attestation_mode": "disabled"},
        },
        "commerce_settings": {"billing": _billing(instance)},
        "api_keys_settings": _api_keys(instance),
        "protect_config": {"loaders": []},
        "client_debug_mode": False,
        "partitioned_cookies": False,
        "maintenance_mode": False,
    }


def _api_keys(instance: Instance) -> Document:
    switches = instance.config[API_KEYS]
    users, organizations = switches["user_api_keys_enabled"], switches["orgs_api_keys_enabled"]
    enabled = instance.api_keys_enabled
    return {
        "enabled": (users or organizations) if enabled is None else enabled,
        "user_api_keys_enabled": users,
        "orgs_api_keys_enabled": organizations,
    }


def _billing(instance: Instance) -> Document:
    billing = instance.config["billing"]
    paid = {plan["payer_type"] for plan in billing["plans"].values() if plan["amount"]}
    return {
        "stripe_publishable_key": None,
        "free_trial_requires_payment_method": billing["free_trial_requires_payment_method"],
        "organization": {
            "enabled": billing["organization_enabled"],
            "has_paid_plans": "org" in paid,
        },
        "user": {"enabled": billing["user_enabled"], "has_paid_plans": "user" in paid},
    }


def _organization_settings(instance: Instance) -> Document:
    section = instance.config["organization_settings"]
    return {
        "enabled": section["enabled"],
        "max_allowed_memberships": section["max_allowed_memberships"],
        "actions": {"admin_delete": section["admin_delete_enabled"]},
        "domains": {
            "enabled": section["domains_enabled"],
            "enrollment_modes": section["domains_enrollment_modes"],
            "default_role": section["domains_default_role"],
        },
        "slug": {"disabled": section["slug_disabled"]},
        "creator_role": section["creator_role"],
    }


def _auth_config(instance: Instance) -> Document:
    config = instance.config
    development = instance.environment == "development"
    password = _needed(config["auth_password"])
    return {
        "object": "auth_config",
        "id": f"aconf_{instance.id.removeprefix('ins_')}",
        "first_name": config["user_model"]["first_name"],
        "last_name": config["user_model"]["last_name"],
        "email_address": _needed(config["auth_email"]),
        "phone_number": _needed(config["auth_phone"]),
        "username": _needed(config["auth_username"]),
        "password": password,
        "identification_requirements": [["email_address"]],
        "identification_strategies": ["email_address"],
        "first_factors": ["email_code", "password"] if password != "off" else ["email_code"],
        "second_factors": [],
        "email_address_verification_strategies": ["email_code"],
        "single_session_mode": config["session_settings"]["single_session_mode"],
        "enhanced_email_deliverability": False,
        "test_mode": development,
        "cookieless_dev": development,
        "url_based_session_syncing": config["session_settings"]["url_based_syncing"],
        "claimed_at": None,
        "reverification": True,
        "native_settings": {
            "object": "native_settings",
            "api_enabled": True,
            "trusted_device_sign_in_enabled": False,
            "trusted_device_enrollment_prompt_after_sign_in_enabled": False,
            "trusted_device_enrollment_prompt_after_sign_up_enabled": False,
        },
    }


def _display_config(instance: Instance, application_name: str) -> Document:
    config = instance.config
    pages = f"https://{instance.domain.name}"
    urls = {name: f"{pages}/{path}".rstrip("/") for name, path in HOSTED_PAGES.items()}
    urls |= {name: path for name, path in config["paths"].items() if path}
    return {
        "object": "display_config",
        "id": f"display_config_{instance.id.removeprefix('ins_')}",
        "instance_environment_type": instance.environment,
        "application_name": application_name,
        "theme": {},
        "preferred_sign_in_strategy": "password",
        "logo_image_url": None,
        "favicon_image_url": None,
        "logo_url": None,
        "favicon_url": None,
        "logo_image": None,
        "favicon_image": None,
        **urls,
        "support_email": config["branding"]["support_email"],
        "branded": config["branding"]["clerk_branding"],
        "experimental_force_oauth_first": False,
        "clerk_js_version": "5",
        "show_devmode_warning": instance.environment == "development",
        "google_one_tap_client_id": None,
        "help_url": None,
        "privacy_policy_url": config["compliance"]["privacy_policy_url"],
        "terms_url": config["compliance"]["terms_url"],
        "captcha_public_key": None,
        "captcha_widget_type": None,
        "captcha_public_key_invisible": None,
        "captcha_provider": None,
        "captcha_oauth_bypass": [],
        "captcha_heartbeat": None,
    }


def _user_settings(instance: Instance) -> Document:
    config = instance.config
    access = config["auth_access_control"]
    attack = config["auth_attack_protection"]
    email, password = config["auth_email"], config["auth_password"]
    return {
        "attributes": {
            "email_address": _attribute(
                enabled=email["enabled"], required=email["required"], first=["email_code"]
            ),
            "phone_number": _attribute(**config["auth_phone"]),
            "username": _attribute(**config["auth_username"]),
            "web3_wallet": _attribute(enabled=config["auth_web3"]["enabled"]),
            "first_name": _named(config["user_model"]["first_name"]),
            "last_name": _named(config["user_model"]["last_name"]),
            "password": _attribute(enabled=password["enabled"], required=password["required"]),
            "authenticator_app": _attribute(
                enabled=config["auth_multi_factor"]["authenticator_app_enabled"]
            ),
            "ticket": _attribute(enabled=True),
            "backup_code": _attribute(enabled=config["auth_multi_factor"]["backup_code_enabled"]),
            "passkey": _attribute(enabled=config["auth_passkey"]["enabled"]),
        },
        "social": {f"oauth_{name}": _social(name, config) for name in OAUTH_PROVIDERS},
        "saml": {"enabled": False},
        "enterprise_sso": {"enabled": False},
        "sign_in": {"second_factor": {"required": False}},
        "sign_up": {
            "captcha_enabled": False,
            "captcha_widget_type": "smart",
            "custom_action_required": False,
            "progressive": True,
            "mode": access["sign_up_mode"],
            "legal_consent_enabled": config["compliance"]["legal_consent_enabled"],
        },
        "restrictions": {
            "allowlist": {"enabled": access["allowlist_enabled"]},
            "blocklist": {"enabled": access["blocklist_enabled"]},
            "allowlist_blocklist_disabled_on_sign_in": {"enabled": False},
            "block_email_subaddresses": {"enabled": False},
            "block_disposable_email_domains": {"enabled": access["block_disposable_email_domains"]},
        },
        "password_settings": {
            "disable_hibp": False,
            "disable_password_reverification": False,
            "min_length": password["min_length"],
            "max_length": 72,
            "require_special_char": False,
            "require_numbers": False,
            "require_uppercase": False,
            "require_lowercase": False,
            "show_zxcvbn": False,
            "min_zxcvbn_strength": 0,
            "enforce_hibp_on_sign_in": False,
            "allowed_special_characters": "",
        },
        "username_settings": {
            "min_length": 4,
            "max_length": 64,
            "allow_extended_special_characters": False,
            "allow_numeric_usernames": False,
        },
        "actions": {
            "delete_self": config["user_model"]["delete_self_enabled"],
            "create_organization": config["organization_settings"]["enabled"],
            "create_organizations_limit": None,
        },
        "attack_protection": {
            "user_lockout": {
                "enabled": attack["user_lockout_enabled"],
                "max_attempts": attack["user_lockout_max_attempts"],
                "duration_in_minutes": 60,
            },
            "pii": {"enabled": True},
            "email_link": {"require_same_client": False},
            "enumeration_protection": {"enabled": attack["enumeration_protection_enabled"]},
        },
        "passkey_settings": {
            "allow_autofill": True,
            "show_sign_in_button": True,
            "satisfies_second_factor": True,
        },
    }


def _needed(section: Document) -> str:
    if not section["enabled"]:
        return "off"
    return "required" if section["required"] else "on"


def _named(need: str) -> Document:
    return _attribute(enabled=need != "off", required=need == "required")


def _attribute(
    *, enabled: bool, required: bool = False, first: list[str] | None = None
) -> Document:
    factors = first or []
    return {
        "enabled": enabled,
        "required": required,
        "used_for_first_factor": bool(factors) and enabled,
        "first_factors": factors,
        "used_for_second_factor": False,
        "second_factors": [],
        "verifications": factors,
        "verify_at_sign_up": bool(factors),
        "immutable": False,
    }


def _social(name: str, config: Document) -> Document:
    section = config[f"connection_oauth_{name}"]
    return {
        "enabled": section["enabled"],
        "required": False,
        "authenticatable": section["authenticatable"],
        "block_email_subaddresses": section["block_email_subaddresses"],
        "strategy": f"oauth_{name}",
        "not_selectable": False,
        "deprecated": False,
        "name": name.replace("_", " ").title(),
        "logo_url": None,
    }
