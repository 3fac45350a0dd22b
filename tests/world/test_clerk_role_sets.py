"""Role sets of the emulated Clerk: which roles can be assigned, which can't be removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.world import World, seed
from local.world.clerk.models import CREATOR_NEEDS, Instance
from local.world.clerk.role_sets import MOST_ROLE_SETS, initial_set

INITIAL = "/role_sets/role_set:default"
WIDE = {
    "name": "Wide open",
    "roles": ["org:admin", "org:member", "org:finance"],
    "default_role_key": "org:member",
    "creator_role_key": "org:admin",
}


class Api:
    """The Backend API of an instance with organizations and the role org:finance, in no set."""

    def __init__(self, world: World, client: httpx.Client) -> None:
        self.world, self.client = world, client
        self.instance: Instance = world.clerk.instance(seed.APPLICATION_ID, "development")
        world.clerk.write_config(self.instance, {"organization_settings": {"enabled": True}})
        client.headers["Authorization"] = f"Bearer {self.instance.secret}"
        self.finance = self.done("POST", "/organization_roles", key="org:finance", name="Finance")
        users = [self.user(f"{name}@sendero.example") for name in ("jo", "ann")]
        self.jo, self.ann = (each["id"] for each in users)
        self.acme = self.done("POST", "/organizations", name="Acme", created_by=self.jo)["id"]

    def user(self, address: str) -> dict[str, Any]:
        return self.done("POST", "/users", email_address=[address], skip_password_requirement=True)

    def sent(self, method: str, path: str, **body: Any) -> httpx.Response:
        return self.client.request(method, path, json=body or None)

    def done(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        answer = self.sent(method, path, **body)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, method: str, path: str, **body: Any) -> tuple[int, str]:
        answer = self.sent(method, path, **body)
        assert not answer.is_success, answer.text
        return answer.status_code, answer.json()["errors"][0]["code"]

    def held(self, path: str = INITIAL) -> list[str]:
        return [role["key"] for role in self.done("GET", path)["roles"]]

    def section(self) -> dict[str, Any]:
        found: dict[str, Any] = self.instance.config["organization_settings"]
        return found


@pytest.fixture
def api() -> Iterator[Api]:
    with World(proxy=False) as world, httpx.Client(base_url=f"{world.urls.clerk}/v1") as client:
        yield Api(world, client)


def test_a_role_outside_of_the_set_is_given_to_nobody(api: Api) -> None:
    members = f"/organizations/{api.acme}/memberships"
    invitations = f"/organizations/{api.acme}/invitations"
    invited = {"email_address": "new@sendero.example", "role": "org:finance"}
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", members, {"user_id": api.ann, "role": "org:finance"}),
        ("PATCH", f"{members}/{api.jo}", {"role": "org:finance"}),
        ("POST", invitations, invited),
    ]

    before = [api.refused(method, path, **body) for method, path, body in asked]
    bulk = api.client.post(f"{invitations}/bulk", json=[invited])
    api.done("POST", f"{INITIAL}/roles", role_keys=["org:finance"])
    after = [api.done(method, path, **body)["role"] for method, path, body in asked]

    assert before == [(404, "resource_not_found")] * 3
    assert bulk.status_code == 404
    assert after == ["org:finance"] * 3


@pytest.mark.parametrize(
    ("said", "default", "there"),
    [(None, False, False), (None, True, True), (True, False, True), (False, True, False)],
)
def test_a_new_role_is_in_the_initial_set_where_it_is_said(
    api: Api, said: bool | None, default: bool, there: bool
) -> None:
    api.world.dashboard("offer_roles", on=True, included=default)

    flag = {} if said is None else {"include_in_initial_role_set": said}
    api.done("POST", "/organization_roles", key="org:legal", name="Legal", **flag)

    assert ("org:legal" in api.held()) is there


def test_a_role_that_somebody_has_or_is_to_get_stays(api: Api) -> None:
    api.done("POST", f"{INITIAL}/roles", role_keys=["org:finance"])
    role = f"/organization_roles/{api.finance['id']}"
    members = f"/organizations/{api.acme}/memberships"
    api.done("POST", members, user_id=api.ann, role="org:finance")
    [item] = [e for e in api.done("GET", INITIAL)["roles"] if e["key"] == "org:finance"]

    of_member = api.refused("DELETE", role)
    api.done("DELETE", f"{members}/{api.ann}")
    invited = {"email_address": "new@sendero.example", "role": "org:finance"}
    api.done("POST", f"/organizations/{api.acme}/invitations", **invited)
    of_invitation = api.refused("DELETE", role)
    api.instance.people.invitations.clear()
    api.done("DELETE", role)

    assert (item["members_count"], item["has_members"]) == (1, True)
    assert of_member == (422, "organization_role_assigned_members")
    assert of_invitation == (422, "organization_role_exists_in_invitations")
    assert api.held() == ["org:admin", "org:member"]


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("creator_role_key", "organization_role_default_creator_role"),
        ("default_role_key", "organization_role_domain_default_role"),
    ],
)
def test_a_role_that_any_set_begins_with_stays(api: Api, field: str, code: str) -> None:
    everything = list(api.instance.permissions)
    made = api.done(
        "POST", "/organization_roles", key="org:owner", name="Owner", permissions=everything
    )
    api.done(
        "POST", "/role_sets", **{**WIDE, "roles": ["org:owner", *WIDE["roles"]], field: "org:owner"}
    )

    assert api.refused("DELETE", f"/organization_roles/{made['id']}") == (422, code)
    assert api.refused(
        "POST",
        "/role_sets/role_set:wide_open/roles/replace",
        role_key="org:owner",
        to_role_key="org:member",
    ) == (422, code)


def test_the_creators_role_needs_its_permissions(api: Api) -> None:
    assert {
        "org:sys_memberships:manage",
        "org:sys_memberships:read",
        "org:sys_profile:delete",
    } == CREATOR_NEEDS
    code = (422, "organization_missing_creator_role_permissions")
    body = {"role_keys": ["org:finance"], "creator_role_key": "org:finance"}

    assert api.refused("POST", f"{INITIAL}/roles", **body) == code
    assert api.refused("PATCH", INITIAL, creator_role_key="org:member") == code
    assert api.refused("POST", "/role_sets", **{**WIDE, "creator_role_key": "org:member"}) == code
    settings = "/instance/organization_settings"
    member = next(r.id for r in api.instance.roles.values() if r.key == "org:member")
    assert api.refused("PATCH", settings, creator_role_id=member) == code
    assert api.held() == ["org:admin", "org:member"]


def test_config_and_initial_set_say_the_same(api: Api) -> None:
    everything = list(api.instance.permissions)
    api.done("POST", "/organization_roles", key="org:owner", name="O", permissions=everything)
    outside = api.world.clerk
    with pytest.raises(Exception, match="config_validation_error"):
        outside.write_config(api.instance, {"organization_settings": {"creator_role": "org:owner"}})
    version = api.instance.version

    api.done("POST", f"{INITIAL}/roles", role_keys=["org:owner"], creator_role_key="org:owner")
    by_set = (api.section()["creator_role"], api.instance.version > version)
    change = {"creator_role": "org:admin", "domains_enabled": True}
    change["domains_default_role"] = "org:owner"
    outside.write_config(api.instance, {"organization_settings": change})
    held = api.done("GET", INITIAL)

    assert by_set == ("org:owner", True)
    assert held["creator_role"]["key"] == "org:admin"
    assert held["default_role"]["key"] == "org:owner"


def test_the_creator_of_an_organization_has_the_role_of_its_set(api: Api) -> None:
    everything = list(api.instance.permissions)
    api.done("POST", "/organization_roles", key="org:owner", name="O", permissions=everything)
    owned = {**WIDE, "roles": ["org:owner", "org:member"], "creator_role_key": "org:owner"}
    api.done("POST", "/role_sets", **owned)

    made = api.done(
        "POST", "/organizations", name="B", created_by=api.jo, role_set_key="role_set:wide_open"
    )
    [membership] = api.done("GET", f"/organizations/{made['id']}/memberships")["data"]

    assert (made["role_set_key"], membership["role"]) == ("role_set:wide_open", "org:owner")
    assert api.refused("POST", "/organizations", name="C", role_set_key="role_set:no")[0] == 422


def test_new_organizations_get_the_initial_set(api: Api) -> None:
    api.done("POST", "/role_sets", **WIDE, type="initial")

    made = api.done("POST", "/organizations", name="B")
    types = {each["key"]: each["type"] for each in api.done("GET", "/role_sets")["data"]}
    settings = api.done("GET", "/instance/organization_settings")

    assert made["role_set_key"] == settings["initial_role_set_key"] == "role_set:wide_open"
    assert types == {"role_set:default": "custom", "role_set:wide_open": "initial"}


def test_a_replaced_role_leaves_its_members_with_the_other(api: Api) -> None:
    members = f"/organizations/{api.acme}/memberships"
    api.done("POST", f"{INITIAL}/roles", role_keys=["org:finance"])
    api.done("POST", members, user_id=api.ann, role="org:finance")

    path = f"{INITIAL}/roles/replace"
    api.done("POST", path, role_key="org:finance", to_role_key="org:member")
    roles = {e["public_user_data"]["user_id"]: e["role"] for e in api.done("GET", members)["data"]}

    assert roles == {api.jo: "org:admin", api.ann: "org:member"}
    assert api.held() == ["org:admin", "org:member"]
    again = api.refused("POST", path, role_key="org:finance", to_role_key="org:member")
    assert again == (404, "resource_not_found")


def test_a_replaced_set_needs_a_role_for_each_member(api: Api) -> None:
    wide = "/role_sets/role_set:wide_open"
    api.done("POST", "/role_sets", **WIDE)
    made = api.done("POST", "/organizations", name="B", role_set_key="role_set:wide_open")
    members = f"/organizations/{made['id']}/memberships"
    api.done("POST", members, user_id=api.ann, role="org:finance")
    to = {"dest_role_set_key": "role_set:default"}

    missing = api.sent("POST", f"{wide}/replace", **to).json()["errors"][0]
    wrong = {"org:finance": "org:finance"}
    invalid = api.refused("POST", f"{wide}/replace", **to, reassignment_mappings=wrong)
    right = {"org:finance": "org:member"}
    gone = api.done("POST", f"{wide}/replace", **to, reassignment_mappings=right)
    [membership] = api.done("GET", members)["data"]

    assert missing["code"] == "organization_role_set_reassignment_mappings_missing"
    assert missing["meta"] == {"role_keys": ["org:finance"]}
    assert invalid == (422, "organization_role_set_reassignment_mappings_invalid")
    assert (gone["object"], gone["deleted"]) == ("role_set", True)
    assert membership["role"] == "org:member"
    assert membership["organization"]["role_set_key"] == "role_set:default"
    assert api.sent("GET", wide).status_code == 404


def test_the_initial_set_is_not_replaced(api: Api) -> None:
    api.done("POST", "/role_sets", **WIDE)

    refused = api.refused("POST", f"{INITIAL}/replace", dest_role_set_key="role_set:wide_open")

    assert refused == (403, "cannot_delete_initial_role_set")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": "role_set:Wide"}, "form_param_format_invalid"),
        ({"key": "wide"}, "form_param_format_invalid"),
        ({"key": "role_set:default"}, "duplicate_record"),
        ({"roles": []}, "form_param_format_invalid"),
        ({"roles": [f"org:{n}" for n in range(11)]}, "form_param_format_invalid"),
        ({"roles": ["org:admin", "org:nobody"]}, "resource_not_found"),
        ({"default_role_key": "org:legal"}, "form_param_format_invalid"),
        ({"type": "second"}, "form_param_format_invalid"),
        ({"more": 1}, "form_param_unknown"),
    ],
)
def test_a_malformed_set_is_refused(api: Api, change: dict[str, Any], code: str) -> None:
    assert api.refused("POST", "/role_sets", **{**WIDE, **change})[1] == code


def test_there_are_thirty_sets_at_most(api: Api) -> None:
    for number in range(MOST_ROLE_SETS - 1):
        api.done("POST", "/role_sets", **{**WIDE, "name": f"Set {number}"})

    refused = api.refused("POST", "/role_sets", **WIDE)

    assert refused == (403, "organization_instance_role_sets_quota_exceeded")


def test_a_renamed_role_and_a_renamed_set_keep_their_members(api: Api) -> None:
    admin = next(r.id for r in api.instance.roles.values() if r.key == "org:admin")
    api.done("PATCH", f"/organization_roles/{admin}", key="org:owner")
    api.done("PATCH", INITIAL, key="role_set:main", name="Main")

    [membership] = api.done("GET", f"/organizations/{api.acme}/memberships")["data"]

    assert membership["role"] == "org:owner"
    assert membership["organization"]["role_set_key"] == "role_set:main"
    assert api.section()["creator_role"] == "org:owner"


def test_a_permission_of_ones_own_is_changed_and_removed(api: Api) -> None:
    made = api.done("POST", "/organization_permissions", key="org:reports:read", name="Read")
    path = f"/organization_permissions/{made['id']}"
    role = f"/organization_roles/{api.finance['id']}"
    api.done("PATCH", role, permissions=[made["id"]])
    system = f"/organization_permissions/{next(iter(api.instance.permissions))}"
    never = (403, "organization_system_permission_not_modifiable")

    changed = api.done("PATCH", path, name="See", key="org:reports:see")
    reserved = api.refused("PATCH", path, key="org:sys_reports:see")
    api.done("DELETE", path)

    assert (changed["name"], changed["key"]) == ("See", "org:reports:see")
    assert reserved == (422, "form_param_format_invalid")
    assert api.done("GET", role)["permissions"] == []
    assert (api.refused("PATCH", system, name="X"), api.refused("DELETE", system)) == (never,) * 2


def test_an_account_can_be_without_roles_and_role_sets(api: Api) -> None:
    api.world.dashboard("offer_roles", on=False)

    for path in ("/organization_roles", f"/organization_roles/{api.finance['id']}", "/role_sets"):
        assert api.sent("GET", path).status_code == 404
    assert api.refused("POST", "/organization_roles", key="org:x", name="X")[0] == 404
    assert api.sent("GET", "/organization_permissions").status_code == 200


def test_a_clone_has_the_sets_of_its_source(api: Api) -> None:
    api.done("POST", f"{INITIAL}/roles", role_keys=["org:finance"])

    made = api.world.clerk.create_instance(
        seed.APPLICATION_ID, domain="sendero.example", clone_of=api.instance.id
    )

    held = {made.roles[id_].key for id_ in initial_set(made).roles}
    assert held == {"org:admin", "org:member", "org:finance"}
    assert initial_set(made).creator_role in made.roles
