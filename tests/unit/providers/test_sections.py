"""The providers of the config's sections on a world whose instances read as live ones do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from clerkstack.failures import ResourceFailed
from clerkstack.providers.api_keys import ApiKeysProvider
from clerkstack.providers.billing import BillingProvider
from clerkstack.providers.sections import OrganizationSettingsProvider, SignInProvider
from clerkstack.settings.models import Allowed
from clerkstack.state.model import State
from clerkstack.state.neighbours import Neighbour
from local.driven import Driven, Refused, config_on
from local.world import World
from local.world import seed as seeded
from local.world.clerk.kinds import KINDS

GITHUB = "connection_oauth_github"
SECRET = "hush-hush-0123456789"
OWN = {"enabled": True, "client_id": "own"}


@pytest.fixture
def world() -> Iterator[World]:
    with World(proxy=False) as started:
        yield started


def on(environment: str = "development", **inputs: Any) -> dict[str, Any]:
    return {"application_id": seeded.APPLICATION_ID, "environment": environment, **inputs}


def section(world: World, name: str, environment: str = "development") -> Any:
    instance = world.clerk.instance(seeded.APPLICATION_ID, environment)
    return world.clerk.read_config(instance, [name])[name]


def sent(world: World) -> list[str]:
    return [entry.method for entry in world.journal() if entry.path.endswith("/config")]


def set_config(world: World, environment: str = "development", **changes: Any) -> None:
    world.dashboard("set_config", environment=environment, changes=changes)


def organizations(**settings: Any) -> dict[str, Any]:
    return on(sections={"organization_settings": {"enabled": True, **settings}})


@pytest.mark.parametrize("kind", KINDS)
def test_organizations_get_personal_workspaces_in_one_run(world: World, kind: str) -> None:
    world.dashboard("begin_as", environment="development", kind=kind)
    set_config(world, billing={"organization_enabled": False})
    set_config(
        world, organization_settings={"enabled": False, "force_organization_selection": False}
    )
    driven = Driven(OrganizationSettingsProvider(), config_on(world))
    world.clear_journal()

    driven.up(organizations(force_organization_selection=False))

    assert section(world, "organization_settings")["force_organization_selection"] is False
    assert sent(world) == ["GET", "PATCH", "GET", "PATCH", "GET"]
    world.clear_journal()
    assert driven.up(organizations(force_organization_selection=False)) is False
    assert sent(world) == []


def test_a_selection_that_is_forced_anyway_takes_one_write(world: World) -> None:
    driven = Driven(OrganizationSettingsProvider(), config_on(world))

    driven.up(organizations(force_organization_selection=True))

    assert section(world, "organization_settings")["force_organization_selection"] is True
    assert sent(world) == ["GET", "PATCH", "GET"]


def sign_in(
    environment: str = "development", secret: str | None = SECRET, **fields: Any
) -> dict[str, Any]:
    inputs = on(environment, sections={GITHUB: {**OWN, **fields}})
    if secret:
        inputs |= {"client_secret_github": secret, "fingerprints": {"github": secret[:4]}}
    return inputs


def test_a_connection_that_goes_leaves_no_credentials(world: World) -> None:
    before = section(world, GITHUB)
    driven = Driven(SignInProvider(), config_on(world))
    driven.up(sign_in())
    during = section(world, GITHUB)

    driven.destroy()

    assert (during["client_id"], during["client_secret"]) == ("own", "REDACTED")
    assert section(world, GITHUB) == before
    assert before["client_secret"] == ""


def test_a_connection_whose_id_goes_back_to_an_earlier_one_leaves_no_secret(world: World) -> None:
    world.dashboard("begin_as", environment="development", kind="edited")
    driven = Driven(SignInProvider(), config_on(world))
    driven.up(sign_in())

    driven.destroy()

    after = section(world, GITHUB)
    assert (after["client_id"], after["client_secret"]) == ("Iv1.0123456789abcdef", "")


def test_in_production_such_a_connection_is_switched_off(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.clerk.create_instance(seeded.APPLICATION_ID, domain="a.dev", clone_of=None)
    theirs = {"enabled": True, "client_id": "theirs", "client_secret": "theirs-too"}
    set_config(world, "production", **{GITHUB: theirs})
    driven = Driven(SignInProvider(), config_on(world))
    driven.up(sign_in("production"))

    driven.destroy()

    after = section(world, GITHUB, "production")
    assert after["client_id"] == "theirs"
    assert (after["client_secret"], after["enabled"]) == ("", False)
    assert "OAuth github is switched off" in capsys.readouterr().err


def test_credentials_that_somebody_set_since_stay(world: World) -> None:
    driven = Driven(SignInProvider(), config_on(world))
    driven.up(sign_in())
    set_config(world, **{GITHUB: {"client_id": "theirs", "client_secret": "theirs-too"}})

    driven.destroy()

    after = section(world, GITHUB)
    assert (after["client_id"], after["client_secret"]) == ("theirs", "REDACTED")


def test_a_secret_that_somebody_removed_is_sent_again_after_a_refresh(world: World) -> None:
    driven = Driven(SignInProvider(), config_on(world))
    driven.up(sign_in())
    set_config(world, **{GITHUB: {"client_secret": ""}})

    driven.refresh()
    assert driven.up(sign_in()) is True

    assert section(world, GITHUB)["client_secret"] == "REDACTED"
    driven.refresh()
    assert driven.up(sign_in()) is False


def test_a_secret_that_is_not_kept_is_an_error(world: World) -> None:
    driven = Driven(SignInProvider(), config_on(world))
    world.fault(
        service="clerk",
        method="PATCH",
        path="config$",
        kind="not_persisted",
        field=f"{GITHUB}.client_secret",
        times=2,
    )

    with pytest.raises(ResourceFailed, match=f"{GITHUB}.client_secret: nothing → set") as caught:
        driven.up(sign_in())

    assert SECRET not in str(caught.value)


def test_claims_come_and_go_with_the_tokens_template(world: World) -> None:
    driven = Driven(SignInProvider(), config_on(world))
    driven.up(on(sections={"session": {"claims": {"a": "b"}}}))
    during = section(world, "session")
    driven.refresh()
    quiet = driven.up(on(sections={"session": {"claims": {"a": "b"}}}))

    driven.destroy()

    assert during == {"claims": {"a": "b"}, "lifetime": 60, "allowed_clock_skew": 5}
    assert quiet is False
    assert section(world, "session") is None


def test_a_template_that_was_there_keeps_its_lifetime(world: World) -> None:
    set_config(world, session={"lifetime": 120})
    driven = Driven(SignInProvider(), config_on(world))
    driven.up(on(sections={"session": {"claims": {"a": "b"}}}))

    driven.destroy()

    assert section(world, "session") == {"claims": {}, "lifetime": 120, "allowed_clock_skew": 5}


def billing(plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    whole = {"name": "Pro", "payer_type": "org", "amount": 6000, "currency": "usd", **plan}
    return on(
        settings={"organization_enabled": True},
        gateway="clerk",
        features={"audit": {"name": "Audit", **more}},
        plans={"pro": {**whole, "features": ["audit"]}},
        defaults={},
        app={},
        catalog="catalog.yaml",
    )


FULL = {
    "description": "All of it",
    "annual_monthly_amount": 5000,
    "free_trial_enabled": True,
    "free_trial_days": 14,
}


def test_what_a_plan_no_longer_has_is_cleared(world: World) -> None:
    set_config(world, organization_settings={"enabled": True})
    driven = Driven(BillingProvider(), config_on(world))
    driven.up(billing(FULL, description="Logs", jwt_value="a"))

    driven.up(billing({"free_trial_enabled": False}))

    live = section(world, "billing")
    plan, feature = live["plans"]["pro"], live["features"]["audit"]
    assert (plan["description"], plan["annual_monthly_amount"]) == ("", 0)
    assert plan["free_trial_days"] is None
    assert (feature["description"], feature["jwt_value"]) == ("", "")
    driven.refresh()
    world.clear_journal()
    assert driven.up(billing({"free_trial_enabled": False})) is False


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_live_is_as_it_was_after_a_destroy(world: World, kind: str) -> None:
    world.dashboard("begin_as", environment="development", kind=kind)
    set_config(world, organization_settings={"enabled": True})
    before = section(world, "billing")["plans"].get("by_hand")
    driven = Driven(BillingProvider(), config_on(world))
    driven.up(billing(FULL))

    driven.destroy()

    assert section(world, "billing")["plans"].get("by_hand") == before
    assert "pro" not in section(world, "billing")["plans"]


def test_lists_in_another_order_are_no_difference(world: World) -> None:
    set_config(world, organization_settings={"enabled": True})
    inputs = billing(FULL)
    inputs["features"]["sso"] = {"name": "SSO"}
    inputs["plans"]["pro"]["features"] = ["audit", "sso"]
    world.fault(service="clerk", path="config$", kind="lists_reordered", times=None)
    driven = Driven(BillingProvider(), config_on(world))

    driven.up(inputs)
    driven.refresh()

    assert driven.up(inputs) is False


def twenty_members_are_stored(world: World, *, times: int | None) -> None:
    """Whatever is written so often, always with None."""
    world.fault(
        service="clerk",
        method="PATCH",
        path="config$",
        kind="stored_otherwise",
        field="organization_settings.max_allowed_memberships",
        value=20,
        times=times,
    )


def test_a_value_that_is_stored_otherwise_is_sent_once_more_and_then_an_error(
    world: World,
) -> None:
    driven = Driven(OrganizationSettingsProvider(), config_on(world))
    twenty_members_are_stored(world, times=None)

    with pytest.raises(ResourceFailed, match="max_allowed_memberships: 20 → 25"):
        driven.up(organizations(max_allowed_memberships=25))

    assert sent(world).count("PATCH") == 2


def test_a_value_that_is_stored_otherwise_once_is_right_in_the_end(world: World) -> None:
    driven = Driven(OrganizationSettingsProvider(), config_on(world))
    twenty_members_are_stored(world, times=1)

    driven.up(organizations(max_allowed_memberships=25))

    assert section(world, "organization_settings")["max_allowed_memberships"] == 25


def test_api_keys_are_switched_on_with_the_feature(world: World) -> None:
    world.dashboard("advertise_api_keys", on=True)
    world.dashboard("set_api_keys", environment="development", organizations=False, users=False)
    instance = world.clerk.instance(seeded.APPLICATION_ID, "development")
    switches = {"orgs_api_keys_enabled": True, "user_api_keys_enabled": False}

    Driven(ApiKeysProvider(), config_on(world)).up(
        on(publishable_key=instance.publishable_key, switches=switches)
    )

    assert section(world, "api_keys_settings") == {"enabled": True, **switches}


def failing_second_write(world: World) -> None:
    """Let the write fail that brings back what the first one moved."""
    world.fault(service="clerk", method="PATCH", path="config$", kind="status", status=422, after=1)


def test_a_run_that_ends_between_the_two_writes_is_gone_on_with(world: World) -> None:
    personal = organizations(force_organization_selection=False)
    off = on(
        sections={
            "organization_settings": {"enabled": False, "force_organization_selection": False}
        }
    )
    driven = Driven(OrganizationSettingsProvider(), config_on(world))
    driven.up(off)
    failing_second_write(world)
    with pytest.raises(ResourceFailed):
        driven.up(personal)
    assert section(world, "organization_settings")["force_organization_selection"] is True

    driven.up(personal)

    assert section(world, "organization_settings")["force_organization_selection"] is False


def test_somebody_who_forces_a_selection_later_is_noticed(world: World) -> None:
    personal = organizations(force_organization_selection=False)
    driven = Driven(OrganizationSettingsProvider(), config_on(world))
    driven.up(personal)
    set_config(world, organization_settings={"force_organization_selection": True})

    with pytest.raises(ResourceFailed, match="no preview showed"):
        driven.up(personal, always=True)


@pytest.mark.parametrize("ends", [True, False])
def test_organizations_go_off_whatever_forces_a_selection(world: World, ends: bool) -> None:
    driven = Driven(OrganizationSettingsProvider(), config_on(world))
    inputs = organizations(force_organization_selection=False)
    driven.up(inputs)
    if ends:
        set_config(world, organization_settings={"force_organization_selection": True})

    driven.destroy()

    live = section(world, "organization_settings")
    assert (live["enabled"], live["force_organization_selection"]) == (False, False)


def test_a_connection_that_goes_off_with_its_settings_is_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    driven = Driven(SignInProvider(), config_on(world), "organization/clerkstack/dev")
    driven.beside = lambda: own_state(driven)
    driven.up(sign_in())
    world.clear_journal()
    without = on(sections={"session": {"claims": {"a": "b"}}})

    with pytest.raises(Refused, match=r"toggle 'signIn\.oauth\.github\.enabled'"):
        driven.up(without)
    assert "PATCH" not in sent(world)

    allowed = Allowed(toggles=["signIn.oauth.github.enabled"])
    monkeypatch.setattr(SignInProvider, "_allowed", allowed)
    driven.up(without)
    assert section(world, GITHUB)["enabled"] is False


def own_state(driven: Driven) -> list[Neighbour]:
    """What the backend returns about the stack itself."""
    kept = {"type": "pulumi-python:dynamic/clerkstack:SignIn", "outputs": driven.state}
    return [
        Neighbour(str(driven.stack), seeded.APPLICATION_ID, "development", (), State.of([kept]))
    ]
