"""Variables that a project has already, that others share, and a project that moves to a team."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.settings.names import VARIABLE_COMMENT
from local.project import Project
from local.world import World
from local.world import seed as seeded
from tests.deployments import development, protected_production
from tests.engine.by_hand import hurry
from tests.engine.live import read_instance, requests, writes
from tests.kept import starts_from

pytestmark = pytest.mark.engine

TEAM = "team_acme"
KEY = "CLERK_SECRET_KEY"


def make(world: World, key: str, value: str, *targets: str, **more: Any) -> str:
    """Make a variable as somebody else would; return its id."""
    integration = more.pop("integration", None)
    body = {"key": key, "value": value, "type": "encrypted", "target": list(targets), **more}
    held = world.vercel.create_variable(world.vercel.projects[seeded.VERCEL_PROJECT_ID], body)
    held.configuration_id = integration
    return held.id


def there(world: World) -> dict[tuple[str, ...], str | None]:
    """Every variable's value, None for a sensitive one, by key and places."""
    project = world.vercel.projects[seeded.VERCEL_PROJECT_ID]
    return {
        (
            variable.key,
            *variable.target,
            *variable.custom_environment_ids,
            *([variable.git_branch] if variable.git_branch else []),
        ): variable.value
        for variable in project.variables.values()
    }


def ids(world: World) -> set[str]:
    return set(world.vercel.projects[seeded.VERCEL_PROJECT_ID].variables)


def move(world: World, team: str | None) -> None:
    """Move the project to a team that the token may see, or out of it."""
    if team is not None and team not in world.vercel.teams:
        world.vercel.add_team(team, "acme")
        world.vercel.add_token(seeded.VERCEL_TOKEN, teams=[*world.vercel.teams])
    world.vercel.projects[seeded.VERCEL_PROJECT_ID].team_id = team


def assert_quiet(project: Project, world: World) -> None:
    world.clear_journal()
    printed = project.up()
    assert "unchanged" in printed, printed
    # Vercel's plugin asks a team for its policy of sensitive variables, whatever is declared.
    assert {*requests(world)} <= {f"vercel GET /v2/teams/{TEAM}"}


def test_what_is_there_already_is_reported_before_anything_is_written_and_taken_over_where_allowed(
    project: Project, world: World
) -> None:
    make(world, KEY, "sk_test_other", "preview", type="sensitive")
    shared = make(world, "CLERK_WEBHOOK_SECRET", "whsec_old", "production", "preview")
    make(world, "NEXT_PUBLIC_APP_URL", "http://x", "development", integration="icfg_clerk")
    make(world, KEY, "of a branch", "preview", gitBranch="next")
    before = there(world)

    for printed in (project.preview(check=False), project.up(check=False)):
        assert "preview/CLERK_SECRET_KEY: sensitive" in printed
        assert "preview/CLERK_WEBHOOK_SECRET: encrypted, also for production" in printed
        assert (
            "development/NEXT_PUBLIC_APP_URL: encrypted, of the integration icfg_clerk" in printed
        )
        assert "of a branch" not in printed
        assert "bin/clerkstack take-over --stack local" in printed
        assert "environment.overwrite[2]" in printed
        assert "Traceback" not in printed
    assert writes(world) == []
    assert there(world) == before

    refused = project.clerkstack("take-over")
    assert refused.returncode == 1, refused.stderr
    assert there(world) == before

    names = [
        "preview/CLERK_SECRET_KEY",
        "preview/CLERK_WEBHOOK_SECRET",
        "development/NEXT_PUBLIC_APP_URL",
    ]
    project.set("environment.overwrite", names)
    assert "allows replacing them" in project.preview(check=False)
    done = project.clerkstack("take-over")
    assert done.returncode == 0, done.stdout + done.stderr
    assert there(world)["CLERK_WEBHOOK_SECRET", "production"] == "whsec_old"
    assert shared in ids(world)

    project.up()

    assert there(world)["CLERK_WEBHOOK_SECRET", "production"] == "whsec_old"
    assert there(world)["NEXT_PUBLIC_APP_URL", "development"] == "http://localhost:3000"
    assert there(world)[KEY, "preview", "next"] == "of a branch"
    assert_quiet(project, world)


