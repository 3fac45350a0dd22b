"""A rotation whose roll-out somebody would refuse.

It runs if it writes nothing but secrets; otherwise it mints nothing.
"""

from __future__ import annotations

import json

import pytest

from local.project import Project
from local.world import World
from local.world import seed as seeded
from local.world.deployed import Deployed
from tests.deployments import production_of_an_app
from tests.engine.live import read_instance, variables, writes
from tests.engine.test_past_the_guards import ASKS, UP
from tests.engine.test_rotate import SECRETS, history, rotate, status
from tests.engine.written_app import write_app
from tests.kept import starts_from
from tests.smoke.deployment import app_in_production

pytestmark = [pytest.mark.engine, starts_from(production_of_an_app)]


@pytest.fixture
def app(project: Project, world: World) -> Deployed:
    """The app as production's deployment."""
    return app_in_production(world)


def break_promises(project: Project) -> None:
    """Make production refuse every other update, and add a change that waits for its own."""
    write_app(project, ASKS)
    project.set("billing", {"freeTrialRequiresPaymentMethod": True})
    project.set("environment.signInUrl", "/enter")


def test_what_is_not_written_holds_no_rotation_up(
    project: Project, world: World, app: Deployed
) -> None:
    before = read_instance(world, "production")
    break_promises(project)
    project.edit("catalog.yaml", ("amount: 6000", "amount: nothing"))

    ran = rotate(project)

    live = read_instance(world, "production")
    assert live.secret_key != before.secret_key
    with world._turns.threads:
        made = world.vercel.deployments[str(app.deployment)]
        held = world.vercel.vault.opened(made.environment)
    assert [held[name] for name in SECRETS] == [live.secret_key, *live.signing_secrets.values()]
    assert status(project)["over"]
    assert "environment-production-CLERK_SECRET_KEY updated" in ran.stderr
    # The waiting change still waits, and is refused as before.
    assert ("NEXT_PUBLIC_CLERK_SIGN_IN_URL", "production") in variables(world)
    refused = project.pulumi(*UP, check=False)
    assert refused.returncode != 0
    write_app(project)
    project.set("billing", {})
    project.edit("catalog.yaml", ("amount: nothing", "amount: 6000"))
    built = app.deployment
    project.up()
    assert app.settle() != built
    assert "unchanged" in project.up()
    # With the app's code as before, a rollback is as free.
    write_app(project, ASKS)
    rotate(project, "--abort")
    assert [each["result"] for each in history(project)] == ["aborted", "done"]


def test_the_update_of_a_rotation_writes_nothing_else(project: Project, world: World) -> None:
    """Whoever sets the variable for an update of their own gets less, not more."""
    resources = project.state()["deployment"]["resources"]
    urns = [resource["urn"] for resource in resources]
    break_promises(project)
    project.set("webhook", {"events": ["user.created"]})
    named = [urn for urn in urns if "CLERK_SECRET_KEY" in urn or urn.endswith("written")]
    world.clear_journal()
    targets = ("billing-catalog", "webhook-endpoint", "NEXT_PUBLIC_CLERK_SIGN_IN_URL")
    for value in ("1", " ".join(named), " ".join(urns)):
        project.shell["CLERKSTACK_ROLL_OUT"] = value
        ran = project.pulumi(*UP, check=False)
        assert ran.returncode != 0
        assert "unset CLERKSTACK_ROLL_OUT" in ran.stdout + ran.stderr
    project.shell["CLERKSTACK_ROLL_OUT"] = named[0]
    for target in (*targets, "CLERK_WEBHOOK_SECRET"):
        ran = project.pulumi(*UP, "--target", f"**{target}", check=False)
        assert ran.returncode != 0 or "unchanged\n\n" in ran.stdout, target
        assert "updated" not in ran.stdout
    assert writes(world) == []
    del project.shell["CLERKSTACK_ROLL_OUT"]
    assert "trials would ask for a card" in project.pulumi(*UP, check=False).stdout


def test_nothing_is_minted_where_vercel_s_variable_is_given_to_others(
    project: Project, world: World, app: Deployed
) -> None:
    vercel = world.vercel.projects[seeded.VERCEL_PROJECT_ID]
    held = next(
        variable for variable in vercel.variables.values() if variable.key == "CLERK_SECRET_KEY"
    )
    held.target = ["production", "preview"]
    world.clear_journal()

    for words in ((), ("--overlap", "0", "--confirm", "prod")):
        ran = rotate(project, *words, ends=2)
        assert "preview" in ran.stderr
        assert "take-over" in ran.stderr
        assert "Nothing was sent" in ran.stderr
        assert "pulumi:pulumi:Stack" not in ran.stderr
    assert writes(world) == []
    assert status(project)["over"]

    held.target = ["production"]
    rotate(project)
    # There is no rollback either, and the rotation stays as it was.
    held.target = ["production", "preview"]
    secret = read_instance(world, "production").secret_key
    ran = rotate(project, "--abort", ends=2)
    assert "Nothing was sent" in ran.stderr
    assert status(project)["over"]
    assert status(project)["last"] is not None
    assert read_instance(world, "production").secret_key == secret
    assert json.dumps(project.state())
    assert app.deployment
