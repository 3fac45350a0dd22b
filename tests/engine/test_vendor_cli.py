"""Clerk's own command-line client and a deployed stack: each sees what the other wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from local.project import Project
from local.world import World
from tests import sendero
from tests.deployments import development
from tests.engine.drifted import found
from tests.engine.live import writes
from tests.kept import starts_from
from tests.vendor_cli import Cli, need_vendor_cli, vendor_cli
from tests.world.clerk_accounts import without_unset

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    need_vendor_cli()


@pytest.fixture
def cli(tmp_path: Path, world: World) -> Iterator[Cli]:
    folder = tmp_path / "vendor"
    folder.mkdir()
    with vendor_cli(world, folder) as made:
        yield made


def pro(**fields: Any) -> str:
    return json.dumps({"billing": {"plans": {"pro": fields}}})


def test_what_up_writes_is_what_the_client_pulls(project: Project, cli: Cli) -> None:
    before = cli.config("pull")
    project.up()

    pulled = cli.config("pull")
    schema = cli.config("schema")

    sendero.assert_billing(pulled["billing"])
    assert set(pulled["billing"]["plans"]) == {"free_org", *sendero.PLANS}
    assert pulled["organization_settings"]["enabled"] is True
    assert pulled["organization_settings"]["force_organization_selection"] is False
    assert pulled.pop("config_version") != before.pop("config_version")
    assert {name for name in before if pulled[name] != before[name]} == {
        "billing",
        "organization_settings",
    }
    jsonschema.Draft202012Validator(schema).validate(without_unset(pulled))


@starts_from(development)
def test_what_the_client_writes_is_the_one_difference_and_goes_back(
    project: Project, world: World, cli: Cli
) -> None:
    cli.config("patch", "--dry-run", "--json", pro(amount=6500))
    dry = found(project)
    cli.config("patch", "--yes", "--json", pro(amount=6500))
    world.clear_journal()

    seen = found(project)
    table = project.clerkstack("drift")
    written = writes(world, "clerk")
    project.up("--refresh")

    assert dry == {}
    assert seen == {("plan pro", "amount"): (6000, 6500)}
    assert table.returncode == 1
    assert "plan pro" in table.stdout
    assert written == []
    assert found(project) == {}
    sendero.assert_billing(cli.config("pull")["billing"])


@starts_from(development)
def test_a_price_that_is_declared_after_the_client_wrote_it_is_no_difference(
    project: Project, cli: Cli
) -> None:
    cli.config("patch", "--yes", "--json", pro(amount=6500))
    version = cli.config("pull")["config_version"]

    project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))

    assert found(project) == {}
    project.up("--refresh")
    pulled = cli.config("pull")
    assert pulled["billing"]["plans"]["pro"]["amount"] == 6500
    assert pulled["config_version"] == version
