"""Production's promises under `--target` and `--exclude`, which skip billing's provider."""

from __future__ import annotations

import pytest

from local.project import Project
from local.world import World
from tests.deployments import production_of_an_app
from tests.engine.live import writes
from tests.engine.test_app_code import LEGACY, PAGE, write_app
from tests.kept import starts_from

pytestmark = pytest.mark.engine

ASKS = PAGE + "export const f = async () => (await auth()).has({ plan: 'legacy' })\n"
UP = ("up", "--yes", "--skip-preview", "--stack", "prod")
WITHOUT = ("--exclude", "**billing-catalog")
ONE = ("--target", "**webhook-endpoint")


@starts_from(production_of_an_app)
def test_an_update_without_billing_does_not_begin_where_a_promise_would_break(
    project: Project, world: World
) -> None:
    project.set("webhook", {"events": ["user.created"]})
    world.clear_journal()

    write_app(project, ASKS)
    asked = [project.pulumi(*UP, *words, check=False) for words in (WITHOUT, ONE)]
    write_app(project)
    project.set("billing", {"freeTrialRequiresPaymentMethod": True})
    card = project.pulumi(*UP, *ONE, check=False)
    untouched = writes(world)

    project.set("billing", {"freeTrialRequiresPaymentMethod": False})
    write_app(project, ASKS)
    changes = {"billing": {"plans": {"legacy": LEGACY}}}
    world.dashboard("set_config", environment="production", changes=changes)
    there = project.pulumi(*UP, *WITHOUT, check=False)

    for each in asked:
        assert each.returncode != 0
        assert "calls has({ plan: 'legacy' }), but neither the catalog nor" in each.stdout
    assert card.returncode != 0
    assert "trials would ask for a card" in card.stdout
    assert untouched == []
    assert there.returncode == 0, there.stdout
