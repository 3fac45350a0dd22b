"""The Frontend API's GET /v1/environment, which every browser that opens the app can read.

It is computed from the config. Values without a field in the config are constants: the vendor's own
tool found that the config can't set them.
"""

from __future__ import annotations

from local.world.clerk.fields import Document
from local.world.clerk.models import Instance
from local.world.clerk.sections import API_KEYS, OAUTH, OAUTH_PROVIDERS

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
PATHS = {
    "home": "home_url",
    "sign_in": "sign_in_url",
    "sign_up": "sign_up_url",
    "after_sign_out_all": "after_sign_out_all_url",
    "waitlist": "waitlist_url",
    "oauth_consent": "oauth_consent_url",
}
"""The public field of each path in the config, as a full URL."""
DEFAULT_PASSWORD_LENGTHS = {"min_length": 8, "max_length": 72}
"""The meaning of 0, an unset length."""

PASSWORD_RULES = (
    *("disable_hibp", "enforce_hibp_on_sign_in", "require_special_char", "require_numbers"),
    *("require_uppercase", "require_lowercase", "show_zxcvbn", "min_zxcvbn_strength"),
)
USERNAME_RULES = (
    *("min_length", "max_length"),
    *("allow_extended_special_characters", "allow_numeric_usernames"),
)
PASSKEY_RULES = ("allow_autofill", "show_sign_in_button", "satisfies_second_factor")