@starts_from(development)
def test_an_update_that_would_take_a_variable_from_another_target_is_refused_until_it_is_split(
    project: Project, world: World
) -> None:
    """As docs/trouble.md once advised: production's value was gone after the import and `up`."""
    held = world.vercel.projects[seeded.VERCEL_PROJECT_ID]
    for variable in list(held.variables.values()):
        if variable.key == "CLERK_WEBHOOK_SECRET":
            del held.variables[variable.id]
    for target in ("preview", "development"):
        urn = next(
            resource["urn"]
            for resource in project.state()["deployment"]["resources"]
            if resource["urn"].endswith(f"::environment-{target}-CLERK_WEBHOOK_SECRET")
        )
        project.pulumi("state", "delete", urn, "--target-dependents", "--yes", "--stack", "local")
    shared = make(
        world,
        *("CLERK_WEBHOOK_SECRET", "whsec_hand", "production", "preview", "development"),
        customEnvironmentIds=["env_staging"],
    )
    parent = "urn:pulumi:local::clerkstack::clerkstack:components:Environment::environment"
    project.pulumi(
        *("import", "--stack", "local", "--protect=false", "--generate-code=false", "--yes"),
        *("--parent", f"environment={parent}"),
        "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable",
        *("environment-preview-CLERK_WEBHOOK_SECRET", f"{seeded.VERCEL_PROJECT_ID}/{shared}"),
    )
    world.clear_journal()

    for printed in (project.preview(check=False), project.up(check=False)):
        assert "would remove them" in printed
        assert "bin/clerkstack take-over --stack local" in printed
    assert writes(world) == []

    project.set("environment.overwrite", ["development/CLERK_WEBHOOK_SECRET"])
    done = project.clerkstack("take-over")

    assert done.returncode == 0, done.stdout + done.stderr
    assert there(world)["CLERK_WEBHOOK_SECRET", "production"] == "whsec_hand"
    assert there(world)["CLERK_WEBHOOK_SECRET", "env_staging"] == "whsec_hand"
    assert there(world)["CLERK_WEBHOOK_SECRET", "development"] == "whsec_hand"
    project.up()
    signing = next(iter(read_instance(world).signing_secrets.values()))
    assert there(world)["CLERK_WEBHOOK_SECRET", "production"] == "whsec_hand"
    assert there(world)["CLERK_WEBHOOK_SECRET", "env_staging"] == "whsec_hand"
    assert there(world)["CLERK_WEBHOOK_SECRET", "development"] == signing
    assert_quiet(project, world)


@starts_from(protected_production)
def test_a_project_that_moves_keeps_its_variables_in_production_and_both_ways(
    project: Project, world: World
) -> None:
    before = ids(world)
    for team in (TEAM, None):
        move(world, team)
        if team is None:
            project.pulumi(
                *("config", "rm", "--stack", "prod"),
                *("--path", "clerkstack:environment.teamId"),
            )
        else:
            project.set("environment.teamId", team)
        world.clear_journal()

        assert "replace" not in project.preview()
        printed = project.up()

        assert "replace" not in printed
        assert writes(world) == []
        assert ids(world) == before
        assert_quiet(project, world)
        assert "unchanged" in project.up("--refresh")
    project.set("environment.signInUrl", "/in")
    project.up()
    assert ids(world) == before


@starts_from(development)
def test_a_wrong_team_costs_nothing_and_what_moved_is_recovered(
    project: Project, world: World
) -> None:
    hurry(project)
    before = ids(world)
    project.set("environment.teamId", "team_mistyped")
    printed = project.up(check=False)
    assert "clerkstack:environment.projectId and teamId" in printed or "has no access" in printed
    move(world, TEAM)
    project.set("environment.teamId", TEAM)
    # The engine asks the old team, before it knows of the new one.
    project.up("--refresh", check=False)
    recovered = project.clerkstack("recover")
    assert recovered.returncode == 0, recovered.stdout + recovered.stderr
    project.up()

    assert ids(world) == before
    comments = {
        v.comment for v in world.vercel.projects[seeded.VERCEL_PROJECT_ID].variables.values()
    }
    assert comments == {VARIABLE_COMMENT}
    assert_quiet(project, world)


