"""Production whose settings leave billing out.

Nothing that the app asks for is removed, and the live configuration is judged all the same.
"""

from __future__ import annotations

import json

import pytest

from local.project import Project
from local.world import World
from tests.deployments import development, production_of_an_app
from tests.engine.live import read_instance, writes
from tests.kept import starts_from

pytestmark = pytest.mark.engine

UP = ("up", "--yes", "--skip-preview", "--stack", "prod")
TRIAL = "free_trial_requires_payment_method"


@starts_from(production_of_an_app)
def test_billing_that_the_app_asks_for_does_not_leave(project: Project, world: World) -> None:
    urn = next(
        resource["urn"]
        for resource in project.state()["deployment"]["resources"]
        if resource["urn"].endswith("::billing-catalog")
    )
    project.pulumi("state", "unprotect", urn, "--yes", "--stack", "prod")
    project.set("components", {"billing": False})
    before = read_instance(world, "production").config["billing"]
    world.clear_journal()

    shown = project.preview(check=False)
    refused = project.pulumi(*UP, check=False)

    for said in (shown, refused.stdout):
        assert "this update removes from production: plans basic, enterprise, free, pro" in said
        assert "calls has({ plan: 'pro' }), but no plan on sale on the instance" in said
        assert "clerkstack:allow.billingLeft true" in said
    assert refused.returncode != 0
    assert writes(world) == []

    # No longer managed, and unchanged: the live configuration is what the app asks for.
    project.set("allow", {"billingLeft": True})
    by_pack = project.preview("--policy-pack", "policies/pack", check=False)
    project.up()
    agreed = [project.clerkstack(*words).returncode for words in (("drift",), ("check", "--live"))]

    assert "billing-managed" in by_pack
    assert "mandatory" in by_pack
    assert read_instance(world, "production").config["billing"] == before
    assert agreed == [0, 0]

    # Later changes by others are detected.
    changes = {"plans": {"pro": {"features": []}, "enterprise": {"features": []}}, TRIAL: True}
    world.dashboard("set_config", environment="production", changes={"billing": changes})
    world.clear_journal()
    drift = project.clerkstack("drift", "--json")
    check = project.clerkstack("check", "--live", "--json")
    again = project.pulumi(*UP, check=False)

    fields = {finding["field"] for finding in json.loads(drift.stdout)["findings"]}
    assert fields == {"always false", TRIAL}
    found = {
        (finding["subject"], finding["field"]) for finding in json.loads(check.stdout)["findings"]
    }
    assert {("plan pro", "features"), (f"setting {TRIAL}", TRIAL)} <= found
    assert (drift.returncode, check.returncode) == (1, 1)
    assert again.returncode != 0
    assert "the app gives plan 'pro'" in again.stdout
    assert "free trials ask for a card on the production instance" in again.stdout
    assert writes(world) == []


@starts_from(development)
def test_a_replacement_takes_nothing_with_it(project: Project, world: World) -> None:
    before = read_instance(world).config["billing"]
    (urn,) = (
        resource["urn"]
        for resource in project.state()["deployment"]["resources"]
        if resource["urn"].endswith("::billing-catalog")
    )

    said = project.pulumi("up", "--yes", "--skip-preview", "--stack", "local", "--replace", urn)

    assert "replaced" in said.stdout
    assert read_instance(world).config["billing"] == before
    assert project.clerkstack("drift").returncode == 0
