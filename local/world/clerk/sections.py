"""The sections of an instance's config: names, types, bounds and the values of a new instance.

From public reads of live instances, the vendor's own code and its documentation;
`tests/contract/test_config_shapes.py` compares each field with them.
"""

from __future__ import annotations

from local.world.clerk.fields import (
    Document,
    choices,
    flag,
    free,
    keyed,
    number,
    optional,
    optional_section,
    secret,
    section,
    switch,
    text,
    texts,
)

API_KEYS = "api_keys_settings"
"""A section that no live instance has shown; it is only advertised on request."""
OAUTH = "connection_oauth_"
CUSTOM_OAUTH = "connections_oauth_custom"

MOST_CENTS = 99_999_998
"""An amount must be below $999,999.99."""
LONGEST_TRIAL_DAYS = 365

EMAIL_WAYS = ("email_code", "email_link")
PHONE_WAYS = ("phone_code",)
WEB3_WAYS = ("web3_metamask_signature",)
PATH = r"^(/|\?|#|$)"
GOOGLE_CLIENT = r"^[0-9]+-[a-z0-9]+\.apps\.googleusercontent\.com$"
ROLE_SET = {"readOnly": True}
"""Keys and quotas that belong to another resource."""

FEATURE = section(
    name={"type": "string", "minLength": 1},
    description=text(),
    include_in_jwt=flag(True),
    jwt_value=text(),
    publicly_visible=flag(False),
    avatar_url=text(),
) | {"required": ["name"]}

PLAN = section(
    name={"type": "string", "minLength": 1},
    description=text(),
    amount=number(0, minimum=0, maximum=MOST_CENTS, description="cents a month"),
    annual_monthly_amount=number(
        0, minimum=0, maximum=MOST_CENTS, description="cents a month, billed annually"
    ),
    currency=text("usd", enum=["usd", ""]),
    features=texts(uniqueItems=True),
    free_trial_enabled=flag(False),
    free_trial_days=optional("integer", minimum=1, maximum=LONGEST_TRIAL_DAYS),
    is_recurring=flag(True),
    payer_type={"type": "string", "enum": ["org", "user"]},
    publicly_visible=flag(True),
) | {"required": ["name", "payer_type"]}

CUSTOM_PROVIDER = section(
    name={"type": "string", "minLength": 1},
    enabled=flag(False),
    authenticatable=flag(True),
    client_id=text(),
    client_secret=secret(),
    discovery_url=text(),
    auth_url=text(),
    token_url=text(),
    user_info_url=text(),
    base_scopes=texts(),
    requires_pkce=flag(False),
    user_mapping=free(),
) | {"required": ["name"]}

ACCOUNT_SELECTOR = {"show_account_selector_prompt": flag(False)}
APPLE = {"team_id": text(), "key_id": text(), "bundle_id": text()}
OWN_FIELDS: dict[str, Document] = {
    "apple": APPLE,
    "google": ACCOUNT_SELECTOR,
    "linear": {"actor": text("user", enum=["user", "application"])},
    "microsoft": ACCOUNT_SELECTOR,
}
"""Additional fields of some providers' connections."""
OAUTH_PROVIDERS = (
    *("apple", "atlassian", "bitbucket", "box", "coinbase", "discord", "dropbox", "enstall"),
    *("expressen", "facebook", "github", "gitlab", "google", "hubspot", "huggingface", "line"),
    *("linear", "linkedin", "linkedin_oidc", "microsoft", "notion", "slack", "spotify", "tiktok"),
    *("twitch", "twitter", "vercel", "x", "xero"),
)
NULL_PROVIDERS = ("enstall", "expressen")
"""Providers whose section is null."""


def connection(provider: str) -> Document:
    """Describe the section of a provider."""
    client_id = text(pattern=GOOGLE_CLIENT) if provider == "google" else text()
    of = optional_section if provider in NULL_PROVIDERS else section
    return of(
        enabled=flag(False),
        authenticatable=flag(True),
        block_email_subaddresses=flag(False),
        client_id=client_id,
        client_secret=secret(),
        **OWN_FIELDS.get(provider, {}),
    )


