"""Roles of a deployed stack can be assigned; what a preview finds about them."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.role_answers import RoleSet
from local.project import Project
from local.world import World
from tests.deployments import development
from tests.engine.drifted import found
from tests.engine.live import read_instance, requests, writes
from tests.engine.test_interrupted import organizations_alone
from tests.kept import starts_from

pytestmark = pytest.mark.engine

NEEDED = ["org:sys_memberships:manage", "org:sys_memberships:read", "org:sys_profile:delete"]


def initial_set(world: World) -> RoleSet:
    """Return the initial role set of the development instance."""
    with backend(world) as client:
        return next(role_set for role_set in client.list_role_sets() if role_set.type == "initial")


def backend(world: World) -> BackendClient:
    """Return a client of the development instance."""
    key = SecretStr(read_instance(world).secret_key)
    return BackendClient(key=key, base_url=world.urls.clerk)


def given(world: World) -> set[str]:
    """Return the roles that members can be assigned."""
    return {role.key for role in initial_set(world).roles}


@starts_from(organizations_alone)
def test_a_role_that_is_taken_out_of_the_set_is_drift_and_comes_back(
    project: Project, world: World
) -> None:
    deployed = given(world)
    with backend(world) as client:
        client.replace_in_role_set("role_set:default", role="org:finance", by="org:member")
    world.clear_journal()

    differences = found(project)
    project.up("--refresh")
    sent = writes(world, "clerk")

    assert given(world) == deployed
    assert deployed == {"org:admin", "org:member", "org:finance"}
    assert differences == {("role org:finance", "in_initial_role_set"): (True, False)}
    assert sent == ["clerk POST /v1/role_sets/role_set:default/roles"]


@starts_from(organizations_alone)
def test_permissions_and_whom_the_set_begins_with_are_declared_and_go_back(
    project: Project, world: World
) -> None:
    project.set(
        "organizations.roles",
        {
            "org:admin": {},
            "org:member": {},
            "org:owner": {"name": "Owner", "permissions": [*NEEDED, "org:reports:see"]},
        },
    )
    project.set("organizations.permissions", {"org:reports:see": {"name": "See reports"}})
    project.set("organizations.creatorRole", "org:owner")
    project.set("organizations.defaultRole", "org:admin")
    project.up()
    during = initial_set(world)
    world.clear_journal()
    project.up()
    again = requests(world, "clerk")

    project.destroy()

    assert during.creator_role is not None
    assert during.default_role is not None
    assert (during.creator_role.key, during.default_role.key) == ("org:owner", "org:admin")
    assert again == []
    after = initial_set(world)
    assert after.creator_role is not None
    assert after.default_role is not None
    assert (after.creator_role.key, after.default_role.key) == ("org:admin", "org:member")
    with backend(world) as client:
        assert all(
            permission.key.startswith("org:sys_") for permission in client.list_permissions()
        )


def test_a_permission_that_is_not_there_is_found_at_preview(project: Project, world: World) -> None:
    role = {"name": "Finance", "permissions": ["org:sys_billing:rea"]}
    project.set("organizations.roles", {"org:finance": role})
    world.clear_journal()

    printed = project.preview(check=False)

    assert "This instance has no permission org:sys_billing:rea" in printed
    assert "did you mean org:sys_billing:read?" in printed
    assert writes(world) == []


def test_an_account_without_roles_deploys_without_them(project: Project, world: World) -> None:
    world.dashboard("offer_roles", on=False)
    world.clear_journal()

    printed = project.preview(check=False)
    sent = writes(world)
    project.set("organizations.roles", {})
    project.up()

    assert "Set clerkstack:organizations.roles to {}" in printed
    assert sent == []


@starts_from(development)
def test_adopt_leaves_a_role_alone_that_cannot_be_given(project: Project, world: World) -> None:
    with backend(world) as client:
        client.create_role(key="org:auditor", name="Auditor", in_initial_role_set=False)
        see = client.create_permission(key="org:reports:see", name="See reports")
        client.create_role(
            key="org:reader", name="Reader", permissions=[see.id], in_initial_role_set=True
        )

    adopted = project.clerkstack("adopt", "--dry-run", "--overwrite")

    assert "role org:auditor" in adopted.stdout
    assert "in_initial_role_set" in adopted.stdout
    assert "org:reports:see" in adopted.stdout
    assert "org:reader" in adopted.stdout
