"""The shipped stack files, `dev` and then `prod`, on one world; only base URLs differ."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from local import address
from local.project import TOP, Project
from local.world import World
from local.world import seed as seeded
from tests import sendero
from tests.engine.live import read_instance, requests, variables, writes
from tests.engine.test_deployment import assert_deployed

pytestmark = pytest.mark.engine


@pytest.fixture
def shipped(project: Project, world: World) -> Project:
    """The project with both shipped stack files, and each stack's secrets set as its file says."""
    for stack in ("dev", "prod"):
        name = f"Pulumi.{stack}.yaml"
        shutil.copy(TOP / name, project.folder / name)
        project.init(stack, {"urls": address.settings(world.urls)})
    return project


def filled_in(project: Project, stack: str) -> Project:
    """Replace what the file says must be replaced, and nothing else."""
    project.stack = stack
    project.edit(
        f"Pulumi.{stack}.yaml",
        ("app_REPLACE_ME", seeded.APPLICATION_ID),
        ("prj_REPLACE_ME", seeded.VERCEL_PROJECT_ID),
    )
    return project


def with_app(project: Project) -> Project:
    """Name the app's code, as the file of production shows."""
    lib = project.folder / "app" / "src" / "lib"
    lib.mkdir(parents=True)
    (lib / "plans.ts").write_text(sendero.APP_DECLARATION)
    project.edit(
        "Pulumi.prod.yaml",
        ("# clerkstack:app:", "clerkstack:app:"),
        ("#   path: ../app", "  path: app"),
        ("#   declaration: src", "  declaration: src"),
    )
    return project


def test_every_secret_the_files_name_is_one_that_the_program_takes() -> None:
    for stack in ("dev", "prod"):
        text = (TOP / f"Pulumi.{stack}.yaml").read_text()
        named = set(re.findall(r"--secret (\S+:\S+)", text))
        assert {"clerkstack:platformKey", "vercel:apiToken", "clerkstack:secretKey"} <= named
        assert re.findall(rf"--stack (?!{stack}\b)", text) == []


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_file_that_is_not_filled_in_is_refused(
    shipped: Project, world: World, stack: str
) -> None:
    shipped.stack = stack

    printed = shipped.preview(check=False)

    file = shipped.folder / f"Pulumi.{stack}.yaml"
    lines = file.read_text().splitlines()
    for word, path in (("applicationId", "applicationId"), ("projectId", "environment.projectId")):
        number = 1 + next(i for i, line in enumerate(lines) if f"{word}:" in line)
        assert f"Pulumi.{stack}.yaml:{number}: {path}:" in printed, printed
    assert requests(world) == []


def test_dev_and_then_prod_come_up_and_agree(shipped: Project, world: World) -> None:
    pack = ("--policy-pack", "policies/pack")
    filled_in(shipped, "dev").up(*pack)
    with_app(filled_in(shipped, "prod")).up(*pack)

    development, production = read_instance(world), read_instance(world, "production")
    found = variables(world)
    for live in (development, production):
        assert_deployed(live)
    assert development.config["billing"] == production.config["billing"]
    assert set(found) == {
        (key, target)
        for key in sendero.VARIABLES
        for target in ("preview", "development", "production")
    }
    for live, host, target in (
        (development, "https://preview.sendero.example", "preview"),
        (production, "https://sendero.example", "production"),
    ):
        assert live.endpoints[0].url == f"{host}/api/webhooks/clerk"
        assert found["NEXT_PUBLIC_APP_URL", target]["value"] == host
        key = found["NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", target]["value"]
        assert key == live.publishable_key
        assert found["CLERK_SECRET_KEY", target]["type"] == "sensitive"
    assert production.publishable_key.startswith("pk_live_")

    for stack in ("dev", "prod"):
        shipped.stack = stack
        world.clear_journal()
        assert "unchanged" in shipped.up(*pack)
        assert requests(world) == []


def test_destroying_one_stack_leaves_the_other_whole(shipped: Project, world: World) -> None:
    filled_in(shipped, "dev").up()
    filled_in(shipped, "prod").up()
    shipped.set("protect", False)
    shipped.up()

    shipped.destroy()

    assert_deployed(read_instance(world))
    assert {target for _, target in variables(world)} == {"preview", "development"}
    assert read_instance(world, "production").endpoints == []
    shipped.stack = "dev"
    world.clear_journal()
    shipped.up()
    assert writes(world) == []


def test_a_preview_of_production_by_itself_writes_nothing(shipped: Project, world: World) -> None:
    project = filled_in(shipped, "prod")
    pack = ("--policy-pack", "policies/pack")

    without = project.preview(*pack, check=False)
    with_app(project).preview(*pack)

    assert re.search(r"\[mandatory\]\s+app-code", without), without
    assert "warning: This stack does not name the app's code" in without
    assert writes(world) == []
    # What was read from the app's code is stored, and nothing else.
    assert {each.name for each in Path(shipped.folder / ".clerkstack").iterdir()} == {"app-facts"}


def test_the_apps_own_file_is_the_third_side_in_production(shipped: Project, world: World) -> None:
    project = filled_in(shipped, "prod")
    (project.folder / "app").mkdir()
    plans = project.folder / "app" / "plans.ts"
    plans.write_text(sendero.APP_DECLARATION)
    project.set("appDeclaration", "app/plans.ts")

    project.preview("--policy-pack", "policies/pack")

    plans.write_text(sendero.APP_DECLARATION.replace("slug: 'pro'", "slug: 'professional'"))
    for pack in ((), ("--policy-pack", "policies/pack")):
        refused = project.preview(*pack, check=False)

        assert "the app asks for the plan 'professional'" in refused
        assert writes(world) == []

    plans.write_text(sendero.APP_DECLARATION.replace("'sso_saml'", "'saml_sso'", 1))
    words = ("up", "--yes", "--stack", "prod", "--policy-pack", "policies/pack")
    ran = project.pulumi(*words, check=False)

    assert ran.returncode != 0
    assert "saml_sso" in ran.stdout
    assert re.search(r"\[mandatory\]\s+billing-slugs", ran.stdout), ran.stdout
    assert writes(world) == []
