"""`clerkstack drift` finds, names and counts every difference, and writes nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from local.project import TOP, Project
from local.world import World
from local.world import seed as seeded
from tests.deployments import development
from tests.engine.by_hand import by_hand, edit_endpoint, hurry, remove_variable, rename_role
from tests.engine.drifted import found
from tests.engine.live import read_instance, requests, variables
from tests.kept import starts_from

pytestmark = pytest.mark.engine


def edit_variable(world: World, variable_id: str, **fields: Any) -> None:
    answer = httpx.patch(
        f"{world.urls.vercel}/v9/projects/{seeded.VERCEL_PROJECT_ID}/env/{variable_id}",
        json=fields,
        headers={"Authorization": f"Bearer {seeded.VERCEL_TOKEN}"},
    )
    answer.raise_for_status()


def edit_everything(world: World) -> None:
    """Change one thing of every kind by hand."""
    by_hand(
        world,
        organization_settings={"force_organization_selection": True},
        billing={
            "free_trial_requires_payment_method": True,
            "features": {"white_label": {"name": "Own colours"}},
            "plans": {"pro": {"amount": 7000, "features": ["white_label"]}},
        },
    )
    world.dashboard("set_api_keys", environment="development", organizations=True, users=True)
    rename_role(world, "org:finance", "Money")
    edit_endpoint(world, url="https://elsewhere.example/hook", events=["user.created"])
    kept = variables(world)
    remove_variable(world, kept["NEXT_PUBLIC_APP_URL", "preview"]["id"])
    edit_variable(world, kept["CLERK_SECRET_KEY", "preview"]["id"], target=["production"])
    edit_variable(world, kept["CLERK_SECRET_KEY", "development"]["id"], value="sk_test_other")
    edit_variable(world, kept["NEXT_PUBLIC_CLERK_SIGN_IN_URL", "preview"]["id"], value="/login")


EXPECTED = {
    ("organizations", "force_organization_selection"): (False, True),
    ("role org:finance", "name"): ("Finance", "Money"),
    ("billing", "free_trial_requires_payment_method"): (False, True),
    ("plan pro", "amount"): (6000, 7000),
    ("API keys", "Enable User API keys"): (False, True),
    ("webhook endpoint", "url"): (
        "https://preview.sendero.example/api/webhooks/clerk",
        "https://elsewhere.example/hook",
    ),
    ("variable preview/NEXT_PUBLIC_APP_URL", ""): ("there", None),
    ("variable preview/CLERK_SECRET_KEY", "targets"): (["preview"], ["production"]),
    ("variable development/CLERK_SECRET_KEY", "value"): ("as declared", "another value"),
    ("variable preview/NEXT_PUBLIC_CLERK_SIGN_IN_URL", "value"): ("/sign-in", "/login"),
}
ALSO = {
    # Vercel says that it was updated, not what changed.
    ("variable preview/CLERK_SECRET_KEY", "value"),
    ("plan pro", "features"),
    ("feature white_label", "name"),
    ("webhook endpoint", "events"),
}


@starts_from(development)
def test_every_edit_is_found_and_an_up_takes_it_back(project: Project, world: World) -> None:
    assert found(project) == {}

    edit_everything(world)
    world.clear_journal()
    differences = found(project)
    read = requests(world)
    table = project.clerkstack("drift")

    assert {key: differences[key] for key in EXPECTED if key in differences} == EXPECTED
    assert differences.keys() == EXPECTED.keys() | ALSO
    assert [line for line in read if line.split()[1] not in ("GET", "POST")] == []
    # Svix's event types are read too, since the endpoint lacks an optional one.
    assert len(read) == 11
    assert table.returncode == 1
    assert "plan pro" in table.stdout
    assert f"{len(differences)} differences" in table.stdout
    live = read_instance(world)
    printed = table.stdout + table.stderr + json.dumps(list(differences.values()))
    for secret in (live.secret_key, *live.signing_secrets.values(), "sk_test_other"):
        assert secret not in printed

    # No API moves these switches back if the instance does not advertise them.
    world.dashboard("set_api_keys", environment="development", organizations=True, users=False)

    # Somebody extended one of the stack's variables to production: it is not removed there.
    given = variables(world)["CLERK_SECRET_KEY", "production"]
    refused = project.up("--refresh", check=False)
    taken = project.clerkstack("take-over")
    project.up("--refresh")

    assert "take-over --stack local" in refused
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert variables(world)["CLERK_SECRET_KEY", "production"] == given
    assert found(project) == {}


@starts_from(development)
def test_what_others_made_is_no_difference(project: Project, world: World) -> None:
    plan = {"name": "By hand", "amount": 100, "payer_type": "org", "features": ["hand"]}
    billing = {"features": {"hand": {"name": "Hand"}}, "plans": {"hand": plan}}
    by_hand(world, billing=billing, session_settings={"multi_session_enabled": True})

    assert project.clerkstack("drift").returncode == 0


def test_before_anything_is_deployed_everything_is_missing(project: Project) -> None:
    differences = found(project)

    assert differences["plan pro", ""][1] is None
    assert differences["webhook endpoint", ""][1] is None
    assert differences["variable preview/CLERK_SECRET_KEY", ""] == ("there", None)


@starts_from(development)
def test_what_left_the_declaration_and_is_still_live_is_a_difference(
    project: Project, world: World
) -> None:
    text = (project.folder / "catalog.yaml").read_text()
    (project.folder / "catalog.yaml").write_text(text[: text.index("  enterprise:")])
    project.set("organizations.roles", {})

    differences = found(project)

    assert differences["plan enterprise", ""] == (None, "there")
    assert differences["role org:finance", ""] == (None, "there")


@starts_from(development)
def test_bad_input_and_a_failing_service_have_their_own_codes(
    project: Project, world: World
) -> None:
    hurry(project)
    world.fault(kind="status", status=503, service="clerk", method="GET", times=99)
    failing = project.clerkstack("drift")
    project.edit("catalog.yaml", ("amount: 6000", "amount: sixty"))
    bad = project.clerkstack("drift")

    assert (failing.returncode, bad.returncode) == (3, 2), failing.stderr + bad.stderr
    assert "503" in failing.stderr
    assert "catalog.yaml" in bad.stderr


def hidden_value(world: World, key: str) -> str:
    """Return the digest of a sensitive value: no API returns the value."""
    (held,) = (
        variable
        for variable in world.vercel.projects[seeded.VERCEL_PROJECT_ID].variables.values()
        if variable.key == key and variable.target == ["preview"]
    )
    return str(held.value_digest)


@starts_from(development)
def test_a_sensitive_value_that_somebody_edited_is_found_and_written_again(
    project: Project, world: World
) -> None:
    before = hidden_value(world, "CLERK_SECRET_KEY")
    deployments = len(world.vercel.deployments)
    edited = variables(world)["CLERK_SECRET_KEY", "preview"]["id"]
    edit_variable(world, edited, value="sk_test_other")

    differences = found(project)
    shown = project.preview("--refresh")
    changed = hidden_value(world, "CLERK_SECRET_KEY")
    project.up("--refresh")

    assert differences == {
        ("variable preview/CLERK_SECRET_KEY", "value"): (
            "as declared",
            "edited since the last update",
        )
    }
    assert "edited by hand" in shown
    assert "as written" in shown
    assert changed != before
    assert hidden_value(world, "CLERK_SECRET_KEY") == before
    assert len(world.vercel.deployments) == deployments + 1
    assert found(project) == {}
    world.clear_journal()
    project.up()
    assert requests(world) == []


@starts_from(development)
def test_the_scheduled_workflow_says_what_drift_says(
    project: Project, world: World, tmp_path: Path
) -> None:
    workflow = YAML(typ="safe").load((TOP / ".github/workflows/drift.yml").read_text())
    (step,) = (s for s in workflow["jobs"]["drift"]["steps"] if s.get("name") == "Drift")
    summary = tmp_path / "summary"

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=project.folder,
            env={**project.environment, "STACK": "local", "GITHUB_STEP_SUMMARY": str(summary)},
            capture_output=True,
            text=True,
            check=False,
        )

    quiet = run()
    by_hand(world, billing={"plans": {"pro": {"amount": 7000}}})
    edited = run()

    assert quiet.returncode == 0, quiet.stderr
    assert edited.returncode == 1
    assert "plan pro" in summary.read_text()


@starts_from(development)
def test_a_variable_that_vercel_took_and_did_not_keep_is_an_error(
    project: Project, world: World
) -> None:
    project.set("environment.signInUrl", "/login")
    world.fault(kind="not_persisted", service="vercel", method="PATCH", path="/env/")

    printed = project.up(check=False)

    assert "does not show them" in printed
    assert "NEXT_PUBLIC_CLERK_SIGN_IN_URL" in printed
