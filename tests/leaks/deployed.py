"""Both stacks with every kind of secret, as commands find them; stored as files."""

from __future__ import annotations

from local.project import Project, production_settings_on, settings_on
from local.world import World
from local.world import seed as seeded
from tests.engine.cutting_over import set_dns
from tests.engine.live import read_instance
from tests.engine.written_app import write_app
from tests.leaks.scene import OAUTH_SECRET


def with_every_secret(project: Project) -> None:
    """Deploy development and production with sign-in by OAuth, the app's code, and production's
    DNS."""
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
        project.set("signIn.oauth.google.clientId", "123-abc.apps.googleusercontent.com")
        project.up()
    write_app(project)
    world.dashboard("set_api_keys", environment="production", organizations=True, users=False)
    set_dns(world, ready=True)


HOLDER = "worker/production/WORKER_KEY"
"""A variable of another project that has production's secret key."""


def hold_the_secret_key(world: World) -> None:
    """Put production's secret key under another name into the stack's project, and into another
    project."""
    key = read_instance(world, "production").secret_key
    with world._turns.threads:
        worker = world.vercel.add_project("prj_worker", "worker")
        own = world.vercel.projects[seeded.VERCEL_PROJECT_ID]
        for project, name in ((own, "CLERK_API_KEY"), (worker, "WORKER_KEY")):
            body = {"key": name, "value": key, "type": "encrypted", "target": ["production"]}
            world.vercel.create_variable(project, body)
