"""What the program refuses where no resource would be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clerkstack.app.code import AppCode, read_app
from clerkstack.catalog import Catalog, load_catalog
from clerkstack.declared.billing import billing_inputs
from clerkstack.program import asked_in_vain, refusals_of
from clerkstack.reconcile import JsonObject
from clerkstack.settings import AppSettings, Connection, Settings
from clerkstack.settings.models import BillingSettings, Components

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
    """An app that declares plans in a file, and asks in another."""
    (folder / "plans.ts").write_text(plans)
    (folder / "page.ts").write_text(asks)
    return read_app(AppSettings(path=str(folder), declaration="plans.ts"), None)


def settings(instance: str, **components: Any) -> Settings:
    return Settings.model_construct(instance=instance, components=Components(**components))


def inputs(catalog: Catalog, code: AppCode | None) -> JsonObject:
    return billing_inputs(BillingSettings(), catalog, code, catalog_file="catalog.yaml")


def test_what_agrees_is_not_refused(tmp_path: Path, catalog: Catalog) -> None:
    on = settings("production")

    assert list(refusals_of(on, inputs(catalog, app(tmp_path, RIGHT)), preview=False)) == []
    assert list(refusals_of(on, inputs(catalog, None), preview=False)) == []


def test_with_billing_its_resource_says_it_at_preview(tmp_path: Path, catalog: Catalog) -> None:
    on, wrong = settings("production"), app(tmp_path, WRONG)

    assert list(refusals_of(on, inputs(catalog, wrong), preview=True)) == []
    assert any(
        "'professional'" in each for each in refusals_of(on, inputs(catalog, wrong), preview=False)
    )


def test_where_all_is_declared_nobody_is_asked(tmp_path: Path, catalog: Catalog) -> None:
    nowhere = Connection.model_construct(platform_key="ak_test", urls=None)

    for instance, code in (
        ("production", app(tmp_path, RIGHT)),
        ("development", app(tmp_path, RIGHT, ASKS)),
        ("production", None),
    ):
        assert asked_in_vain(settings(instance), nowhere, inputs(catalog, code)) == []
