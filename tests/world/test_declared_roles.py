"""The provider of roles against the emulated Clerk: what can be assigned, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clerkstack.problems import ClerkstackError
from clerkstack.providers.roles import OrganizationRolesProvider
from local.driven import Driven, Props, Refused, config_on
from local.world import World, seed
from local.world.clerk import organizations, role_sets
from local.world.clerk.models import CREATOR_NEEDS, Instance, Role

NEEDED = sorted(CREATOR_NEEDS)
FINANCE = {"name": "Finance", "permissions": ["org:sys_billing:read"]}
OWNER = {"name": "Owner", "permissions": NEEDED}
SEE = "org:reports:see"


class Stack:
    """The resource of one stack, and its instance."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.instance: Instance = world.clerk.instance(seed.APPLICATION_ID, "development")
        world.clerk.write_config(self.instance, {"organization_settings": {"enabled": True}})
        self.driven = Driven(OrganizationRolesProvider(), config_on(world))

    def up(self, roles: Props, permissions: Props | None = None, **ends: str) -> bool:
        return self.driven.up(declared(roles, permissions, **ends))

    def by_hand(self, key: str, **fields: Any) -> None:
        form = {"key": key, "name": key, **fields}
        organizations.create_role(self.instance, form, self.world.clerk.now_ms())

    def given(self) -> list[str]:
        held = role_sets.initial_set(self.instance)
        return sorted(self.instance.roles[id_].key for id_ in held.roles)

    def ends(self) -> tuple[str, str]:
        held = role_sets.initial_set(self.instance)
        ids = (held.creator_role, held.default_role)
        creator, default = (self.instance.roles[id_].key for id_ in ids)
        return creator, default

    def keys(self) -> list[str]:
        return sorted(role.key for role in self.instance.roles.values())

    def held(self, key: str) -> set[str]:
        role = next(each for each in self.instance.roles.values() if each.key == key)
        return {self.instance.permissions[id_].key for id_ in role.permissions}

    def own(self) -> dict[str, str]:
        every = self.instance.permissions.values()
        return {result.key: result.name for result in every if not result.system}

    def sent(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.world.journal()]

    def writes(self) -> list[str]:
        return [each for each in self.sent() if not each.startswith("GET")]


def declared(roles: Props, permissions: Props | None = None, **ends: str) -> Props:
    return {
        "application_id": seed.APPLICATION_ID,
        "environment": "development",
        "roles": {
            f"org:{key}": {**fields, "in_initial_role_set": True} for key, fields in roles.items()
        },
        "permissions": permissions or {},
        "role_set": {name: f"org:{key}" for name, key in ends.items()},
    }


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.chdir(tmp_path)  # notes of writes are in the folder of the project
    with World(proxy=False) as world:
        yield Stack(world)


def test_a_new_role_can_be_given(stack: Stack) -> None:
    stack.up({"finance": FINANCE})

    assert stack.given() == ["org:admin", "org:finance", "org:member"]
    assert [each.rpartition("/")[2] for each in stack.writes()] == ["organization_roles"]


def test_a_role_that_was_there_is_added_and_taken_out_again(stack: Stack) -> None:
    stack.by_hand("org:finance")
    stack.up({"finance": {"name": "Finance"}})
    given = stack.given()

    stack.driven.destroy()

    assert given == ["org:admin", "org:finance", "org:member"]
    assert stack.given() == ["org:admin", "org:member"]
    assert stack.keys() == given


def test_a_role_that_could_be_given_before_stays_so(stack: Stack) -> None:
    stack.by_hand("org:finance", include_in_initial_role_set=True)
    stack.up({"finance": {"name": "Finance"}})

    stack.driven.destroy()

    assert "org:finance" in stack.given()


def test_a_role_that_members_have_is_not_taken_from_them(stack: Stack) -> None:
    stack.by_hand("org:finance")
    stack.up({"finance": {"name": "Finance"}})
    people = stack.instance.people
    people.organizations["org_1"] = {"id": "org_1", "slug": "acme"}
    member = {"organization_id": "org_1", "user_id": "user_1", "role": "org:finance"}
    people.memberships["orgmem_1"] = member

    stack.driven.destroy()

    assert "org:finance" in stack.given()
    assert member["role"] == "org:finance"


def test_a_role_that_somebody_took_out_comes_back(stack: Stack) -> None:
    stack.up({"finance": FINANCE})
    form = {"role_key": "org:finance", "to_role_key": "org:member"}
    held = role_sets.initial_set(stack.instance)
    role_sets.replace_role(stack.instance, held, form, stack.world.clerk.now_ms())

    stack.driven.refresh()
    shown = stack.driven.state["roles"]["org:finance"]["in_initial_role_set"]
    changed = stack.up({"finance": FINANCE})

    assert shown is False
    assert changed
    assert "org:finance" in stack.given()


def test_a_state_of_before_brings_its_roles_into_the_set(stack: Stack) -> None:
    old = {**declared({}), "roles": {"org:finance": FINANCE}}
    stack.driven.up({key: old[key] for key in ("application_id", "environment", "roles")})
    before = stack.given()

    stack.up({"finance": FINANCE})

    assert "org:finance" not in before
    assert "org:finance" in stack.given()
    stack.driven.destroy()
    assert stack.keys() == ["org:admin", "org:member"]


def test_a_role_that_somebody_made_after_a_refusal_is_added(stack: Stack) -> None:
    stack.world.fault(
        service="clerk", method="POST", path="organization_roles$", kind="status", status=500
    )
    with pytest.raises(ClerkstackError):
        stack.up({"finance": FINANCE})
    stack.by_hand("org:finance")

    stack.up({"finance": FINANCE})

    assert "org:finance" in stack.given()


