"""The workflows: each command of theirs is run, as a runner runs it, on the real engine."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from ruamel.yaml import YAML

from local.github import Github
from local.project import TOP, Project, production_settings_on, settings_on, write_source
from local.world import World
from local.world import seed as seeded
from tests import sendero
from tests.engine.by_hand import by_hand
from tests.engine.live import read_instance, writes
from tests.engine.reviewed import ended, event, variables_of
from tests.kept import starts_from
from tests.smoke.deployment import need_app

pytestmark = pytest.mark.engine

FILES = sorted((TOP / ".github" / "workflows").glob("*.yml"))
# They make the virtual environment and bring the engine: tests/unit/engine_setup.
ELSEWHERE = {"engine": {"Pulumi"}, "packages": {"Packages"}}


def workflow(name: str) -> dict[str, Any]:
    """A workflow by the name of its file."""
    read: dict[str, Any] = YAML(typ="safe").load((TOP / ".github/workflows" / name).read_text())
    return read


def steps(name: str, job: str) -> dict[str, str]:
    """The commands of a job, by the names of its steps."""
    return {
        step["name"]: step["run"] for step in workflow(name)["jobs"][job]["steps"] if "run" in step
    }


def dev_and_prod(project: Project) -> None:
    """The stacks that the workflows name, nothing deployed yet."""
    (project.folder / "plans.ts").write_text(sendero.APP_DECLARATION)
    app, world = {"appDeclaration": "plans.ts"}, project.world
    project.init("prod", {**production_settings_on(world), **app, "protect": True})
    project.init("dev", {**settings_on(world), **app})


def prod_deployed(project: Project) -> None:
    """The same, production deployed."""
    dev_and_prod(project)
    project.stack = "prod"
    project.up()


# What rotate.yml puts into the environment of its commands.
SCHEDULED = {
    "SECRET": "all",
    "REASON": "scheduled rotation",
    "OVERLAP": "24h",
    "OLDER_THAN": "80d",
    "HOLDERS": "",
}
BY_HAND = {**SCHEDULED, "REASON": "somebody left", "OLDER_THAN": ""}


def run(
    project: Project,
    github: Github,
    command: str,
    stack: str = "dev",
    variables: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[str]:
    """Run a step's command as a runner does if the shell is bash."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
        cwd=project.folder,
        env={
            **project.environment,
            **event(project.folder, github),
            "STACK": stack,
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def reviewed(
    project: Project, github: Github, workflow: str = "pull-request"
) -> subprocess.CompletedProcess[str]:
    """Run a workflow's review, pass on what it left, and comment, as two workflows do; return the
    review's result."""
    ran = run(project, github, steps(f"{workflow}.yml", "review")["Review"])
    github.leave((project.folder / "review.json").read_bytes())
    told = ended(github, workflow=workflow)
    variables = variables_of(project.folder, github, told)
    commented = run(project, github, steps("comment.yml", "comment")["Comment"], "", variables)
    assert commented.returncode == 0, commented.stderr
    return ran


RUN: dict[tuple[str, str], set[str]] = {
    ("pull-request.yml", "catalog"): {"Catalog"},
    ("pull-request.yml", "review"): {"Review"},
    ("preview-production.yml", "review"): {"Review"},
    ("comment.yml", "comment"): {"Comment"},
    ("deploy.yml", "preview"): {"Preview"},
    ("deploy.yml", "dev"): {"Update", "Drift", "App, catalog, instance"},
    ("deploy.yml", "prod"): {"Update", "Drift", "App, catalog, instance"},
    ("drift.yml", "drift"): {"Drift", "Doctor"},
    ("rotate.yml", "rotate"): {"Rotate", "Status"},
}


def test_every_command_of_every_workflow_is_run_here() -> None:
    found = {
        (file.name, job): set(steps(file.name, job))
        for file in FILES
        for job in workflow(file.name)["jobs"]
    }
    actions = {
        file.parent.name: YAML(typ="safe").load(file.read_text())["runs"]["steps"]
        for file in (TOP / ".github/actions").glob("*/action.yml")
    }

    assert found == RUN
    assert {
        name: {step["name"] for step in steps if "run" in step} for name, steps in actions.items()
    } == ELSEWHERE


@starts_from(dev_and_prod)
def test_from_pull_request_to_production(project: Project, world: World, github: Github) -> None:
    catalog = run(project, github, steps("pull-request.yml", "catalog")["Catalog"])
    before = reviewed(project, github)
    assert catalog.returncode == 0, catalog.stderr
    assert "4 plans, 13 features" in (project.folder / "summary.md").read_text()
    assert before.returncode == 0, before.stderr
    (comment,) = github.comments()
    assert "`dev`" in comment.body
    # Whoever may push a branch is not to see production's keys.
    assert "`prod`" not in comment.body
    production = reviewed(project, github, "preview-production")
    assert production.returncode == 0, production.stderr
    assert "`prod`" in github.comments()[1].body

    for stack in ("dev", "preview", "prod"):
        for name, command in steps("deploy.yml", stack).items():
            ran = run(project, github, command, "prod" if stack == "preview" else stack)
            assert ran.returncode == 0, f"{stack} {name}\n{ran.stdout}\n{ran.stderr}"
    after = reviewed(project, github)
    assert after.returncode == 0, after.stderr
    assert "| `dev` | none | none |" in github.comments()[0].body
    assert len(github.comments()) == 2

    drift = steps("drift.yml", "drift")["Drift"]
    quiet = run(project, github, drift)
    by_hand(world, billing={"plans": {"pro": {"amount": 7000}}})
    edited = run(project, github, drift)
    piped = run(project, github, steps("deploy.yml", "dev")["Drift"])
    assert (quiet.returncode, edited.returncode, piped.returncode) == (0, 1, 1)
    assert "plan pro" in (project.folder / "summary.md").read_text()
    # No app answers there.
    doctor = run(project, github, steps("drift.yml", "drift")["Doctor"])
    assert doctor.returncode == 3, doctor.stdout + doctor.stderr
    assert "passed       webhook" in (project.folder / "summary.md").read_text()


OFFENCE = """
from clerkstack.providers.webhook import WebhookEndpoint
WebhookEndpoint(
    "in-the-clear", application_id="app_1", environment="production",
    url="http://sendero.example/hook", events=["user.created"], description="",
)
"""


@starts_from(dev_and_prod)
def test_what_a_policy_refuses_is_not_deployed(
    project: Project, world: World, github: Github
) -> None:
    # Only the pack refuses it.
    program = project.folder / "__main__.py"
    write_source(program, program.read_text() + OFFENCE)

    told = reviewed(project, github)
    previewed = run(project, github, steps("deploy.yml", "preview")["Preview"], "prod")
    deployed = run(project, github, steps("deploy.yml", "prod")["Update"], "prod")

    assert (told.returncode, previewed.returncode) == (1, 1)
    assert "webhook-https" in github.comments()[0].body
    assert deployed.returncode != 0
    assert writes(world) == []


@starts_from(prod_deployed)
def test_secrets_that_grow_old_are_rotated(project: Project, world: World, github: Github) -> None:
    need_app()
    commands = steps("rotate.yml", "rotate")
    app = world.deploy("production", "sendero.example")
    world.vercel.add_deployment(seeded.VERCEL_PROJECT_ID, "production")
    app.settle()
    minted = [each for each in writes(world) if "rotate" in each]

    # The schedule: nothing is old.
    quiet = run(project, github, commands["Rotate"], "prod", SCHEDULED)
    assert quiet.returncode == 0, quiet.stderr
    assert "no secret is that old" in quiet.stderr
    assert [each for each in writes(world) if "rotate" in each] == minted

    # Somebody left, and another project has the key: the summary says what to do, and a run by hand
    # names that project.
    key = read_instance(world, "production").secret_key
    with world._turns.threads:
        project_of_others = world.vercel.add_project("prj_other", "other")
        body = {"key": "CLERK_SECRET_KEY", "type": "encrypted", "target": ["production"]}
        theirs = world.vercel.create_variable(project_of_others, {**body, "value": key})
    name = "other/production/CLERK_SECRET_KEY"
    refused = run(project, github, commands["Rotate"], "prod", BY_HAND)
    assert refused.returncode == 2
    assert f"--holder-done {name}" in refused.stderr
    stands = run(project, github, commands["Status"], "prod", BY_HAND)
    assert stands.returncode == 0
    assert f"--holder-done {name}" in (project.folder / "summary.md").read_text()
    assert [each for each in writes(world) if "rotate" in each] == minted
    named = {**BY_HAND, "HOLDERS": f"{name} gone/production/CLERK_SECRET_KEY"}

    # Svix fails, and the next scheduled run continues with it.
    world.fault(service="svix", method="POST", path="secret/rotate$", kind="status", status=400)
    failed = run(project, github, commands["Rotate"], "prod", named)
    stands = run(project, github, commands["Status"], "prod", BY_HAND)
    assert (failed.returncode, stands.returncode) == (3, 1)
    assert "not finished" in stands.stdout
    resumed = run(project, github, commands["Rotate"], "prod", SCHEDULED)
    stands = run(project, github, commands["Status"], "prod", SCHEDULED)
    assert (resumed.returncode, stands.returncode) == (0, 1), resumed.stderr + stands.stdout
    assert "1 other holder must receive the new secrets" in stands.stdout
    assert theirs.value == key
    project.clerkstack("rotate", "--status", "--holder-done", name)
    stands = run(project, github, commands["Status"], "prod", SCHEDULED)
    assert stands.returncode == 0
    assert "somebody left" in (project.folder / "summary.md").read_text()
    mints = [each for each in writes(world) if each.endswith("/rotate_secret_keys")]
    assert len(mints) == 1