@starts_from(development)
def test_what_somebody_gave_to_production_too_is_not_taken_from_it(
    project: Project, world: World
) -> None:
    """Without a refresh the state knows nothing of it; whatever the stack does, it checks."""
    held = next(
        variable
        for variable in world.vercel.projects[seeded.VERCEL_PROJECT_ID].variables.values()
        if variable.key == "NEXT_PUBLIC_APP_URL" and variable.target == ["preview"]
    )
    held.target = ["preview", "production"]
    value = held.value
    project.set("appUrl", "https://other.sendero.example")
    for printed in (
        project.preview(check=False),
        project.up(check=False),
        project.up("--refresh", check=False),
    ):
        assert "preview/NEXT_PUBLIC_APP_URL: encrypted, also for production" in printed
        assert "Traceback" not in printed, printed
        assert "bin/clerkstack take-over --stack local" in printed
    project.set("components", {"environment": False})
    for words in (("up", "--yes", "--skip-preview"), ("destroy", "--yes", "--skip-preview")):
        ran = project.pulumi(*words, "--stack", "local", check=False)
        assert ran.returncode != 0
        assert "bin/clerkstack take-over" in ran.stdout + ran.stderr
    assert there(world)["NEXT_PUBLIC_APP_URL", "preview", "production"] == value

    done = project.clerkstack("take-over")
    assert done.returncode == 0, done.stdout + done.stderr
    project.set("components", {"environment": True})
    project.up()

    assert there(world)["NEXT_PUBLIC_APP_URL", "production"] == value
    assert there(world)["NEXT_PUBLIC_APP_URL", "preview"] == "https://other.sendero.example"
    assert_quiet(project, world)
    project.destroy()
    assert there(world) == {("NEXT_PUBLIC_APP_URL", "production"): value}


def test_of_several_projects_each_is_looked_at_and_moves_by_itself(
    project: Project, world: World
) -> None:
    api = world.vercel.projects[seeded.VERCEL_API_PROJECT_ID]
    body = {"key": KEY, "value": "sk_test_other", "type": "encrypted"}
    held = world.vercel.create_variable(api, {**body, "target": ["production", "preview"]})
    named = {
        "web": {"projectId": seeded.VERCEL_PROJECT_ID},
        "api": {"projectId": api.id, "appUrl": "https://api.sendero.example"},
    }
    project.set("environment", {"projects": named})
    printed = project.up(check=False)
    assert f"{api.id} already has variables" in printed
    assert "clerkstack:environment.projects.api.overwrite[0]' preview/CLERK_SECRET_KEY" in printed
    assert writes(world) == []

    project.set("environment.projects.api.overwrite", ["preview/CLERK_SECRET_KEY"])
    done = project.clerkstack("take-over")
    assert done.returncode == 0, done.stdout + done.stderr
    project.up()
    assert api.variables[held.id].target == ["production"]
    assert api.variables[held.id].value == "sk_test_other"
    assert_quiet(project, world)

    before = {name: set(world.vercel.projects[name].variables) for name in world.vercel.projects}
    world.vercel.add_team(TEAM, "acme")
    world.vercel.add_token(seeded.VERCEL_TOKEN, teams=[*world.vercel.teams])
    api.team_id = TEAM
    project.set("environment.projects.api.teamId", TEAM)
    world.clear_journal()
    assert "replace" not in project.up()
    assert [line for line in writes(world) if "/env" in line] == []
    after = {name: set(world.vercel.projects[name].variables) for name in world.vercel.projects}
    assert after == before
    assert_quiet(project, world)


@starts_from(development)
@pytest.mark.parametrize("steps", ["1", "2"])
def test_no_update_waits_for_itself_where_few_steps_run_at_once(
    project: Project, world: World, steps: str
) -> None:
    """The engine runs four steps at once for each core; the program gets as many threads, and each
    step of a variable waits until the program has looked at Vercel."""
    held = world.vercel.projects[seeded.VERCEL_PROJECT_ID]
    edited = [variable for variable in held.variables.values() if variable.type != "sensitive"]
    before = there(world)
    for variable in edited:
        world.vercel.update_variable(held, variable.id, {"value": "edited"})

    printed = project.up("--refresh", "--parallel", steps)

    assert f"~ {len(edited)} updated" in printed
    assert len(edited) > 4
    assert there(world) == before
