"""After a failed or killed run, what it made or changed is still known as its own.

Destroying removes what the run made, puts back what it changed, and touches nothing else.
"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.errors import ApiError
from clerkstack.clients.svix import SvixClient
from local.project import Project
from local.world import World
from tests.deployments import declared
from tests.engine.by_hand import by_hand, hurry
from tests.engine.live import read_instance
from tests.engine.test_killed import recover, up_killed_at
from tests.engine.test_ownership import config, plan
from tests.kept import starts_from

pytestmark = pytest.mark.engine

ROLES = {
    "org:member": {"name": "Member"},
    "org:finance": {"name": "Finance", "permissions": ["org:sys_memberships:read"]},
    "org:auditor": {"name": "Auditor", "permissions": ["org:sys_memberships:read"]},
}


@pytest.fixture
def only(project: Project) -> Any:
    """A project with a few components only, because each takes time."""

    def only(*names: str) -> Project:
        restrict(project, *names)
        return project

    return only


def organizations_and_billing(project: Project) -> None:
    """These two components, deployed."""
    declared(project)
    restrict(project, "organizations", "billing")
    project.up()


def organizations_alone(project: Project) -> None:
    """Organizations, deployed."""
    declared(project)
    restrict(project, "organizations")
    project.up()


def webhook_alone(project: Project) -> None:
    """The webhook, deployed."""
    declared(project)
    restrict(project, "webhook")
    project.up()


def restrict(project: Project, *names: str) -> None:
    """Leave the other components out."""
    every = ("organizations", "signIn", "billing", "apiKeys", "webhook", "environment")
    project.set("components", {name: name in names for name in every})


def add_plan(project: Project) -> None:
    file = project.folder / "catalog.yaml"
    text = file.read_text().rstrip("\n")
    file.write_text(f"{text}\n  team:\n    name: Team\n    amount: 900\n")


def failing(world: World, project: Project, **fault: Any) -> None:
    """Run an `up` that a fault ends with an error, and lift the fault."""
    world.fault(**fault)
    assert "error" in project.up(check=False)
    world.clear_faults()


def backend(world: World) -> BackendClient:
    live = read_instance(world)
    return BackendClient(key=SecretStr(live.secret_key), base_url=world.urls.clerk)


# The second request of such an update is the write, the third its read-back.
@pytest.mark.parametrize("number", [2, 3])
@starts_from(organizations_and_billing)
def test_a_plan_that_a_killed_update_made_is_the_stacks_own(
    project: Project, world: World, number: int
) -> None:
    add_plan(project)
    assert up_killed_at(project, number, "after")
    recover(project)

    project.up()
    project.destroy()

    assert "team" not in config(world)["billing"]["plans"]


@starts_from(organizations_and_billing)
def test_a_plan_that_a_killed_update_made_goes_without_another_up(
    project: Project, world: World
) -> None:
    add_plan(project)
    assert up_killed_at(project, 2, "after")
    recover(project)

    project.destroy()

    assert "team" not in config(world)["billing"]["plans"]


@starts_from(organizations_and_billing)
def test_a_plan_whose_read_back_failed_is_the_stacks_own(project: Project, world: World) -> None:
    add_plan(project)
    hurry(project)
    down = {"service": "clerk", "method": "GET", "path": "config$", "kind": "status", "status": 503}
    failing(world, project, **down, after=1, times=20)

    project.up()
    project.destroy()

    assert "team" not in config(world)["billing"]["plans"]


def test_a_setting_that_a_killed_update_changed_goes_back(only: Any, world: World) -> None:
    by_hand(world, organization_settings={"max_allowed_memberships": 5})
    project = only("organizations")
    project.up()
    project.set("organizations.maxAllowedMemberships", 9)
    assert up_killed_at(project, 2, "after")
    recover(project)

    project.up()
    project.destroy()

    assert config(world)["organization_settings"]["max_allowed_memberships"] == 5


def test_a_setting_that_a_killed_first_run_changed_and_nobody_declares_goes_back(
    only: Any, world: World
) -> None:
    by_hand(world, organization_settings={"max_allowed_memberships": 5})
    project = only("organizations")
    project.set("organizations.maxAllowedMemberships", 9)
    # The application, the config, the write.
    assert up_killed_at(project, 3, "after")
    recover(project)
    assert config(world)["organization_settings"]["max_allowed_memberships"] == 9

    project.set("organizations", {})
    project.up()

    assert config(world)["organization_settings"]["max_allowed_memberships"] == 5


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "GET", "path": "config$", "kind": "status", "status": 503, "after": 1},
        {"method": "PATCH", "path": "config", "kind": "not_persisted", "after": 0}
        | {"field": "plans.pro.amount", "times": 2},
    ],
    ids=["no read-back", "not persisted"],
)
def test_what_a_failed_first_run_overwrote_goes_back(
    only: Any, world: World, fault: dict[str, Any]
) -> None:
    by_hand(world, organization_settings={"enabled": True})
    by_hand(world, billing={"organization_enabled": True})
    by_hand(world, billing={"plans": {"pro": plan("Pro by hand")}})
    before = config(world)["billing"]["plans"]["pro"]
    project = only("billing")
    hurry(project)
    failing(world, project, **{"service": "clerk", "times": 9} | fault)
    assert config(world)["billing"]["plans"]["pro"] != before

    project.up()
    project.destroy()

    assert config(world)["billing"]["plans"]["pro"] == before


@pytest.mark.parametrize("status", [403, 422])
def test_roles_made_before_one_that_is_refused_are_the_stacks_own(
    only: Any, world: World, status: int
) -> None:
    project = only("organizations")
    project.set("organizations.roles", ROLES)
    role = {"service": "clerk", "method": "POST", "path": "organization_roles$"}
    failing(world, project, **role, kind="status", status=status, after=1)
    # The engine decides which one comes first: it does not order keys.
    made = {"org:finance", "org:auditor"} & set(read_instance(world).roles)
    assert len(made) == 1

    project.up()
    project.destroy()

    assert set(read_instance(world).roles) == {"org:admin", "org:member"}


@starts_from(organizations_alone)
def test_a_role_whose_answer_an_update_lost_is_the_stacks_own(
    project: Project, world: World
) -> None:
    project.set("organizations.roles", ROLES)
    role = {"service": "clerk", "method": "POST", "path": "organization_roles$"}
    failing(world, project, **role, kind="drop_after")

    project.up()
    project.destroy()

    assert set(read_instance(world).roles) == {"org:admin", "org:member"}


@starts_from(webhook_alone)
def test_an_endpoint_made_again_by_an_update_that_lost_the_answer(
    project: Project, world: World
) -> None:
    with (
        backend(world) as clerk,
        SvixClient.from_link(clerk.svix_url(), base_url=world.urls.svix) as svix,
    ):
        svix.delete_endpoint(read_instance(world).endpoints[0].id)
    project.set("webhook.description", "Ours")
    failing(world, project, service="svix", method="POST", path="endpoint$", kind="drop_after")

    project.up()
    assert len(read_instance(world).endpoints) == 1
    project.destroy()

    assert read_instance(world).endpoints == []


def test_an_endpoint_whose_answer_was_lost_moves_with_the_url(only: Any, world: World) -> None:
    project = only("webhook")
    failing(world, project, service="svix", method="POST", path="endpoint$", kind="drop_after")
    project.set("appUrl", "https://other.sendero.example")

    project.up()

    [endpoint] = read_instance(world).endpoints
    assert endpoint.url.startswith("https://other.sendero.example/")


@pytest.mark.parametrize("path", ["one-time-token", "endpoint$"])
def test_a_svix_app_that_was_there_stays_after_a_failed_run(
    only: Any, world: World, path: str
) -> None:
    with backend(world) as clerk:
        clerk.create_svix_app()
        project = only("webhook")
        hurry(project)
        failing(world, project, service="svix", path=path, kind="status", status=500, times=20)

        project.up()
        project.destroy()

        assert clerk.svix_url()


def test_an_endpoint_that_was_refused_and_made_by_hand_stays(only: Any, world: World) -> None:
    project = only("webhook")
    post = {"service": "svix", "method": "POST", "path": "endpoint$"}
    failing(world, project, **post, kind="status", status=422)
    url = "https://preview.sendero.example/api/webhooks/clerk"
    with (
        backend(world) as clerk,
        SvixClient.from_link(clerk.svix_url(), base_url=world.urls.svix) as svix,
    ):
        svix.create_endpoint(url=url, event_types=["user.created"], description="By hand")

    project.up()
    project.destroy()

    [left] = read_instance(world).endpoints
    assert left.description == "By hand"


@starts_from(webhook_alone)
def test_the_svix_app_goes_where_the_answer_of_the_endpoints_removal_is_lost(
    project: Project, world: World
) -> None:
    world.fault(service="svix", method="DELETE", path="endpoint/", kind="drop_after")

    project.destroy()

    with backend(world) as clerk, pytest.raises(ApiError):
        clerk.svix_url()
