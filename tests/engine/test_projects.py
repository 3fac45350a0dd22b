"""Several Vercel projects in one stack, by the real engine.

Each project has its own variables, and a stack that moves from one project to several keeps what is
there.
"""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from local.project import TOP, Project
from local.world import World
from local.world import seed as seeded
from tests.deployments import declared, development, protected_production
from tests.engine.live import read_instance, requests, writes
from tests.engine.test_killed import recover, up_killed_at
from tests.kept import starts_from
from tests.smoke.deployment import need_app

pytestmark = pytest.mark.engine

WEB, API, JOBS = (
    seeded.VERCEL_PROJECT_ID,
    seeded.VERCEL_API_PROJECT_ID,
    seeded.VERCEL_TEAM_PROJECT_ID,
)
TWO = {
    "web": {"projectId": WEB},
    "api": {
        "projectId": API,
        "appUrl": "https://api-preview.sendero.example",
        "names": ["express"],
    },
}
THREE = {
    **TWO,
    "jobs": {
        "projectId": JOBS,
        "teamId": seeded.VERCEL_TEAM_ID,
        "targets": ["development"],
        "names": ["express"],
    },
}


def variables(world: World, project: str) -> dict[str, Any]:
    """Return the variables of one project by target/KEY, as Vercel's API shows them."""
    team = {"teamId": seeded.VERCEL_TEAM_ID} if project == JOBS else {}
    answer = httpx.get(
        f"{world.urls.vercel}/v10/projects/{project}/env",
        params={"decrypt": "true", "limit": "100", **team},
        headers={"Authorization": f"Bearer {seeded.VERCEL_TOKEN}"},
    )
    answer.raise_for_status()
    envs = answer.json()["envs"]
    return {
        f"{target}/{variable['key']}": variable
        for variable in envs
        for target in variable["target"]
    }


def edit(world: World, project: str, name: str, value: str) -> None:
    """Change a variable's value, as a person would."""
    answer = httpx.patch(
        f"{world.urls.vercel}/v9/projects/{project}/env/{variables(world, project)[name]['id']}",
        json={"value": value},
        headers={"Authorization": f"Bearer {seeded.VERCEL_TOKEN}"},
    )
    answer.raise_for_status()


def ids(found: dict[str, Any]) -> dict[str, str]:
    return {name: each["id"] for name, each in found.items()}


def set_projects(project: Project, projects: dict[str, Any]) -> None:
    project.set("environment", {"names": ["guide"], "projects": projects})


@starts_from(declared)
def test_the_page_about_two_projects(project: Project, world: World) -> None:
    _, _, page = (TOP / "docs" / "several.md").read_text().partition("## Two Vercel projects")
    block = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert block is not None
    said = YAML(typ="safe").load(block[1])
    environment = said["clerkstack:environment"]
    del environment["teamId"]  # the local world's projects belong to no team
    environment["projects"]["web"]["projectId"] = WEB
    environment["projects"]["api"]["projectId"] = API
    for name in ("appUrl", "environment"):
        project.set(name, said[f"clerkstack:{name}"])

    project.up()

    web, api = variables(world, WEB), variables(world, API)
    assert web["preview/NEXT_PUBLIC_APP_URL"]["value"] == "https://sendero.example"
    assert api["preview/APP_URL"]["value"] == "https://api.sendero.example"
    assert "preview/NEXT_PUBLIC_CLERK_SIGN_IN_URL" in web
    assert "preview/NEXT_PUBLIC_CLERK_SIGN_IN_URL" not in api
    drift = project.clerkstack("drift")
    assert drift.returncode == 0, drift.stdout + drift.stderr


@starts_from(development)
def test_one_project_becomes_one_of_several_and_each_stays_its_own(
    project: Project, world: World
) -> None:
    before = variables(world, WEB)
    set_projects(project, dict(reversed(THREE.items())))

    preview = project.preview()
    assert not re.search(r"replace|delete", preview), preview
    world.clear_journal()
    printed = project.up()

    assert ids(variables(world, WEB)) == ids(before)
    assert not [line for line in writes(world, "clerk", "svix") if line]
    assert not [line for line in writes(world, "vercel") if f"/{WEB}/" in line], printed
    api, jobs = variables(world, API), variables(world, JOBS)
    assert api["preview/APP_URL"]["value"] == "https://api-preview.sendero.example"
    assert "preview/NEXT_PUBLIC_APP_URL" not in api
    assert {name.split("/")[0] for name in jobs} == {"development"}
    for other in (api, jobs):
        assert (
            other["development/CLERK_SECRET_KEY"]["value"]
            == (before["development/CLERK_SECRET_KEY"]["value"])
        )

    # No change remains, whatever their order.
    set_projects(project, THREE)
    world.clear_journal()
    assert "unchanged" in project.up()
    assert requests(world) == []

    # A setting of one project affects that project.
    web_before, jobs_before = ids(variables(world, WEB)), variables(world, JOBS)
    project.set("environment.projects.api.signInUrl", "/api/sign-in")
    world.clear_journal()
    project.up()
    assert {line.split()[2].split("/")[3] for line in writes(world) if "projects" in line} == {API}
    assert len([line for line in writes(world) if "deployments" in line]) == 1
    newest = max(world.vercel.deployments.values(), key=lambda deployment: deployment.created_at)
    assert newest.project_id == API
    assert variables(world, JOBS) == jobs_before

    # One is removed, one renamed: their variables go, and nothing else does.
    set_projects(project, {"site": THREE["web"], "jobs": THREE["jobs"]})
    world.clear_journal()
    project.up()
    assert variables(world, API) == {}
    assert ids(variables(world, WEB)) == web_before
    assert variables(world, JOBS) == jobs_before
    assert {line.split()[1] for line in writes(world)} == {"DELETE"}

    # Back to one project, under another name.
    project.set("environment", {"projectId": WEB, "names": ["guide"]})
    project.up()
    assert ids(variables(world, WEB)) == web_before
    assert variables(world, JOBS) == {}
    names = [
        resource["urn"].rsplit("::", 1)[-1]
        for resource in project.state()["deployment"]["resources"]
    ]
    assert "environment-preview-CLERK_SECRET_KEY" in names
    assert not [name for name in names if "-site-" in name]

    project.destroy()
    assert variables(world, WEB) == {}