SECTIONS: dict[str, Document] = {
    "auth_access_control": section(
        sign_up_mode=text("public", enum=["public", "restricted", "waitlist"]),
        allowlist_enabled=flag(False),
        blocklist_enabled=flag(False),
        allowlist_blocklist_enforced_on_sign_in=flag(False),
        block_disposable_email_domains=flag(False),
        block_email_subaddresses=flag(False),
    ),
    "auth_attack_protection": section(
        bot_protection=section(
            captcha_enabled=flag(True),
            captcha_widget_type=text("smart", enum=["smart", "invisible", ""]),
        ),
        email_link_require_same_client=flag(True),
        enumeration_protection=text("bulk", enum=["bulk", "strict"]),
        pii_protection_enabled=flag(True),
        user_lockout=switch(True, max_attempts=number(10), duration_in_minutes=number(60)),
    ),
    "auth_email": section(
        used_for_sign_up=flag(True),
        used_for_sign_in=flag(True),
        required_for_sign_up=flag(True),
        verify_at_sign_up=flag(True),
        sign_in_strategies=choices(*EMAIL_WAYS, default=("email_code",)),
        verification_strategies=choices(*EMAIL_WAYS, default=("email_code",)),
        immutable=flag(False),
    ),
    "auth_multi_factor": section(
        authenticator_app=switch(False),
        backup_code=switch(False),
        required_for_sign_up=flag(False),
        required_for_sign_in=flag(False),
    ),
    "auth_passkey": section(
        used_for_sign_in=flag(False),
        allow_autofill=flag(True),
        show_sign_in_button=flag(True),
        satisfies_second_factor=flag(False),
    ),
    "auth_password": section(
        enabled=flag(True),
        required=flag(True),
        min_length=number(15, minimum=8, maximum=72),
        max_length=number(0),
        require_lowercase=flag(False),
        require_uppercase=flag(False),
        require_numbers=flag(False),
        require_special_char=flag(False),
        show_zxcvbn=flag(True),
        min_zxcvbn_strength=number(2, minimum=0, maximum=4),
        disable_hibp=flag(False),
        enforce_hibp_on_sign_in=flag(True),
        device_trust=switch(True),
    ),
    "auth_phone": section(
        used_for_sign_up=flag(False),
        used_for_sign_in=flag(False),
        required_for_sign_up=flag(False),
        verify_at_sign_up=flag(False),
        used_for_second_factor=flag(False),
        sign_in_strategies=choices(*PHONE_WAYS),
        second_factor_strategies=choices(*PHONE_WAYS),
        verification_strategies=choices(*PHONE_WAYS),
        immutable=flag(False),
    ),
    "auth_username": section(
        used_for_sign_up=flag(False),
        used_for_sign_in=flag(False),
        required_for_sign_up=flag(False),
        min_length=number(4, minimum=1, maximum=64),
        max_length=number(64, minimum=1, maximum=64),
        immutable=flag(False),
        allow_extended_special_characters=flag(False),
        allow_numeric_usernames=flag(False),
    ),
    "auth_web3": section(
        used_for_sign_up=flag(False),
        used_for_sign_in=flag(False),
        required_for_sign_up=flag(False),
        verify_at_sign_up=flag(False),
        sign_in_strategies=choices(*WEB3_WAYS),
        verification_strategies=choices(*WEB3_WAYS),
    ),
    "billing": section(
        organization_enabled=flag(False),
        user_enabled=flag(False),
        free_trial_requires_payment_method=flag(True),
        features=keyed(FEATURE),
        plans=keyed(PLAN),
    ),
    "branding": section(
        show_clerk_branding=flag(True),
        logo=optional("object", "string"),
        favicon=optional("object", "string"),
    ),
    "compliance": section(
        legal_consent=switch(
            False,
            privacy_policy_url=optional("string"),
            terms_of_service_url=optional("string"),
        )
    ),
    **{f"{OAUTH}{provider}": connection(provider) for provider in OAUTH_PROVIDERS},
    CUSTOM_OAUTH: keyed(CUSTOM_PROVIDER),
    "organization_settings": section(
        enabled=flag(False),
        force_organization_selection=flag(False),
        max_allowed_memberships=number(5, minimum=0, description="0: no limit"),
        admin_delete_enabled=flag(True),
        creator_role=text("org:admin"),
        domains_enabled=flag(False),
        domains_default_role=text(),
        domains_enrollment_modes=choices(
            "manual_invitation", "automatic_invitation", "automatic_suggestion"
        ),
        slug_disabled=flag(True),
        initial_role_set_key=text("role_set:default", **ROLE_SET),
        max_allowed_roles=number(10, **ROLE_SET),
        max_allowed_domains=number(10, **ROLE_SET),
        max_role_sets_allowed=number(30, **ROLE_SET),
        organization_creation_defaults=switch(
            True,
            automatic_organization_creation=switch(False),
            detect_from_email_domain=switch(True),
            fallback=section(name=text("My Organization")),
            organization_name_template=switch(
                True, template=text("{{user.first_name}}'s Organization")
            ),
        ),
    ),
    "paths": section(
        home=optional("string", pattern=PATH),
        sign_in=optional("string", pattern=PATH),
        sign_up=optional("string", pattern=PATH),
        after_sign_out_all=optional("string", pattern=PATH),
        unauthorized_sign_in=optional("string", pattern=PATH),
        waitlist=optional("string", pattern=PATH),
        oauth_consent=optional("string", pattern=PATH),
    ),
    "session": optional_section(
        claims=free(),
        lifetime=number(60, description="of the token, in seconds"),
        allowed_clock_skew=number(5, description="seconds"),
    ),
    "session_settings": section(
        inactivity_timeout=switch(False, duration_seconds=number(0, minimum=300)),
        maximum_lifetime=switch(
            True, duration_seconds=number(604_800, minimum=300, maximum=315_360_000)
        ),
        multi_session_enabled=flag(False),
    ),
    "user_model": section(
        first_name=switch(False, required=flag(False)),
        last_name=switch(False, required=flag(False)),
    ),
    API_KEYS: section(
        enabled=flag(False), user_api_keys_enabled=flag(False), orgs_api_keys_enabled=flag(False)
    ),
}
