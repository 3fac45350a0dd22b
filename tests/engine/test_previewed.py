"""An `up` writes what its preview could show, and nothing else."""

from __future__ import annotations

import pytest

from local.project import Project
from local.world import World
from tests.deployments import development
from tests.engine.by_hand import by_hand, edit_endpoint, rename_role
from tests.engine.live import read_instance, writes
from tests.kept import starts_from

pytestmark = pytest.mark.engine


def assert_refused(project: Project, world: World, *shown: str) -> None:
    """The update stops at the edited resource, names the edit, and continues after a preview."""
    world.clear_journal()
    printed = project.up(check=False)
    assert "no preview showed that this would be undone" in printed
    for text in shown:
        assert text in printed
    written = [line.split(maxsplit=2) for line in writes(world, "clerk", "svix")]
    # POST reads the link to the Svix app.
    assert [path for _, method, path in written if method != "POST"] == []
    preview = project.preview("--refresh")
    assert "=>" in preview
    project.up("--refresh")


@starts_from(development)
def test_a_price_edited_by_hand_is_not_reverted_unseen(project: Project, world: World) -> None:
    by_hand(world, billing={"plans": {"pro": {"amount": 7000}}})
    project.edit("catalog.yaml", ("amount: 150000", "amount: 160000"))

    assert_refused(project, world, "billing.plans.pro.amount: 7000 → 6000")

    plans = read_instance(world).config["billing"]["plans"]
    assert plans["pro"]["amount"] == 6000
    assert 160000 in [plan["amount"] for plan in plans.values()]


@starts_from(development)
def test_a_setting_edited_by_hand_is_not_reverted_unseen(project: Project, world: World) -> None:
    by_hand(world, organization_settings={"force_organization_selection": True})
    project.set("organizations.maxAllowedMemberships", 9)

    assert_refused(project, world, "force_organization_selection: True → False")

    section = read_instance(world).config["organization_settings"]
    assert section["force_organization_selection"] is False
    assert section["max_allowed_memberships"] == 9


@starts_from(development)
def test_a_role_edited_by_hand_is_not_reverted_unseen(project: Project, world: World) -> None:
    rename_role(world, "org:finance", "Money")
    project.set("organizations.roles", {"org:finance": {"name": "Finance", "description": "New."}})

    assert_refused(project, world, "org:finance.name: Money → Finance")

    role = read_instance(world).roles["org:finance"]
    assert (role.name, role.description) == ("Finance", "New.")


@starts_from(development)
def test_an_endpoint_edited_by_hand_is_not_reverted_unseen(project: Project, world: World) -> None:
    endpoint = edit_endpoint(world, url="https://elsewhere.example/hook")
    project.set("webhook", {"description": "Sendero"})

    assert_refused(project, world, "url: https://elsewhere.example/hook → https://preview")

    changed = read_instance(world).endpoints[0]
    assert (changed.url, changed.description) == (endpoint.url, "Sendero")
