"""The instance config: merging, versions, dry runs, what is destructive, what is refused."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from local.world.clerk.environment import environment_json
from local.world.clerk.errors import ClerkError
from local.world.clerk.instances import version
from local.world.clerk.kinds import KINDS, config_of
from local.world.clerk.plans import plans_json
from local.world.clerk.schema import MASK
from tests.world.clerk_accounts import APPLICATION_ID, Account, billing, with_billing, without_unset

GOOGLE = "connection_oauth_google"
GOOGLE_ID = "123-abc.apps.googleusercontent.com"


def test_a_fresh_instance_has_the_vendors_defaults() -> None:
    account = Account()

    assert account.read("billing") == {
        "organization_enabled": False,
        "user_enabled": False,
        "free_trial_requires_payment_method": True,
        "features": {},
        "plans": {},
    }
    assert account.read("organization_settings")["enabled"] is False
    assert account.read(GOOGLE)["enabled"] is True, "with Clerk's shared credentials"
    assert account.read("connection_oauth_github")["enabled"] is False
    assert account.clerk.read_config(account.instance, ["session"]) == {"session": None}


def test_the_schema_describes_the_config_it_belongs_to() -> None:
    account = with_billing()
    schema = account.clerk.config_schema(())

    config = account.clerk.read_config(account.instance, ())

    jsonschema.Draft202012Validator.check_schema(schema)
    # An unset field need not fit its bounds: "" is no client id of Google.
    jsonschema.Draft202012Validator(schema).validate(without_unset(config))
    assert list(schema["properties"]) == list(config)


def test_a_patch_leaves_alone_what_it_does_not_name() -> None:
    account = with_billing()

    account.write({"session": {"claims": {"org": {"plan": "x"}}}})
    account.write({"session": {"claims": {"org": {"role": "y"}}}})

    assert account.read("session")["claims"] == {"org": {"plan": "x", "role": "y"}}
    assert account.read("billing")["plans"]["pro"]["amount"] == 6000


def test_a_version_moves_on_with_effective_writes_only() -> None:
    account = Account()
    first = version(account.instance)

    same = account.write({"paths": {"home": None}}, destructive=True)["config_version"]
    moved = account.write({"paths": {"home": "/a"}})["config_version"]

    assert same == first
    assert moved != first
    assert version(account.instance) == moved


@pytest.mark.parametrize("form", ["{}", '"{}"', 'W/"{}"', "*"])
def test_if_match_takes_the_version_bare_or_quoted(form: str) -> None:
    account = Account()
    matching = form.format(version(account.instance))

    account.write({"paths": {"home": "/a"}}, if_match=matching)

    assert account.read("paths")["home"] == "/a"


def test_an_old_version_is_a_conflict_that_names_both() -> None:
    account = Account()
    old = version(account.instance)
    account.write({"paths": {"home": "/a"}})

    error = account.refused({"paths": {"home": "/b"}}, if_match=old)

    assert (error.status, error.code) == (409, "config_version_conflict")
    current = version(account.instance)
    assert error.meta == {"current_version": current, "provided_version": old}


def test_a_dry_run_answers_and_keeps_nothing() -> None:
    account = Account()
    before = account.clerk.dump()

    answer = account.write({"paths": {"home": "/a"}}, dry_run=True)

    assert answer["dry_run"] is True
    assert answer["before"]["paths"]["home"] is None
    assert answer["after"]["paths"]["home"] == "/a"
    assert answer["config_version"] == version(account.instance)
    assert account.clerk.dump() == before


def test_a_write_echoes_what_it_names_or_what_is_asked_for() -> None:
    account = Account()

    named = account.write({"paths": {"home": "/a"}})
    asked = account.write({"paths": {"home": "/b"}}, keys=["session"])

    assert list(named["after"]) == ["paths"]
    assert list(asked["after"]) == ["session"]


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"biling": {}}, 400, "unknown_config_key", "biling"),
        ({"paths": []}, 400, "config_key_body_invalid", "paths"),
        ({"paths": {"home": 1}}, 400, "config_key_body_invalid", "paths"),
        ({"paths": {"homes": "x"}}, 400, "unknown_config_key", "paths.homes"),
        ({"auth_email": {"immutable": 0}}, 400, "config_key_body_invalid", "auth_email"),
        ({"paths": {"home": "x"}}, 422, "config_validation_error", "paths.home"),
        ({"config_version": "v1_00000000"}, 400, "unknown_config_key", "config_version"),
        ({GOOGLE: {"client_id": "id"}}, 422, "config_validation_error", f"{GOOGLE}.client_id"),
        (
            {"organization_settings": {"max_allowed_roles": 20}},
            422,
            "config_validation_error",
            "organization_settings.max_allowed_roles",
        ),
        (
            {"connection_oauth_enstall": {"enabled": True}},
            422,
            "config_validation_error",
            "connection_oauth_enstall",
        ),
        (
            {"auth_attack_protection": {"user_lockout": {"max_attempts": "x"}}},
            400,
            "config_key_body_invalid",
            "auth_attack_protection",
        ),
        (
            {"organization_settings": {"domains_enrollment_modes": ["other"]}},
            422,
            "config_validation_error",
            "organization_settings.domains_enrollment_modes.0",
        ),
        ({"paths": {"home": None}}, 400, "destructive_operation_not_allowed", "paths.home"),
        (
            {"auth_password": {"min_length": 3}},
            422,
            "config_validation_error",
            "auth_password.min_length",
        ),
        ({"session": None}, 400, "destructive_operation_not_allowed", "session"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code(
    change: dict[str, Any], status: int, code: str, param: str
) -> None:
    error = Account().refused(change)

    assert (error.status, error.code) == (status, code)
    assert error.meta is not None
    assert error.meta["param_name"] == param
    if code == "config_validation_error":
        (section,) = change
        assert error.meta["config_key"] == section
        assert error.meta["schema_path"].startswith(f"properties/{section}")


def test_nobody_is_made_to_choose_among_no_organizations() -> None:
    error = Account().refused({"organization_settings": {"force_organization_selection": True}})

    assert error.status == 422
    assert error.code.startswith("force_organization_selection_not_allowed")


def test_an_unknown_key_comes_with_suggestions() -> None:
    error = Account().refused({"biling": {}, "sesion": {}})

    assert error.meta is not None
    assert error.meta["suggestions"] == ["billing"]
    assert [each.code for each in error.also] == ["unknown_config_key"]


def test_one_mistake_refuses_the_whole_write() -> None:
    account = Account()

    account.refused({"organization_settings": {"enabled": True}, "paths": {"home": "x"}})

    assert account.read("organization_settings")["enabled"] is False


def test_null_needs_destructive_and_brings_the_default_back() -> None:
    account = Account()
    account.write({"paths": {"home": "/a"}})

    refused = account.refused({"paths": {"home": None}})
    account.write({"paths": {"home": None}}, destructive=True)

    assert refused.meta == {"param_name": "paths.home"}
    assert account.read("paths")["home"] is None


def test_a_put_needs_every_key() -> None:
    error = Account().refused({"paths": {}}, replace=True)

    assert error.code == "missing_config_keys"
    assert error.meta is not None
    assert "billing" in error.meta["missing_keys"]
    assert "paths" not in error.meta["missing_keys"]


def test_a_put_of_what_was_read_changes_nothing() -> None:
    account = with_billing()
    account.write({GOOGLE: {"client_id": GOOGLE_ID, "client_secret": "hidden"}})
    before = account.clerk.dump()

    account.write(account.clerk.read_config(account.instance, ()), replace=True)

    assert account.clerk.dump() == before


def test_a_put_removes_the_plans_it_leaves_out_if_it_may() -> None:
    account = with_billing()
    whole = account.clerk.read_config(account.instance, ())
    del whole["billing"]["plans"]["pro"]

    refused = account.refused(whole, replace=True)
    account.write(whole, replace=True, destructive=True)

    assert refused.meta == {"param_name": "billing.plans.pro"}
    assert list(account.read("billing")["plans"]) == ["free_org"]


def test_a_client_secret_is_kept_and_never_shown() -> None:
    account = Account()

    answer = account.write({GOOGLE: {"enabled": True, "client_secret": "hidden"}})

    assert "hidden" not in str(answer)
    assert answer["before"][GOOGLE]["client_secret"] == ""
    assert account.read(GOOGLE)["client_secret"] == MASK
    assert account.instance.config[GOOGLE]["client_secret"] == "hidden"


def test_a_new_client_secret_alone_is_a_write() -> None:
    account = Account()
    account.write({GOOGLE: {"client_secret": "old"}})
    before = version(account.instance)

    account.write({GOOGLE: {"client_secret": "new"}})

    assert version(account.instance) != before


def test_a_refusal_repeats_no_value() -> None:
    error = Account().refused({GOOGLE: {"client_secret": ["hidden"], "nonsense": "hidden"}})

    assert "hidden" not in str(error.body())


def test_api_keys_are_a_section_only_where_the_world_says_so() -> None:
    hidden, shown = Account(), Account(api_keys_config=True)
    switches = {"api_keys_settings": {"orgs_api_keys_enabled": True}}

    refused = hidden.refused(switches)
    shown.write(switches)

    assert refused.code == "unknown_config_key"
    assert "api_keys_settings" not in hidden.clerk.config_schema(())["properties"]
    section = shown.read("api_keys_settings")
    assert section["orgs_api_keys_enabled"] is True
    assert section["enabled"] is False, "a switch alone does not turn the feature on"


def test_sections_keep_their_order() -> None:
    account = with_billing()
    order = list(account.clerk.read_config(account.instance, ()))

    account.write({"user_model": {"first_name": {"enabled": True}}, **billing(user_enabled=True)})

    assert list(account.clerk.read_config(account.instance, ())) == order


def test_organizations_that_are_switched_on_force_a_selection() -> None:
    account = Account()
    both = {"enabled": True, "force_organization_selection": False}

    account.write({"organization_settings": both})
    first = account.read("organization_settings")["force_organization_selection"]
    account.write({"organization_settings": both})

    assert first is True, "what the same write says of it does not count"
    assert account.read("organization_settings")["force_organization_selection"] is False


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (
            {"session_settings": {"maximum_lifetime": {"enabled": False}}},
            422,
            "session_lifetime_setting_missing",
        ),
        (
            {"session_settings": {"inactivity_timeout": {"enabled": True}}},
            422,
            "config_validation_error",
        ),
        (
            {"auth_multi_factor": {"required_for_sign_in": True}},
            422,
            "need_at_least_one_mfa_strategy_enabled",
        ),
        (
            {"auth_multi_factor": {"backup_code": {"enabled": True}}},
            422,
            "need_at_least_one_mfa_strategy_enabled",
        ),
        (
            {"auth_attack_protection": {"bot_protection": {"captcha_widget_type": ""}}},
            422,
            "invalid_captcha_widget_type",
        ),
        (
            {"auth_attack_protection": {"pii_protection_enabled": False}},
            409,
            "user_settings_invalid",
        ),
        ({"auth_phone": {"required_for_sign_up": True}}, 409, "user_settings_invalid"),
        ({"compliance": {"legal_consent": {"enabled": True}}}, 422, "form_param_missing"),
    ],
)
def test_a_rule_across_fields_has_the_catalogues_code(
    change: dict[str, Any], status: int, code: str
) -> None:
    error = Account().refused(change)

    assert (error.status, error.code) == (status, code)


def test_a_connection_of_production_needs_its_own_credentials() -> None:
    account = Account()
    made = account.clerk.create_instance(APPLICATION_ID, domain="a.dev", clone_of=None)
    github = "connection_oauth_github"
    own = {"enabled": True, "client_id": "id", "client_secret": "hush"}

    with pytest.raises(ClerkError) as caught:
        account.clerk.write_config(made, {github: {"enabled": True}})
    account.clerk.write_config(made, {github: own})

    assert (caught.value.status, caught.value.code) == (422, "config_validation_error")
    assert account.clerk.read_config(made, [GOOGLE])[GOOGLE]["enabled"] is False


def test_a_setting_that_the_workspaces_plan_lacks_is_refused_in_production_alone() -> None:
    account = Account()
    made = account.clerk.create_instance(APPLICATION_ID, domain="a.dev", clone_of=None)
    change = {"auth_passkey": {"used_for_sign_in": True}}
    account.clerk.dashboard("set_gates", {"lacking": ["app:passkey", "app:mfa_totp"]})

    with pytest.raises(ClerkError) as caught:
        account.clerk.write_config(made, change)
    account.write(change)
    account.clerk.dashboard("set_gates", {"lacking": []})
    account.clerk.write_config(made, change)

    assert (caught.value.status, caught.value.code) == (
        402,
        "unsupported_subscription_plan_features",
    )
    assert caught.value.meta == {"unsupported_features": ["app:passkey"]}


def test_an_allowlist_alone_is_answered_as_written_and_not_kept() -> None:
    account = Account()

    answer = account.write({"auth_access_control": {"allowlist_enabled": True}})
    alone = account.read("auth_access_control")["allowlist_enabled"]
    both = {"allowlist_enabled": True, "sign_up_mode": "public"}
    account.write({"auth_access_control": both})

    assert answer["dry_run"] is False
    assert alone is False
    assert account.read("auth_access_control")["allowlist_enabled"] is True


@pytest.mark.parametrize(
    ("reading", "change", "strict", "other"),
    [
        ("every_null_is_destructive", {"paths": {"home": None}}, 400, None),
        ("unknown_nested_key_is_422", {"paths": {"homes": "/a"}}, 400, 422),
        ("quotas_can_be_written", {"organization_settings": {"max_allowed_roles": 9}}, 422, None),
        ("null_sections_can_be_set", {"connection_oauth_enstall": {"enabled": True}}, 422, None),
    ],
)
def test_a_reading_can_be_switched(
    reading: str, change: dict[str, Any], strict: int, other: int | None
) -> None:
    account = Account()

    first = account.refused(change)
    account.clerk.dashboard("read_as", {"reading": reading, "on": reading[0] != "e"})

    assert first.status == strict
    if other is None:
        account.write(change)
    else:
        assert account.refused(change).status == other


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_instance_is_one_that_could_be(kind: str) -> None:
    account = Account()
    account.clerk.dashboard("begin_as", {"environment": "development", "kind": kind})
    before = account.clerk.dump()

    account.write(account.clerk.read_config(account.instance, ()), replace=True)

    assert account.clerk.dump() == before
    assert plans_json(account.instance, "org") is not None
    assert environment_json(account.instance, "Tests")


def test_kinds_of_instances_differ_as_they_do_in_the_wild() -> None:
    young, older, edited = (config_of(kind, "development") for kind in KINDS)

    assert young["auth_password"]["min_length"] == 15
    assert (older["auth_password"]["min_length"], older["session"]) == (0, None)
    assert edited["session"]["lifetime"] == 60
    assert edited["billing"]["plans"]["free_org"]["currency"] == ""
    assert edited["connection_oauth_github"]["client_secret"]
