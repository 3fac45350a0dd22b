"""The example app, deployed in a world, for smoke runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr

from clerkstack.settings.models import SmokeGate, SmokeSettings
from clerkstack.smoke.report import SmokeReport
from clerkstack.smoke.run import run_on
from clerkstack.smoke.target import Target
from local.parts import EXAMPLE
from local.world import World, seed
from local.world.clerk.models import Instance
from local.world.deployed import Deployed, NotInstalled, build
from local.world.svix.inputs import EndpointCreate, read
from tests.absent import absent

HOST = "preview.sendero.example"
OF_PRODUCTION = "sendero.example"
URL = f"https://{HOST}"
WEBHOOK = f"{URL}/api/webhooks/clerk"
PRO = {"name": "Pro", "payer_type": "org", "amount": 6000, "features": ["audit_log_export"]}
CONFIG = {
    "organization_settings": {"enabled": True},
    "billing": {
        "organization_enabled": True,
        "features": {"audit_log_export": {"name": "Audit"}, "sso_saml": {"name": "SAML"}},
        "plans": {"pro": PRO},
    },
}
# Features that everybody has from the start, so that one gate allows access and the other refuses
# it.
FREE = {"billing": {"plans": {"free_org": {"features": ["audit_log_export"]}}}}


@dataclass(frozen=True, repr=False)
class Deployment:
    """The world, the app in it, and the target of a smoke run."""

    world: World
    app: Deployed
    instance: Instance
    target: Target
    vercel_target: str = "preview"

    def smoke(self, *, wait_seconds: float = 5, **options: Any) -> SmokeReport:
        """Make a smoke run, without long waits."""
        return run_on(self.target, wait_seconds=wait_seconds, **options)

    def redeploy(self, **variables: str | None) -> None:
        """Change the project's values, and wait until the newest deployment has them."""
        project = self.world.vercel.projects[seed.VERCEL_PROJECT_ID]
        for key, value in variables.items():
            write_variable(self.world, key, value or "", self.vercel_target)
        self.world.vercel.add_deployment(project.id, self.vercel_target)
        self.app.settle()

    def left(self) -> list[str]:
        """Return what smoke runs left: users, organizations, valid keys."""
        people = self.instance.people
        users = [user["id"] for user in people.users.values()]
        keys = [api_key["id"] for api_key in people.api_keys.values() if not api_key["revoked"]]
        return [*users, *people.organizations, *keys]

    def going_to(self, url: str) -> Deployment:
        """Return the same deployment with another address of the app."""
        return replace(self, target=replace(self.target, url=url))


def need_app() -> None:
    """Skip if the app's packages are missing, but never in CI."""
    try:
        build()
    except NotInstalled:
        absent(EXAMPLE)


def write_variable(world: World, key: str, value: str, target: str = "preview") -> None:
    """Write one variable, as a person would."""
    project = world.vercel.projects[seed.VERCEL_PROJECT_ID]
    form = {"key": key, "value": value, "type": "sensitive", "target": [target]}
    world.vercel.create_variable(project, form, upsert=True)


@contextmanager
def deployment(*, production: bool = False, proxy: bool = False) -> Iterator[Deployment]:
    """Start an instance with plans, the webhook, the variables and the app."""
    need_app()
    target = "production" if production else "preview"
    with World(proxy=proxy) as world:
        instance = world.clerk.instance(seed.APPLICATION_ID, "development")
        if production:
            instance = world.clerk.create_instance(
                seed.APPLICATION_ID, domain="sendero.example", clone_of=instance.id
            )
        world.clerk.write_config(instance, CONFIG)
        world.clerk.write_config(instance, FREE)
        app_id = world.svix.create_app(instance.id)
        events = ["organization.created", "user.created"]
        form = {"url": WEBHOOK, "eventTypes": events}
        endpoint = world.svix.create_endpoint(world.svix.apps()[app_id], read(EndpointCreate, form))
        for key, value in {
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY": instance.publishable_key,
            "CLERK_SECRET_KEY": instance.secret,
            "CLERK_WEBHOOK_SECRET": endpoint.secret,
            "NEXT_PUBLIC_CLERK_SIGN_IN_URL": "/sign-in",
            "NEXT_PUBLIC_CLERK_SIGN_UP_URL": "/sign-up",
            "NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL": "/dashboard",
            "NEXT_PUBLIC_CLERK_AFTER_SIGN_UP_URL": "/onboarding",
            "NEXT_PUBLIC_APP_URL": URL,
        }.items():
            write_variable(world, key, value, target)
        world.vercel.add_deployment(seed.VERCEL_PROJECT_ID, target)
        app = world.deploy(target, HOST)
        app.settle()
        yield Deployment(
            world,
            app,
            instance,
            Target(
                url=app.address,
                publishable_key=instance.publishable_key,
                secret_key=SecretStr(instance.secret),
                backend=world.urls.clerk,
                frontend=world.urls.frontend,
                smoke=SmokeSettings(
                    gates=[
                        SmokeGate(path="/api/audit-log", feature="audit_log_export"),
                        SmokeGate(path="/api/priority-support", plan="pro"),
                    ]
                ),
            ),
            target,
        )


def app_in_production(world: World) -> Deployed:
    """Build and return the app as production's deployment of Sendero's project."""
    need_app()
    deployed = world.deploy("production", OF_PRODUCTION)
    world.vercel.add_deployment(seed.VERCEL_PROJECT_ID, "production")
    deployed.settle()
    return deployed
