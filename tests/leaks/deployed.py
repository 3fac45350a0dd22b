"""Both stacks with everything that holds a secret, as commands find them; kept as files."""

from __future__ import annotations

import json

from local.project import Project, production_settings_on, settings_on
from local.world import minted
from tests.engine.cutting_over import set_dns
from tests.engine.written_app import write_app
from tests.leaks.scene import OAUTH_SECRET

GIVEN_OUT = "given-out.json"
"""In the project's folder: the secrets that the world had given out by then."""


def with_every_secret(project: Project) -> None:
    """Development and production with a sign-in by OAuth, the app's code, production's DNS."""
    before = set(minted.given_out)
    world = project.world
    for stack, settings in (
        ("local", settings_on(world)),
        ("prod", production_settings_on(world)),
    ):
        project.init(stack, settings)
        project.pulumi(
            *("config", "set", "--stack", stack, "--secret", "--path"),
            *("clerkstack:signIn.oauth.google.clientSecret", OAUTH_SECRET),
        )
        project.set("signIn.oauth.google.enabled", True)
        project.set("signIn.oauth.google.clientId", "sendero.apps.example")
        project.up()
    write_app(project)
    world.dashboard("set_api_keys", environment="production", organizations=True, users=False)
    set_dns(world, ready=True)
    given_out = [each for each in minted.given_out if each not in before]
    (project.folder / GIVEN_OUT).write_text(json.dumps(given_out))
