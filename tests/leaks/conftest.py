"""One deployment for all commands: two stacks, the app, a pull request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.github import Github
from local.project import SECRETS, Project, copy_project, production_settings_on, settings_on
from local.world import World
from tests.engine.cutting_over import HOST, set_dns
from tests.engine.written_app import write_app
from tests.leaks.scene import OAUTH_SECRET, Scene
from tests.smoke.deployment import need_app

WITH_OAUTH = {**SECRETS, "clerkstack:signIn.oauth.google.clientSecret": OAUTH_SECRET}
GOOGLE = {"enabled": True, "clientId": "sendero.apps.example"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Development and production are deployed, the app runs, nothing was found."""
    need_app()
    folder = tmp_path_factory.mktemp("scene")
    with World() as world, Github() as github:
        app = world.deploy("production", HOST)
        project = Project(copy_project(folder / "project"), world)
        for stack, settings in (
            ("local", settings_on(world)),
            ("prod", {**production_settings_on(world)}),
        ):
            project.init(stack, settings)
            project.pulumi(
                *("config", "set", "--stack", stack, "--secret", "--path"),
                *("clerkstack:signIn.oauth.google.clientSecret", OAUTH_SECRET),
            )
            project.set("signIn.oauth.google.enabled", True)
            project.set("signIn.oauth.google.clientId", GOOGLE["clientId"])
            project.up()
        write_app(project)
        world.dashboard("set_api_keys", environment="production", organizations=True, users=False)
        set_dns(world, ready=True)
        app.settle()
        yield Scene(project, world, github, folder / "temporary")
