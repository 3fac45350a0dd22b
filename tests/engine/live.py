"""Reads an instance and a project of the world like any client."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.billing_answers import BackendPlan
from clerkstack.clients.errors import ApiError
from clerkstack.clients.frontend import Environment, FrontendClient
from clerkstack.clients.platform import PlatformClient
from clerkstack.clients.role_answers import Role
from clerkstack.clients.svix import Endpoint, SvixClient
from local.world import World
from local.world import seed as seeded
from local.world.store import Urls as Addresses


@dataclass(frozen=True)
class Live:
    """One instance, read through Clerk's APIs."""

    config: dict[str, Any]
    plans: dict[str, BackendPlan]
    roles: dict[str, Role]
    environment: Environment
    endpoints: list[Endpoint]
    signing_secrets: dict[str, str]
    publishable_key: str
    secret_key: str


def read_instance(world: World, environment: str = "development") -> Live:
    """Read everything of the world's instance of that environment."""
    return read_world_instance(world.urls, environment)


def read_world_instance(urls: Addresses, environment: str = "development") -> Live:
    """The same for a world in another process."""
    with PlatformClient(key=SecretStr(seeded.PLATFORM_KEY), base_url=urls.clerk) as platform:
        application = platform.get_application(seeded.APPLICATION_ID, include_secret_keys=True)
        config = platform.get_config(seeded.APPLICATION_ID, environment)
    instance = next(i for i in application.instances if i.environment_type == environment)
    assert instance.secret_key is not None
    assert instance.publishable_key is not None
    with BackendClient(key=instance.secret_key, base_url=urls.clerk) as backend:
        plans = {plan.slug: plan for plan in backend.list_plans()}
        roles = {role.key: role for role in backend.list_roles()}
        endpoints: list[Endpoint] = []
        signing: dict[str, str] = {}
        # GenerateSvixAuthURL answers 400 if the instance has no Svix app.
        with (
            suppress(ApiError),
            SvixClient.from_link(backend.svix_url(), base_url=urls.svix) as svix,
        ):
            endpoints = svix.list_endpoints()
            signing = {e.id: svix.signing_secret(e.id).get_secret_value() for e in endpoints}
    with FrontendClient(
        publishable_key=instance.publishable_key, base_url=urls.frontend
    ) as frontend:
        public = frontend.environment()
    return Live(
        config=dict(config.sections),
        plans=plans,
        roles=roles,
        environment=public,
        endpoints=endpoints,
        signing_secrets=signing,
        publishable_key=instance.publishable_key,
        secret_key=instance.secret_key.get_secret_value(),
    )


def variables(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the project's variables by key and target, as Vercel's API shows them."""
    return read_variables(world.urls)


def read_variables(urls: Addresses) -> dict[tuple[str, str], dict[str, Any]]:
    """The same for a world in another process."""
    answer = httpx.get(
        f"{urls.vercel}/v10/projects/{seeded.VERCEL_PROJECT_ID}/env",
        params={"decrypt": "true", "limit": "100"},
        headers={"Authorization": f"Bearer {seeded.VERCEL_TOKEN}"},
    )
    answer.raise_for_status()
    return {
        (variable["key"], target): variable
        for variable in answer.json()["envs"]
        for target in variable["target"]
    }


# The link to Svix and its token are requested with POST, and change nothing.
OPENINGS = ("/v1/webhooks/svix_url", "/api/v1/auth/one-time-token")


def writes(world: World, *services: str) -> list[str]:
    """Return the writes in the journal, as "service METHOD path"."""
    return [
        line
        for line in requests(world, *services)
        if line.split()[1] not in ("GET", "HEAD") and not line.endswith(OPENINGS)
    ]


def requests(world: World, *services: str) -> list[str]:
    """Return all requests in the journal, as "service METHOD path"."""
    return [
        f"{entry.service} {entry.method} {entry.path}"
        for entry in world.journal()
        if not services or entry.service in services
    ]
