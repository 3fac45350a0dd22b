"""The official Clerk command-line client against a world: what it reads, writes and says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from local.world import World, seed
from tests.vendor_cli import APP, Cli, need_vendor_cli, vendor_cli
from tests.world.between import Between
from tests.world.clerk_accounts import without_unset

SECTIONS: dict[str, Any] = {
    "organization_settings": {"enabled": True},
    "billing": {
        "organization_enabled": True,
        "features": {"audit": {"name": "Audit"}},
        "plans": {
            "pro": {"name": "Pro", "payer_type": "org", "amount": 6000, "features": ["audit"]}
        },
    },
}


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    need_vendor_cli()


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    with World(proxy=False) as world, vendor_cli(world, tmp_path) as made:
        yield made


@pytest.fixture
def overheard(tmp_path: Path) -> Iterator[tuple[Cli, Between]]:
    """The client with a recording proxy between it and the world."""
    with (
        World(proxy=False) as world,
        Between(world.urls.clerk) as between,
        vendor_cli(world, tmp_path, clerk=between.url) as made,
    ):
        made.config("patch", "--yes", "--json", json.dumps(SECTIONS))
        between.forget()
        yield made, between


def price(amount: int) -> dict[str, Any]:
    return {"billing": {"plans": {"pro": {"amount": amount}}}}


def without_plan(cli: Cli) -> str:
    """Return the config without one plan, as somebody edits a pulled config."""
    whole = cli.config("pull")
    del whole["billing"]["plans"]["pro"]
    return json.dumps(whole)


def test_pull_gives_the_config_as_it_is(cli: Cli) -> None:
    whole = cli.config("pull")
    part = cli.config("pull", "--keys", "billing,session")

    instance = cli.world.clerk.instance(seed.APPLICATION_ID, "development")
    config = cli.world.clerk.read_config(instance, ())
    assert {name: whole[name] for name in whole if name != "config_version"} == config
    assert list(part) == ["config_version", "billing", "session"]


def test_schema_can_be_narrowed(cli: Cli) -> None:
    schema = cli.config("schema", "--keys", "billing")

    assert list(schema["properties"]) == ["billing"]


def test_what_is_pulled_fits_the_schema(cli: Cli) -> None:
    cli.config("patch", "--yes", "--json", json.dumps(SECTIONS))

    schema, pulled = cli.config("schema"), cli.config("pull")

    del pulled["config_version"]
    assert schema["properties"].keys() == pulled.keys()
    # An unset field need not fit its bounds: "" is no client id of Google.
    jsonschema.Draft202012Validator(schema).validate(without_unset(pulled))


def test_a_key_that_is_not_there_can_not_be_pulled(cli: Cli) -> None:
    pulled, schema = (cli.refused(verb, "--keys", "biling") for verb in ("pull", "schema"))

    assert [pulled["code"], schema["code"]] == ["unknown_config_key"] * 2


def test_production_is_another_instance(cli: Cli) -> None:
    production = cli.world.clerk.create_instance(
        seed.APPLICATION_ID, domain="sendero.example", clone_of=None
    )
    cli.config("patch", "--instance", "prod", "--yes", "--json", json.dumps(SECTIONS))

    pulled = cli.config("pull", "--instance", production.id)

    assert "pro" in pulled["billing"]["plans"]
    assert "pro" not in cli.config("pull")["billing"]["plans"]


def test_a_dry_run_shows_and_keeps_nothing(cli: Cli) -> None:
    before = cli.config("pull")

    shown = cli.config("patch", "--dry-run", "--json", json.dumps(SECTIONS))

    assert shown["dry_run"] is True
    assert "free_org" in shown["after"]["billing"]["plans"]
    assert cli.config("pull") == before


def test_a_patch_is_written_once_and_then_there_is_nothing_to_do(cli: Cli) -> None:
    written = cli.config("patch", "--yes", "--json", json.dumps(SECTIONS))
    cli.world.clear_journal()

    again = cli("config", "patch", *APP, "--yes", "--json", json.dumps(SECTIONS))

    assert written["after"]["billing"]["plans"]["pro"]["amount"] == 6000
    assert again.returncode == 0
    assert cli.asked() == [f"GET {seed.APPLICATION_ID}", "GET config"]


def test_a_put_of_what_was_pulled_and_edited_is_taken(cli: Cli) -> None:
    whole = cli.config("pull")
    whole["session"] = {"claims": {"plan": "{{org.plan}}"}}

    cli.config("put", "--yes", "--json", json.dumps(whole))

    assert cli.config("pull")["session"]["claims"] == {"plan": "{{org.plan}}"}


def test_a_put_that_lacks_keys_is_refused(cli: Cli) -> None:
    error = cli.refused("put", "--yes", "--json", json.dumps({"session": {}}))

    assert error["code"] == "missing_config_keys"


def test_a_plan_is_removed_only_destructively(cli: Cli) -> None:
    cli.config("patch", "--yes", "--json", json.dumps(SECTIONS))
    removal = json.dumps({"billing": {"plans": {"pro": None}}})

    error = cli.refused("patch", "--yes", "--json", removal)
    cli.config("patch", "--yes", "--destructive", "--json", removal)

    assert error["code"] == "destructive_operation_not_allowed"
    assert error["errors"][0]["meta"]["param_name"] == "billing.plans.pro"
    assert "pro" not in cli.config("pull")["billing"]["plans"]


def test_a_dry_run_of_a_removal_needs_the_same_flag_and_removes_nothing(cli: Cli) -> None:
    cli.config("patch", "--yes", "--json", json.dumps(SECTIONS))
    removal = json.dumps({"billing": {"plans": {"pro": None}}})

    error = cli.refused("patch", "--dry-run", "--json", removal)
    shown = cli.config("patch", "--dry-run", "--destructive", "--json", removal)

    assert error["code"] == "destructive_operation_not_allowed"
    assert shown["dry_run"] is True
    assert "pro" in shown["before"]["billing"]["plans"]
    assert "pro" not in shown["after"]["billing"]["plans"]
    assert "pro" in cli.config("pull")["billing"]["plans"]


def test_a_put_without_a_plan_removes_it_only_destructively(cli: Cli) -> None:
    cli.config("patch", "--yes", "--json", json.dumps(SECTIONS))
    payload = without_plan(cli)

    error = cli.refused("put", "--yes", "--json", payload)
    shown = cli.config("put", "--dry-run", "--destructive", "--json", payload)
    still = cli.config("pull")
    cli.config("put", "--yes", "--destructive", "--json", payload)

    assert error["code"] == "destructive_operation_not_allowed"
    assert shown["dry_run"] is True
    assert "pro" in still["billing"]["plans"]
    assert "pro" not in cli.config("pull")["billing"]["plans"]
    assert {name for name in shown["after"] if shown["after"][name] != shown["before"][name]} == {
        "billing"
    }


def test_a_name_that_is_taken_is_reported(cli: Cli) -> None:
    cli.config("patch", "--yes", "--json", json.dumps(SECTIONS))
    twin = {"billing": {"plans": {"twin": {"name": "Pro", "payer_type": "org"}}}}

    error = cli.refused("patch", "--yes", "--json", json.dumps(twin))

    assert error["code"] == "plan_name_already_exists"
    assert "(409)" in error["message"]


@pytest.mark.parametrize("verb", ["patch", "put"])
def test_the_client_overwrites_what_somebody_wrote_after_it_had_read(
    overheard: tuple[Cli, Between], verb: str
) -> None:
    """It sends no If-Match. If a later version does, this test fails; nothing is overwritten."""
    cli, between = overheard
    pulled = cli.config("pull")
    pulled["billing"]["plans"]["pro"]["amount"] = 7000
    between.forget()
    between.before_write = lambda: cli.world.dashboard(
        "set_config", environment="development", changes=price(6500)
    )

    # The pulled config holds nulls for unset fields: each null clears.
    written = cli.config(verb, "--yes", "--destructive", "--json", json.dumps(pulled))

    assert written["before"]["billing"]["plans"]["pro"]["amount"] == 6500
    assert written["after"]["billing"]["plans"]["pro"]["amount"] == 7000
    (write,) = [each for each in between.seen if each.method == verb.upper()]
    assert "if-match" not in write.headers
    assert "config_version" not in json.loads(write.body)


@pytest.mark.parametrize("verb", ["patch", "put"])
def test_a_config_that_moved_on_is_reported_and_nothing_is_tried_again(
    overheard: tuple[Cli, Between], verb: str
) -> None:
    cli, between = overheard
    pulled = cli.config("pull")
    pulled["billing"]["plans"]["pro"]["amount"] = 7000
    between.forget()
    between.matches = True
    between.before_write = lambda: cli.world.dashboard(
        "set_config", environment="development", changes=price(6500)
    )

    error = cli.refused(verb, "--yes", "--json", json.dumps(pulled))

    now = cli.config("pull")
    meta = error["errors"][0]["meta"]
    assert error["code"] == "config_version_conflict"
    assert error["message"].startswith("Failed to push config (409)")
    assert meta == {
        "current_version": now["config_version"],
        "provided_version": pulled["config_version"],
    }
    assert now["billing"]["plans"]["pro"]["amount"] == 6500
    assert [each.method for each in between.seen].count(verb.upper()) == 1


def test_an_unknown_key_comes_with_its_suggestion(cli: Cli) -> None:
    error = cli.refused("patch", "--yes", "--json", json.dumps({"biling": {"user_enabled": True}}))

    assert error["code"] == "unknown_config_key"
    assert "billing" in error["message"]


def test_a_wrong_platform_key_is_refused(cli: Cli) -> None:
    ran = cli("config", "pull", *APP, CLERK_PLATFORM_API_KEY="ak_nobody")

    assert ran.returncode == 1
    assert "ak_nobody" not in ran.stdout + ran.stderr


def test_billing_can_be_switched_on_by_its_own_command(cli: Cli) -> None:
    ran = cli("enable", "billing", "--for", "orgs", *APP, "--yes", "--no-skills")

    assert ran.returncode == 0, ran.stderr
    pulled = cli.config("pull")
    assert pulled["billing"]["organization_enabled"] is True
    assert pulled["organization_settings"]["enabled"] is True
    assert list(pulled["billing"]["plans"]) == ["free_org"]