def environment_json(instance: Instance, application_name: str) -> Document:
    """Return the public environment as Client.Environment."""
    return {
        "auth_config": _auth_config(instance),
        "display_config": _display_config(instance, application_name),
        "user_settings": _user_settings(instance.config),
        "organization_settings": _organization_settings(instance),
        "fraud_settings": {
            "object": "fraud_settings",
            "native": {"device_attestation_mode": "disabled"},
        },
        "commerce_settings": {"billing": _billing(instance)},
        "api_keys_settings": dict(instance.config[API_KEYS]),
        "protect_config": {"loaders": []},
        "client_debug_mode": False,
        "partitioned_cookies": False,
        "maintenance_mode": False,
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
    defaults = section["organization_creation_defaults"]
    return {
        "enabled": section["enabled"],
        "max_allowed_memberships": section["max_allowed_memberships"],
        "force_organization_selection": section["force_organization_selection"],
        "actions": {"admin_delete": section["admin_delete_enabled"]},
        "domains": {
            "enabled": section["domains_enabled"],
            "enrollment_modes": section["domains_enrollment_modes"],
            "default_role": section["domains_default_role"],
        },
        "slug": {"disabled": section["slug_disabled"]},
        "creator_role": section["creator_role"],
        "organization_creation_defaults": {"enabled": defaults["enabled"]},
    }


def _connections(config: Document) -> dict[str, Document]:
    """Return the OAuth connections by strategy."""
    sections = {f"oauth_{name}": config[f"{OAUTH}{name}"] for name in OAUTH_PROVIDERS}
    return {strategy: section for strategy, section in sections.items() if section is not None}


def _auth_config(instance: Instance) -> Document:
    config = instance.config
    development = instance.environment == "development"
    email, phone, password = (config[f"auth_{name}"] for name in ("email", "phone", "password"))
    on = {strategy: of for strategy, of in _connections(config).items() if of["enabled"]}
    kinds = {"email_address": "email", "phone_number": "phone", "username": "username"}
    names = [name for name, kind in kinds.items() if config[f"auth_{kind}"]["used_for_sign_in"]]
    factors = [*_first_factors(email), *_first_factors(phone)]
    factors += ["password"] if password["enabled"] else []
    return {
        "object": "auth_config",
        "id": f"aconf_{instance.id.removeprefix('ins_')}",
        "first_name": _named(config["user_model"]["first_name"]),
        "last_name": _named(config["user_model"]["last_name"]),
        "email_address": _needed(email),
        "phone_number": _needed(phone),
        "username": _needed(config["auth_username"]),
        "password": _word(password["enabled"], password["required"]),
        "identification_requirements": [
            [name] for name, kind in kinds.items() if config[f"auth_{kind}"]["required_for_sign_up"]
        ],
        "identification_strategies": [*names, *on],
        "first_factors": [
            *factors,
            "ticket",
            *(strategy for strategy, of in on.items() if of["authenticatable"]),
        ],
        "second_factors": _second_factors(config),
        "email_address_verification_strategies": email["verification_strategies"],
        "single_session_mode": not config["session_settings"]["multi_session_enabled"],
        "enhanced_email_deliverability": False,
        "test_mode": development,
        "cookieless_dev": development,
        "url_based_session_syncing": development,
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
    # The app's own origin is unknown here: use that of the domain.
    urls |= {PATHS[name]: f"{pages}{path}" for name, path in _set_paths(config).items()}
    bots = config["auth_attack_protection"]["bot_protection"]
    consent = config["compliance"]["legal_consent"]
    return {
        "object": "display_config",
        "id": f"display_config_{instance.id.removeprefix('ins_')}",
        "instance_environment_type": instance.environment,
        "application_name": application_name,
        "theme": {},
        "preferred_sign_in_strategy": "password" if config["auth_password"]["enabled"] else "otp",
        "logo_image_url": None,
        "favicon_image_url": None,
        "logo_url": None,
        "favicon_url": None,
        "logo_image": None,
        "favicon_image": None,
        **urls,
        "support_email": None,
        "branded": config["branding"]["show_clerk_branding"],
        "experimental_force_oauth_first": False,
        "clerk_js_version": "5",
        "show_devmode_warning": instance.environment == "development",
        "google_one_tap_client_id": None,
        "help_url": None,
        "privacy_policy_url": consent["privacy_policy_url"],
        "terms_url": consent["terms_of_service_url"],
        "captcha_public_key": None,
        "captcha_widget_type": bots["captcha_widget_type"] or None,
        "captcha_public_key_invisible": None,
        "captcha_provider": "turnstile" if bots["captcha_enabled"] else None,
        "captcha_oauth_bypass": [],
        "captcha_heartbeat": None,
    }


def _set_paths(config: Document) -> dict[str, str]:
    return {name: config["paths"][name] for name in PATHS if config["paths"][name]}


def _user_settings(config: Document) -> Document:
    access, attack = config["auth_access_control"], config["auth_attack_protection"]
    password, username = config["auth_password"], config["auth_username"]
    factors, passkey = config["auth_multi_factor"], config["auth_passkey"]
    bots = attack["bot_protection"]
    second = factors["required_for_sign_in"] or factors["required_for_sign_up"]
    enforced = access["allowlist_blocklist_enforced_on_sign_in"]
    return {
        "attributes": {
            "email_address": _attribute(config["auth_email"]),
            "phone_number": _attribute(config["auth_phone"]),
            "username": _attribute(username),
            "web3_wallet": _attribute(config["auth_web3"]),
            "first_name": _switched(config["user_model"]["first_name"]),
            "last_name": _switched(config["user_model"]["last_name"]),
            "password": _switched(password, first=["password"]),
            "authenticator_app": _switched(factors["authenticator_app"], second=["totp"]),
            "ticket": _switched({"enabled": True}),
            "backup_code": _switched(factors["backup_code"], second=["backup_code"]),
            "passkey": _switched({"enabled": passkey["used_for_sign_in"]}, first=["passkey"]),
        },
        "social": {
            strategy: _social(strategy, section)
            for strategy, section in _connections(config).items()
        },
        "saml": {"enabled": False},
        "enterprise_sso": {"enabled": False},
        "sign_in": {"second_factor": {"required": second}},
        "sign_up": {
            "captcha_enabled": bots["captcha_enabled"],
            "captcha_widget_type": bots["captcha_widget_type"],
            "custom_action_required": False,
            "progressive": True,
            "mode": access["sign_up_mode"],
            "legal_consent_enabled": config["compliance"]["legal_consent"]["enabled"],
            "mfa": {"required": factors["required_for_sign_up"]},
        },
        "restrictions": {
            "allowlist": {"enabled": access["allowlist_enabled"]},
            "blocklist": {"enabled": access["blocklist_enabled"]},
            "allowlist_blocklist_disabled_on_sign_in": {"enabled": not enforced},
            "block_email_subaddresses": {"enabled": access["block_email_subaddresses"]},
            "block_disposable_email_domains": {"enabled": access["block_disposable_email_domains"]},
        },
        "password_settings": {
            "disable_password_reverification": False,
            "allowed_special_characters": "",
            **{name: password[name] for name in PASSWORD_RULES},
            **{name: password[name] or held for name, held in DEFAULT_PASSWORD_LENGTHS.items()},
        },
        "username_settings": {name: username[name] for name in USERNAME_RULES},
        "actions": {
            "delete_self": True,
            "create_organization": config["organization_settings"]["enabled"],
            "create_organizations_limit": None,
        },
        "attack_protection": {
            "user_lockout": dict(attack["user_lockout"]),
            "pii": {"enabled": attack["pii_protection_enabled"]},
            "email_link": {"require_same_client": attack["email_link_require_same_client"]},
            "enumeration_protection": {"enabled": attack["enumeration_protection"] == "strict"},
        },
        "passkey_settings": {name: passkey[name] for name in PASSKEY_RULES},
    }


def _needed(section: Document) -> str:
    return _word(section["used_for_sign_up"], section["required_for_sign_up"])


def _named(section: Document) -> str:
    return _word(section["enabled"], section["required"])


def _word(on: bool, required: bool) -> str:
    return "off" if not on else "required" if required else "on"


def _first_factors(section: Document) -> list[str]:
    strategies: list[str] = section.get("sign_in_strategies", [])
    return strategies if section["used_for_sign_in"] else []


def _second_factors(config: Document) -> list[str]:
    factors, phone = config["auth_multi_factor"], config["auth_phone"]
    found = ["totp"] if factors["authenticator_app"]["enabled"] else []
    found += phone["second_factor_strategies"] if phone["used_for_second_factor"] else []
    return found + (["backup_code"] if factors["backup_code"]["enabled"] else [])


def _attribute(section: Document) -> Document:
    """Return an identifier or contact of users."""
    return {
        "enabled": section["used_for_sign_up"],
        "required": section["required_for_sign_up"],
        "used_for_first_factor": section["used_for_sign_in"],
        "first_factors": _first_factors(section),
        "used_for_second_factor": section.get("used_for_second_factor", False),
        "second_factors": section.get("second_factor_strategies", []),
        "verifications": section.get("verification_strategies", []),
        "verify_at_sign_up": section.get("verify_at_sign_up", False),
        "immutable": section.get("immutable", False),
    }


def _switched(
    section: Document, *, first: list[str] | None = None, second: list[str] | None = None
) -> Document:
    """Return a feature that is only on or off."""
    on = section["enabled"]
    return {
        "enabled": on,
        "required": section.get("required", False),
        "used_for_first_factor": bool(first) and on,
        "first_factors": first or [] if on else [],
        "used_for_second_factor": bool(second) and on,
        "second_factors": second or [] if on else [],
        "verifications": [],
        "verify_at_sign_up": False,
        "immutable": False,
    }


def _social(strategy: str, section: Document) -> Document:
    return {
        "enabled": section["enabled"],
        "required": False,
        "authenticatable": section["authenticatable"],
        "block_email_subaddresses": section["block_email_subaddresses"],
        "strategy": strategy,
        "not_selectable": False,
        "deprecated": False,
        "name": strategy.removeprefix("oauth_").replace("_", " ").title(),
        "logo_url": None,
    }