@starts_from(development)
def test_going_over_killed_anywhere_loses_no_variable(project: Project, world: World) -> None:
    """The same with both names in the state."""
    before = ids(variables(world, WEB))
    set_projects(project, TWO)
    for number, moment in ((6, "after"), (9, "before")):
        assert up_killed_at(project, number, moment)  # type: ignore[arg-type]
        recover(project)
        assert ids(variables(world, WEB)) == before

    project.up()

    assert ids(variables(world, WEB)) == before
    assert variables(world, API).keys() >= {"preview/CLERK_SECRET_KEY", "preview/APP_URL"}
    world.clear_journal()
    assert "unchanged" in project.up()
    assert requests(world) == []


@starts_from(development)
def test_a_name_that_goes_to_another_project_is_refused_before_anything(
    project: Project, world: World
) -> None:
    set_projects(project, TWO)
    project.up()
    before = variables(world, WEB), variables(world, API)
    url = "https://api-preview.sendero.example"
    swapped = {"web": {"projectId": API, "appUrl": url}, "api": {"projectId": WEB}}
    set_projects(project, swapped)
    world.clear_journal()

    printed = project.up(check=False)

    assert "Nothing was sent. Give" in printed
    assert requests(world) == []
    assert (variables(world, WEB), variables(world, API)) == before


@starts_from(development)
def test_drift_adopt_and_a_lost_state_know_each_project(project: Project, world: World) -> None:
    set_projects(project, TWO)
    project.up()
    edit(world, API, "preview/CLERK_SIGN_IN_URL", "/elsewhere")
    told = project.clerkstack("drift")
    assert told.returncode == 1
    assert "api/preview/CLERK_SIGN_IN_URL" in told.stdout
    assert "web/" not in told.stdout
    edit(world, API, "preview/CLERK_SIGN_IN_URL", "/sign-in")
    assert project.clerkstack("drift").returncode == 0

    before = variables(world, WEB), variables(world, API)
    project.pulumi("stack", "rm", "--force", "--yes", "--preserve-config", "--stack", "local")
    project.make_stack("local")
    # The settings name only the API's project and URL: adopt finds out what it reads.
    api = {key: TWO["api"][key] for key in ("projectId", "appUrl")}
    project.set("environment", {"projects": {"web": TWO["web"], "api": api}})
    world.clear_journal()
    ran = project.clerkstack("adopt")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert 'environment.projects.api.names: ["express"]' in ran.stdout
    assert writes(world) == []
    assert (variables(world, WEB), variables(world, API)) == before
    project.preview("--expect-no-changes")
    project.destroy()
    assert (variables(world, WEB), variables(world, API)) == ({}, {})


@starts_from(protected_production)
def test_a_rotation_reaches_every_app_and_each_is_proved(project: Project, world: World) -> None:
    need_app()
    url = "https://api.sendero.example"
    projects = {"web": {"projectId": WEB}, "api": {"projectId": API, "appUrl": url}}
    set_projects(project, projects)
    project.up()
    apps = {
        WEB: world.deploy("production", "sendero.example"),
        API: world.deploy("production", "api.sendero.example", project_id=API),
    }
    for each, app in apps.items():
        world.vercel.add_deployment(each, "production")
        app.settle()
    world.clear_journal()

    ran = project.clerkstack("rotate", "--reason", "offboarding")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"that {url} and https://sendero.example use them" in ran.stderr
    sent = writes(world)
    assert len([each for each in sent if each.endswith("/rotate_secret_keys")]) == 1
    assert len([each for each in sent if "deployments" in each]) == 2
    key = read_instance(world, "production").secret_key
    for app in apps.values():
        with world._turns.threads:
            made = world.vercel.deployments[str(app.deployment)]
            assert world.vercel.vault.opened(made.environment)["CLERK_SECRET_KEY"] == key
    (entry,) = json.loads(project.clerkstack("rotate", "--history", "--json").stdout)["rotations"]
    assert {*entry["deployment"].split(", ")} == {str(app.deployment) for app in apps.values()}
    doctor = project.clerkstack("doctor")
    assert "api: deployment" in doctor.stdout
    world.clear_journal()
    assert "unchanged" in project.up()
    assert requests(world) == []
