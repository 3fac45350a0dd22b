"""Adopting an instance of each kind: nothing is written, settings are proposed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from clerkstack.cli.settings import stack_settings
from clerkstack.handwritten.round_trip import REMOVED, edited_yaml
from local.project import settings_on
from local.world import World
from local.world.clerk.kinds import KINDS
from tests.unit.cli.engine_of_memory import EngineOfMemory, ended

ORGANIZATIONS: dict[str, dict[str, Any]] = {
    "off": {"enabled": False, "force_organization_selection": False},
    "off, with limits": {
        "enabled": False,
        "force_organization_selection": False,
        "max_allowed_memberships": 7,
        "admin_delete_enabled": False,
    },
    "on": {"enabled": True},
    "on, chosen at once": {"enabled": True, "force_organization_selection": True},
}
DECLARED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "everything": {
        "personalWorkspaces": False,
        "maxAllowedMemberships": 5,
        "roles": {"org:admin": {}, "org:lead": {"name": "Lead"}},
        "permissions": {"org:reports:see": {"name": "See"}},
        "creatorRole": "org:admin",
        "defaultRole": "org:lead",
    },
}
"""What the stack's file has of organizations before."""


@pytest.fixture
def stacks(stacks: EngineOfMemory, running: World, tmp_path: Path) -> EngineOfMemory:
    """The stack `dev`, which has no catalog yet."""
    (tmp_path / "catalog.yaml").unlink()
    stacks.settings["dev"] = settings_on(running)
    return stacks


def in_file(settings: dict[str, Any], proposed: dict[str, Any]) -> dict[str, Any]:
    """Return the settings after they are written."""
    changes = {
        tuple(path.split(".")): REMOVED if value == "(removed)" else value
        for path, value in proposed.items()
    }
    found: dict[str, Any] = YAML(typ="safe").load(edited_yaml(json.dumps(settings), changes))
    return found


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("plans", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("organizations", ORGANIZATIONS)
def test_adoption_of_an_instance_with_and_without_organizations_can_be_adopted(
    running: World,
    stacks: EngineOfMemory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    organizations: str,
    plans: bool,
    declared: str,
) -> None:
    running.dashboard("begin_as", environment="development", kind=kind)
    section = ORGANIZATIONS[organizations]
    team = {"name": "Team", "payer_type": "org", "amount": 4900, "features": []}
    sold = {"organization_enabled": True, "plans": {"team": team}}
    off = {"organization_enabled": False, "free_trial_requires_payment_method": False}
    ways = [{"organization_settings": {"enabled": True}}, {"billing": sold}] if plans else []
    for changes in (*ways, {"billing": off}, {"organization_settings": section}):
        running.dashboard("set_config", environment="development", changes=changes)
    stacks.settings["dev"]["organizations"] = DECLARED[declared]
    running.clear_journal()

    code = ended(monkeypatch, "adopt", "--stack", "dev", "--dry-run", "--json")

    told = capsys.readouterr()
    assert code == 0, told.err
    proposed = json.loads(told.out)["settings"]
    on = section["enabled"]
    assert proposed.get("organizations.enabled", True) is on
    # The resulting file is valid, and says the same.
    stacks.settings["dev"] = in_file(stacks.settings["dev"], proposed)
    assert ended(monkeypatch, "adopt", "--stack", "dev", "--dry-run", "--json") == 0
    again = capsys.readouterr()
    assert json.loads(again.out)["settings"] == {}, again.err
    assert stack_settings("dev").organizations.enabled is on
    alone = {each["thing"] for each in json.loads(told.out)["leftAlone"]}
    assert ("plan team" in alone) is plans