def test_a_role_that_clerk_made_outside_of_the_set_is_added(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clerk decides what the flag becomes: the read-back counts."""
    make = organizations.create_role

    def outside(instance: Instance, form: Props, now: int, **_: bool) -> Role:
        return make(instance, {**form, "include_in_initial_role_set": False}, now)

    monkeypatch.setattr(organizations, "create_role", outside)

    stack.up({"finance": FINANCE, "owner": OWNER})

    assert stack.given() == ["org:admin", "org:finance", "org:member", "org:owner"]
    assert stack.writes()[2:] == ["POST /v1/role_sets/role_set:default/roles"]


def test_more_roles_than_one_request_takes_are_added(stack: Stack) -> None:
    """The same for an initial set that Clerk did not make."""
    form = {"name": "Main", "roles": ["org:admin"], "type": "initial"}
    ends = {"default_role_key": "org:admin", "creator_role_key": "org:admin"}
    role_sets.create_role_set(stack.instance, {**form, **ends}, stack.world.clerk.now_ms())
    names = [f"role_{number}" for number in range(10)]
    for name in names:
        stack.by_hand(f"org:{name}")
    roles: Props = {name: {"name": f"org:{name}"} for name in names} | {"member": {}}

    stack.up(roles)

    assert stack.given() == sorted(["org:admin", "org:member", *(f"org:{each}" for each in names)])
    assert stack.writes() == ["POST /v1/role_sets/role_set:main/roles"] * 2


def test_roles_in_another_order_are_no_difference(stack: Stack) -> None:
    finance = {"name": "Finance", "permissions": [NEEDED[0], "org:sys_billing:read", NEEDED[1]]}
    stack.world.fault(service="clerk", path="role", kind="lists_reordered", times=None)

    stack.up({"finance": finance, "owner": OWNER})
    stack.driven.refresh()

    assert not stack.up({"owner": OWNER, "finance": finance})
    turned = {**finance, "permissions": finance["permissions"][::-1]}
    assert not stack.up({"finance": turned, "owner": OWNER})


def test_permissions_come_before_the_roles_that_have_them_and_go_after(stack: Stack) -> None:
    finance = {**FINANCE, "permissions": [SEE]}
    stack.up({"finance": finance}, {SEE: {"name": "See", "description": "All."}})
    there = (stack.own(), stack.held("org:finance"))
    stack.up({"finance": finance}, {SEE: {"name": "Look"}})
    renamed = stack.own()

    stack.up({"finance": FINANCE})

    assert there == ({SEE: "See"}, {SEE})
    assert renamed == {SEE: "Look"}
    assert stack.own() == {}
    assert stack.held("org:finance") == {"org:sys_billing:read"}


def test_a_permission_that_was_there_goes_back(stack: Stack) -> None:
    form = {"key": SEE, "name": "Theirs"}
    organizations.create_permission(stack.instance, form, stack.world.clerk.now_ms())
    stack.up({"finance": FINANCE}, {SEE: {"name": "Ours"}})
    during = stack.own()

    stack.driven.destroy()

    assert during == {SEE: "Ours"}
    assert stack.own() == {SEE: "Theirs"}


def test_the_set_begins_with_what_is_declared_and_goes_back(stack: Stack) -> None:
    stack.up({"owner": OWNER, "finance": FINANCE}, creator_role="owner", default_role="finance")
    during = stack.ends()

    stack.driven.destroy()

    assert during == ("org:owner", "org:finance")
    assert stack.ends() == ("org:admin", "org:member")
    assert stack.keys() == ["org:admin", "org:member"]


def test_the_creators_role_of_before_may_lose_what_it_needed(stack: Stack) -> None:
    admin = {"permissions": ["org:sys_memberships:read"]}

    stack.up({"owner": OWNER, "admin": admin}, creator_role="owner")

    assert stack.ends()[0] == "org:owner"
    assert stack.held("org:admin") == {"org:sys_memberships:read"}
    stack.driven.destroy()
    assert stack.ends()[0] == "org:admin"
    assert stack.held("org:admin") >= CREATOR_NEEDS


@pytest.mark.parametrize(
    ("roles", "ends", "says"),
    [
        (
            {"finance": {**FINANCE, "permissions": ["org:sys_billing:rea"]}},
            {},
            "did you mean org:sys_billing:read",
        ),
        ({"member": {}}, {"creator_role": "member"}, "lacks org:sys_memberships:manage"),
    ],
)
def test_what_cannot_be_is_found_before_anything_is_sent(
    stack: Stack, roles: Props, ends: dict[str, str], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        stack.up(roles, **ends)

    assert stack.writes() == []


def test_an_account_without_roles_is_told_what_to_set(stack: Stack) -> None:
    stack.world.dashboard("offer_roles", on=False)

    with pytest.raises(Refused, match=r"Set clerkstack:organizations\.roles to \{\}"):
        stack.up({"finance": FINANCE})

    assert stack.writes() == []


def test_an_account_that_lost_its_roles_can_be_destroyed(stack: Stack) -> None:
    stack.up({"finance": FINANCE})
    stack.world.dashboard("offer_roles", on=False)

    stack.driven.destroy()


def test_requests_are_the_fewest(stack: Stack) -> None:
    stack.up({"finance": FINANCE})
    first = [each for each in stack.sent() if "/applications/" not in each]
    stack.world.clear_journal()

    changed = stack.up({"finance": FINANCE})

    path = "/v1/organization_roles"
    read = [f"GET {path}", "GET /v1/role_sets"]
    assert first == [*read, f"POST {path}", *read]
    assert not changed
    assert stack.sent() == []
