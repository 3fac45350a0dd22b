"""What the program refuses if no resource would check it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clerkstack.app.code import AppCode
from clerkstack.app.read import read_app
from clerkstack.catalog.load import load_catalog
from clerkstack.catalog.models import Catalog
from clerkstack.desired.access import access_inputs
from clerkstack.desired.billing import billing_inputs
from clerkstack.program import (
    asked_in_vain,
    compared,
    notes_of_tests,
    refusals_of,
    roles_in_vain,
)
from clerkstack.reconcile.billing import DeclaredBilling
from clerkstack.settings.models import (
    AppSettings,
    BillingSettings,
    Components,
    Connection,
    OrganizationsSettings,
    Settings,
)
from clerkstack.shapes import JsonObject

CATALOG = """
features: {sso: {name: SSO}}
plans:
  pro: {name: Pro, amount: 6000, features: [sso]}
"""
RIGHT = "export const PLANS = { pro: { slug: 'pro', features: ['sso'] } }\n"
WRONG = RIGHT.replace("'pro', f", "'professional', f")
ASKS = "export const f = async () => (await auth()).has({ plan: 'gold' })\n"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    file = tmp_path / "catalog.yaml"
    file.write_text(CATALOG)
    return load_catalog(file)


def app(folder: Path, plans: str, asks: str = "") -> AppCode | None:
    """An app that declares plans in a file, and has checks in another."""
    (folder / "plans.ts").write_text(plans)
    (folder / "page.ts").write_text(asks)
    return read_app(AppSettings(path=str(folder), declaration="plans.ts"), None)


def settings(instance: str, **components: Any) -> Settings:
    return Settings.model_construct(instance=instance, components=Components(**components))


def with_roles(code: AppCode | None, **organizations: Any) -> JsonObject:
    """The declared roles, if the settings declare organizations."""
    declared = OrganizationsSettings.model_validate(organizations, by_name=True)
    return access_inputs(
        Settings.model_construct(
            instance="production", components=Components(), organizations=declared
        ),
        code,
    )


def declared(catalog: Catalog, code: AppCode | None) -> DeclaredBilling:
    inputs = billing_inputs(BillingSettings(), catalog, code, catalog_file="catalog.yaml")
    return DeclaredBilling.of({**inputs, "environment": "production"})


def test_what_agrees_is_not_refused(tmp_path: Path, catalog: Catalog) -> None:
    on = settings("production")

    assert list(refusals_of(on, declared(catalog, app(tmp_path, RIGHT)), preview=False)) == []
    assert list(refusals_of(on, declared(catalog, None), preview=False)) == []


def test_with_billing_its_resource_says_it_at_preview(tmp_path: Path, catalog: Catalog) -> None:
    on, wrong = settings("production"), app(tmp_path, WRONG)

    assert list(refusals_of(on, declared(catalog, wrong), preview=True)) == []
    assert any(
        "'professional'" in each
        for each in refusals_of(on, declared(catalog, wrong), preview=False)
    )


def test_where_all_is_declared_nobody_is_asked(tmp_path: Path, catalog: Catalog) -> None:
    nowhere = Connection.model_construct(platform_key="ak_test", urls=None)

    for instance, code in (
        ("production", app(tmp_path, RIGHT)),
        ("development", app(tmp_path, RIGHT, ASKS)),
        ("production", None),
    ):
        assert asked_in_vain(settings(instance), nowhere, declared(catalog, code)) == []


ROLES = "export const f = async () => (await auth()).has({ role: 'org:finance' })\n"
PERMISSION = ROLES.replace("role: 'org:finance'", "permission: 'org:sys_billing:read'")


@pytest.mark.parametrize("asks", [ROLES, PERMISSION])
def test_roles_that_are_declared_are_not_looked_up(tmp_path: Path, asks: str) -> None:
    nowhere = Connection.model_construct(platform_key="ak_test", urls=None)
    access = with_roles(app(tmp_path, RIGHT, asks))

    assert access["app"]
    assert roles_in_vain(settings("production"), nowhere, access) == []


@pytest.mark.parametrize("asks", [ROLES, PERMISSION])
def test_without_organizations_a_role_is_refused_without_asking_anybody(
    tmp_path: Path, asks: str
) -> None:
    nowhere = Connection.model_construct(platform_key="ak_test", urls=None)
    off = with_roles(app(tmp_path, RIGHT, asks), enabled=False)

    (why,) = roles_in_vain(settings("production"), nowhere, off)

    assert "organizations are off: it is false for everybody" in why
    assert roles_in_vain(settings("development"), nowhere, off) == []


def test_what_names_no_app_or_nothing_in_it_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "page.ts").write_text("export const x = 1\n")
    empty = read_app(AppSettings(path=str(tmp_path)), None)

    assert not compared(None)
    assert not compared(empty)
    assert compared(app(tmp_path, RIGHT))


def test_what_the_apps_tests_make_up_refuses_nothing_and_is_noted_once(
    tmp_path: Path, catalog: Catalog
) -> None:
    (tmp_path / "page.test.ts").write_text(ASKS + ASKS.replace(" f ", " g ") + ROLES)
    code = app(tmp_path, RIGHT)
    given = declared(catalog, code)

    assert code is not None
    assert list(refusals_of(settings("production"), given, preview=False)) == []
    (note,) = notes_of_tests(code, given, with_roles(code))
    assert "page.test.ts:1" in note
