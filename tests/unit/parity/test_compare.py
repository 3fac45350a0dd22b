"""The comparison of two instances: each case breaks one thing, and one row reports it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clerkstack.parity.compare import KINDS, Unread, compare
from clerkstack.parity.entities import Entity, Part, needs_of_production
from clerkstack.parity.snapshot import ORGANIZATIONS_OFF, Snapshot
from tests.unit.parity.snapshots import (
    FEATURES,
    PRO,
    between,
    config,
    entities_between,
    own,
    rows,
    settings,
    snapshot,
)

MISSING = ("there", None, "missing")
ONLY = (None, "there", "only")


def billing(**fields: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {"organization_enabled": True, "plans": {"pro": {**PRO}}}
    return config(billing={**whole, "features": {**FEATURES}, **fields})


def pro(**fields: Any) -> dict[str, Any]:
    return billing(plans={"pro": {**PRO, **fields}})


def google(**fields: Any) -> dict[str, Any]:
    return config(connection_oauth_google={"enabled": False, "client_id": None, **fields})


def test_equal_instances_have_no_difference() -> None:
    assert between(config(), config()) == {}


@pytest.mark.parametrize(
    ("mine", "theirs", "what", "field", "row"),
    [
        (pro(amount=7000), pro(), "plan pro", "amount", (7000, 6000, "differs")),
        (
            pro(currency="usd"),
            pro(currency="eur"),
            "plan pro",
            "currency",
            ("usd", "eur", "differs"),
        ),
        (
            pro(free_trial_enabled=True),
            pro(free_trial_enabled=False),
            "plan pro",
            "free_trial_enabled",
            (True, False, "differs"),
        ),
        (
            pro(annual_monthly_amount=5000),
            pro(annual_monthly_amount=0),
            "plan pro",
            "annual_monthly_amount",
            (5000, None, "missing"),
        ),
        (pro(), pro(features=["sso"]), "plan pro", "feature audit", MISSING),
        (pro(features=[]), pro(features=["sso"]), "plan pro", "feature sso", ONLY),
        (billing(plans={}), billing(), "plan pro", "", ONLY),
        (billing(), billing(plans={}), "plan pro", "", MISSING),
        (billing(features={}), billing(features={"a": {"name": "A"}}), "feature a", "", ONLY),
        (
            billing(user_enabled=True),
            billing(user_enabled=False),
            "billing",
            "user_enabled",
            (True, False, "differs"),
        ),
        (config(auth_x={"on": True}), config(), "auth_x", "", MISSING),
        (
            config(session={"claims": {"a": {"b": "1"}}}),
            config(session={"claims": None}),
            "session token",
            "claims.a.b",
            ("1", None, "missing"),
        ),
        (
            config(organization_settings={"enabled": True, "force_organization_selection": True}),
            config(),
            "organizations",
            "force_organization_selection",
            (True, False, "differs"),
        ),
        (
            config(auth_x={"order": ["a", "b"]}),
            config(auth_x={"order": ["b", "a"]}),
            "auth_x",
            "order",
            (["a", "b"], ["b", "a"], "differs"),
        ),
    ],
)
def test_one_difference_is_one_row(
    mine: dict[str, Any], theirs: dict[str, Any], what: str, field: str, row: Any
) -> None:
    found = between(mine, theirs)

    assert found.pop((what, field)) == row
    # A missing feature is no feature of a plan either.
    assert all(key[0].startswith("feature ") for key in found)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (pro(annual_monthly_amount=0), pro(annual_monthly_amount=None)),
        (pro(features=["sso", "audit"]), pro(features=["audit", "sso"])),
        (pro(description=""), pro(description=None)),
        (pro(description=None), pro()),
        (config(api_keys_settings={"user_api_keys_enabled": True}), config()),
        (google(client_id=""), google(client_id=None)),
        (google(client_secret="REDACTED"), google(client_secret="***")),
        (config(session=None), config(session={"claims": {}})),
        (
            config(auth_email={"sign_in_strategies": ["email_code", "email_link"]}),
            config(auth_email={"sign_in_strategies": ["email_link", "email_code"]}),
        ),
        (config(session={"claims": {}}), config(session={})),
    ],
)
def test_what_means_the_same_is_no_difference(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert between(mine, theirs) == {}


# -- credentials ------------------------------------------------------------------------------


def test_own_credentials_are_no_difference_and_never_shown() -> None:
    mine = google(enabled=True, client_id="id-of-development")
    theirs = google(enabled=True, client_id="id-of-production")

    assert between(mine, theirs) == {}
    assert between(mine, google()) == {
        ("OAuth google", "enabled"): (True, False, "differs"),
        ("OAuth google", "client_id"): ("set", None, "missing"),
    }


@pytest.mark.parametrize("own_at_home", [None, "id-of-development"])
def test_a_connection_that_is_on_in_production_needs_its_own_credentials(
    own_at_home: str | None,
) -> None:
    mine, theirs = google(enabled=True, client_id=own_at_home), google(enabled=True)

    found = between(mine, theirs)

    home = "set" if own_at_home else None
    assert found == {("OAuth google", "client_id"): (home, None, "needed")}


def test_the_need_is_told_from_either_direction_and_for_custom_connections() -> None:
    custom = {"connections_oauth_custom": {"corp": {"enabled": True, "client_id": None}}}
    production, development = snapshot("prod", config(**custom)), snapshot("dev", config(**custom))

    found = rows(compare(production, development))

    assert found == {("OAuth custom corp", "client_id"): (None, None, "needed")}


def test_a_development_instance_may_use_shared_credentials() -> None:
    shared = google(enabled=True)

    assert rows(compare(snapshot("dev", shared), snapshot("staging", shared))) == {}


@pytest.mark.parametrize(
    "name", ["client_secret", "api_key", "signing_key", "password", "access_token", "team_id"]
)
def test_a_text_named_like_a_credential_is_compared_by_whether_it_is_there(name: str) -> None:
    mine = config(sms={name: "of-development", "inner": [{name: "of-development"}]})
    theirs = config(sms={name: "of-production", "inner": []})

    found = between(mine, theirs)

    assert found == {("sms", "inner"): ([{name: "set"}], None, "missing")}
    without = between(config(sms={name: "of-development"}), config(sms={}))
    assert without == {("sms", name): ("set", None, "missing")}


def test_what_has_the_form_of_a_key_is_not_shown_wherever_it_stands() -> None:
    key = "whsec_" + "s" * 30
    mine = config(session={"claims": {"a": key, key: "b"}})
    hook = Entity(Part.REDIRECT_URLS, "u", f"redirect URL app://x?k={key}", {})

    compared = compare(snapshot("dev", mine, hook), snapshot("prod", config()))

    assert len(compared.findings) == 3
    assert key not in repr(compared)


# -- what belongs to each instance -------------------------------------------------------------


def test_addresses_of_each_instance_are_no_difference() -> None:
    mine = {
        "paths": {
            "home_url": "https://preview.app.example",
            "sign_up_url": "http://localhost:3000/sign-up",
            "logo_url": "https://x.accounts.dev/logo?size=1",
            "host": "x.accounts.dev",
        },
        "ids": {"default_domain": "dmn_" + "a" * 27, "key": "pk_test_abc"},
    }
    theirs = {
        "paths": {
            "home_url": "https://app.example/",
            "sign_up_url": "https://app.example/sign-up",
            "logo_url": "https://accounts.app.example/logo?size=1",
            "host": "accounts.app.example",
        },
        "ids": {"default_domain": "dmn_" + "b" * 27, "key": "pk_live_abc"},
    }

    assert between(config(**mine), config(**theirs)) == {}


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("https://preview.app.example/a", "https://app.example/b"),
        ("https://elsewhere.example/a", "https://other.example/a"),
        ("https://preview.app.example.evil.example/a", "https://app.example/a"),
        ("app://callback", "https://app.example/callback"),
        ("https://[", "https://app.example/"),
        ("https://preview.app.example/a", "http://localhost:3000/a"),
    ],
)
def test_other_addresses_are_a_difference(mine: str, theirs: str) -> None:
    found = between(config(paths={"home_url": mine}), config(paths={"home_url": theirs}))

    assert found == {("paths", "home_url"): (mine, theirs, "differs")}


def test_paths_that_the_stacks_declare_differently_are_no_difference() -> None:
    there = {"sign_in_url": "/login", "project_id": "prj_1"}
    production = own("production", environment={**there})
    mine = snapshot(
        "dev",
        config(paths={"sign_in_url": "https://preview.app.example/sign-in"}),
        own=own("development"),
    )

    def with_path(path: str) -> Snapshot:
        section = {"sign_in_url": f"https://app.example{path}"}
        return snapshot("prod", config(paths=section), own=production)

    assert rows(compare(mine, with_path("/login"))) == {}
    assert list(rows(compare(mine, with_path("/signin")))) == [("paths", "sign_in_url")]


# -- what is no config ---------------------------------------------------------------------------


def hook(path: str, *events: str, **fields: Any) -> Entity:
    shown = {"events": list(events), "description": "", "disabled": False, **fields}
    return Entity(Part.WEBHOOKS, path, f"webhook {path}", shown)


def test_endpoints_are_paired_by_path() -> None:
    mine = [hook("/a", "user.created", "user.deleted"), hook("/b")]
    theirs = [hook("/c"), hook("/a", "user.created", disabled=True)]

    assert entities_between(mine, theirs) == {
        ("webhook /a", "event user.deleted"): MISSING,
        ("webhook /a", "disabled"): (False, True, "differs"),
        ("webhook /b", ""): MISSING,
        ("webhook /c", ""): ONLY,
    }


def test_an_endpoint_for_every_event_differs_from_one_for_some() -> None:
    every = [hook("/a", events="every event")]

    assert entities_between(every, [hook("/a", "x")]) == {
        ("webhook /a", "events"): ("every event", ["x"], "differs")
    }


def test_the_endpoint_that_each_stack_declares_is_the_same_one() -> None:
    elsewhere = settings("production").webhook.model_copy(update={"path": "/hooks"})
    one = Snapshot("dev", entities=(hook("/api/webhooks/clerk", "a"),), own=own("development"))
    other = Snapshot(
        "prod", entities=(hook("/hooks", "b"),), own=own("production", webhook=elsewhere)
    )

    assert rows(compare(one, other)) == {
        ("webhook /api/webhooks/clerk", "event a"): MISSING,
        ("webhook /api/webhooks/clerk", "event b"): ONLY,
    }


def test_the_same_name_twice_is_counted() -> None:
    twice = [Entity(Part.SSO, "SSO Acme", "SSO Acme", {"active": on}) for on in (True, False)]

    assert entities_between(twice, twice[:1]) == {("SSO Acme", ""): MISSING}


def test_a_production_instance_needs_a_primary_domain() -> None:
    needs = tuple(needs_of_production((), []))

    found = rows(compare(Snapshot("dev"), Snapshot("prod", needs=needs)))

    assert found == {("primary domain", ""): (None, None, "needed")}


# -- what can't be compared ----------------------------------------------------------------------


def test_a_part_that_one_side_does_not_show_is_reported_and_not_compared() -> None:
    one = snapshot("dev", config(), Entity(Part.SSO, "SSO Acme", "SSO Acme", {}))
    other = snapshot("prod", config(), unread={Part.SSO: "402"})

    compared = compare(one, other)

    assert compared.findings == ()
    assert compared.unread == (Unread(Part.SSO, "prod", "402"),)


def test_a_part_that_no_side_shows_is_reported_for_both() -> None:
    both = (snapshot(stack, config(), unread={Part.SSO: "402"}) for stack in ("dev", "prod"))

    assert [each.stack for each in compare(*both).unread] == ["dev", "prod"]


def test_roles_are_not_compared_where_organizations_are_off() -> None:
    off = {Part.ROLES: ORGANIZATIONS_OFF}
    disabled = config(organization_settings={"enabled": False})
    one = snapshot("dev", disabled, unread=off)

    neither = compare(one, snapshot("prod", disabled, unread=off))
    half = compare(one, snapshot("prod", config(), Entity(Part.ROLES, "r", "role r", {})))

    assert (neither.findings, neither.unread) == ((), ())
    assert rows(half) == {("organizations", "enabled"): (False, True, "differs")}
    assert half.unread == (Unread(Part.ROLES, "dev", ORGANIZATIONS_OFF),)


def test_an_instance_that_is_not_there_is_the_one_difference() -> None:
    there, gone = snapshot("dev", config()), Snapshot("prod", exists=False)

    assert rows(compare(there, gone)) == {("instance of prod", ""): MISSING}
    assert rows(compare(gone, there)) == {("instance of prod", ""): ONLY}


def test_rows_come_by_kind_and_every_kind_has_its_place() -> None:
    mine = config(
        auth_x={"on": True},
        connection_oauth_google={"enabled": True, "client_id": "x"},
        session={"claims": {"a": "1"}},
        organization_settings={"enabled": False},
        billing={},
    )
    parts = [Entity(part, part, part, {}) for part in Part]

    found = compare(snapshot("dev", mine, *parts), snapshot("prod", config())).findings

    kinds = [each.check for each in found]
    assert kinds == sorted(kinds, key=KINDS.index)
    assert {*kinds, "instance"} == set(KINDS)
    json.dumps([[each.expected, each.found] for each in found])
