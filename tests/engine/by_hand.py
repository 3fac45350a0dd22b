"""Changes that a person makes on a deployed stack: in a dashboard, or in the stack's files."""

from __future__ import annotations

from typing import Any

import httpx
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.svix import Endpoint, SvixClient
from local.project import Project
from local.world import World
from local.world import seed as seeded
from tests.engine.live import read_instance

HURRIED = "multiplier=0.005, max=0.15, jitter=0.005"


def hurry(project: Project) -> None:
    """Divide the pauses between attempts by a hundred, in this copy of the program. The tests of
    the clients check the real pauses."""
    project.edit(
        "clerkstack/clients/retries.py",
        ("multiplier=0.5, max=15, jitter=0.5", "multiplier=0.005, max=0.15, jitter=0.005"),
    )


def by_hand(world: World, **changes: Any) -> None:
    """Change the development instance's config, by section."""
    world.dashboard("set_config", environment="development", changes=changes)


def take_out(project: Project, plan: str) -> None:
    """Remove the last plan from the catalog, and allow its removal."""
    file = project.folder / "catalog.yaml"
    text = file.read_text()
    file.write_text(text[: text.index(f"  {plan}:")])
    project.set(f"allow.plans.{plan}", ["remove"])


def rename_role(world: World, key: str, name: str) -> None:
    """Give a role of the development instance another name."""
    live = read_instance(world)
    with BackendClient(key=SecretStr(live.secret_key), base_url=world.urls.clerk) as backend:
        backend.update_role(live.roles[key].id, name=name)


def edit_endpoint(world: World, *, url: str, events: list[str] | None = None) -> Endpoint:
    """Change the only endpoint of the development instance; return it as it was."""
    live = read_instance(world)
    (endpoint,) = live.endpoints
    with BackendClient(key=SecretStr(live.secret_key), base_url=world.urls.clerk) as backend:
        link = backend.svix_url()
    with SvixClient.from_link(link, base_url=world.urls.svix) as svix:
        svix.update_endpoint(
            endpoint.id,
            url=url,
            event_types=events or list(endpoint.event_types or ()),
            description=endpoint.description,
        )
    return endpoint


def remove_variable(world: World, variable_id: str) -> None:
    """Remove a variable of the project at Vercel, by its id."""
    answer = httpx.delete(
        f"{world.urls.vercel}/v9/projects/{seeded.VERCEL_PROJECT_ID}/env/{variable_id}",
        headers={"Authorization": f"Bearer {seeded.VERCEL_TOKEN}"},
    )
    answer.raise_for_status()
