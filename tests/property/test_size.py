"""A catalog of 500 plans and 2,000 features costs the requests that a small one costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkstack.catalog.load import load_catalog
from clerkstack.desired.billing import billing_inputs
from clerkstack.providers.billing import BillingProvider
from clerkstack.settings.models import BillingSettings
from local.driven import Driven, Props, config_on, end_run
from local.large_catalog import FEATURES, PLANS, large_catalog
from local.world import World
from local.world import seed as seeded

TOP = Path(__file__).parents[2]
ORGANIZATIONS = {"organization_settings": {"enabled": True}}
AT = {"application_id": seeded.APPLICATION_ID, "environment": "development"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    with World(proxy=False) as started:
        started.clerk.write_config(
            started.clerk.instance(seeded.APPLICATION_ID, "development"), ORGANIZATIONS
        )
        yield started
        end_run()


def inputs(file: Path) -> Props:
    """What the program declares for a catalog."""
    catalog = load_catalog(file)
    return {**AT, **billing_inputs(BillingSettings(), catalog, None, catalog_file=file.name)}


def requests_of_a_life(world: World, declared: Props) -> list[list[str]]:
    """The requests of a first up, an unchanged one, one with another price, and a destroy."""
    billing = Driven(BillingProvider(), config_on(world))
    sent = []

    def ran() -> None:
        sent.append([f"{each.method} {each.path}" for each in world.journal()])
        world.clear_journal()

    world.clear_journal()
    billing.up(declared)
    ran()
    assert not billing.up(declared)
    ran()
    slug = list(declared["plans"])[-1]
    dearer = {**declared["plans"][slug], "amount": declared["plans"][slug]["amount"] + 500}
    billing.up({**declared, "plans": {**declared["plans"], slug: dearer}})
    ran()
    billing.destroy()
    ran()
    return sent


def without_counts(run: list[str]) -> list[str]:
    """Without the requests that count subscribers."""
    return [line for line in run if "/v1/billing/" not in line]


def test_size_costs_no_request(world: World, tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    file.write_text(large_catalog())
    large = inputs(file)

    sent = requests_of_a_life(world, large)

    assert (len(large["plans"]), len(large["features"])) == (PLANS, FEATURES)
    small = requests_of_a_life(world, inputs(TOP / "catalog.yaml"))
    assert [without_counts(run) for run in sent] == [without_counts(run) for run in small]
    # Who subscribes: a page of plans for each 500, and one request for all.
    assert [len(run) - len(without_counts(run)) for run in sent] == [0, 0, 3, 3]
    assert [sum(line.startswith("PATCH") for line in run) for run in sent] == [1, 0, 1, 1]
