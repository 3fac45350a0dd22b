"""The instance config: merging, versions, dry runs, what is destructive, what is refused."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from local.world.clerk.instances import version
from tests.world.clerk_accounts import Account, billing, with_billing

GOOGLE = "connection_oauth_google"


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
    assert account.read(GOOGLE)["enabled"] is False


def test_the_schema_describes_the_config_it_belongs_to() -> None:
    account = with_billing()
    schema = account.clerk.config_schema(())

    config = account.clerk.read_config(account.instance, ())

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(config)
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

    same = account.write({"paths": {"home_url": None}})["config_version"]
    moved = account.write({"paths": {"home_url": "https://a.dev"}})["config_version"]

    assert same == first
    assert moved != first
    assert version(account.instance) == moved


@pytest.mark.parametrize("form", ["{}", '"{}"', 'W/"{}"', "*"])
def test_if_match_takes_the_version_bare_or_quoted(form: str) -> None:
    account = Account()
    matching = form.format(version(account.instance))

    account.write({"paths": {"home_url": "https://a.dev"}}, if_match=matching)

    assert account.read("paths")["home_url"] == "https://a.dev"


def test_an_old_version_is_a_conflict_that_names_both() -> None:
    account = Account()
    old = version(account.instance)
    account.write({"paths": {"home_url": "https://a.dev"}})

    error = account.refused({"paths": {"home_url": "https://b.dev"}}, if_match=old)

    assert (error.status, error.code) == (409, "config_version_conflict")
    current = version(account.instance)
    assert error.meta == {"current_version": current, "provided_version": old}


def test_a_dry_run_answers_and_keeps_nothing() -> None:
    account = Account()
    before = account.clerk.dump()

    answer = account.write({"paths": {"home_url": "https://a.dev"}}, dry_run=True)

    assert answer["dry_run"] is True
    assert answer["before"]["paths"]["home_url"] is None
    assert answer["after"]["paths"]["home_url"] == "https://a.dev"
    assert answer["config_version"] == version(account.instance)
    assert account.clerk.dump() == before


def test_a_write_echoes_what_it_names_or_what_is_asked_for() -> None:
    account = Account()

    named = account.write({"paths": {"home_url": "https://a.dev"}})
    asked = account.write({"paths": {"home_url": "https://b.dev"}}, keys=["session"])

    assert list(named["after"]) == ["paths"]
    assert list(asked["after"]) == ["session"]


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"biling": {}}, 400, "unknown_config_key", "biling"),
        ({"paths": []}, 400, "config_key_body_invalid", "paths"),
        ({"paths": {"home_url": 1}}, 400, "config_key_body_invalid", "paths"),
        ({"paths": {"home": "x"}}, 422, "config_validation_error", "paths"),
        ({"auth_password": {"min_length": 3}}, 422, "config_validation_error", None),
        ({"session": None}, 400, "destructive_operation_not_allowed", "session"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code(
    change: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    error = Account().refused(change)

    assert (error.status, error.code) == (status, code)
    assert error.meta is not None
    assert param is None or error.meta["param_name"] == param


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
    account.write({"paths": {"home_url": "https://a.dev"}})

    refused = account.refused({"paths": {"home_url": None}})
    account.write({"paths": {"home_url": None}}, destructive=True)

    assert refused.meta == {"param_name": "paths.home_url"}
    assert account.read("paths")["home_url"] is None


def test_a_put_needs_every_key() -> None:
    error = Account().refused({"paths": {}}, replace=True)

    assert error.code == "missing_config_keys"
    assert error.meta is not None
    assert "billing" in error.meta["missing_keys"]
    assert "paths" not in error.meta["missing_keys"]


def test_a_put_of_what_was_read_changes_nothing() -> None:
    account = with_billing()
    account.write({GOOGLE: {"client_id": "id", "client_secret": "hidden"}})
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
    assert "client_secret" not in account.read(GOOGLE)
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
    switches = {"api_keys": {"orgs_api_keys_enabled": True}}

    refused = hidden.refused(switches)
    shown.write(switches)

    assert refused.code == "unknown_config_key"
    assert "api_keys" not in hidden.clerk.config_schema(())["properties"]
    assert shown.read("api_keys")["orgs_api_keys_enabled"] is True


def test_sections_keep_their_order() -> None:
    account = with_billing()
    order = list(account.clerk.read_config(account.instance, ()))

    account.write({"user_model": {"first_name": "on"}, **billing(user_enabled=True)})

    assert list(account.clerk.read_config(account.instance, ())) == order
