"""Changes of users and organizations, and invitations to sign up, of the emulated Clerk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.world import World, seed
from local.world.clerk.models import Instance
from local.world.clerk.role_sets import create_role_set
from local.world.svix.inputs import EndpointCreate, read


@pytest.fixture
def world() -> Iterator[World]:
    with World(proxy=False) as started:
        instance = started.clerk.instance(seed.APPLICATION_ID, "development")
        on = {"enabled": True, "slug_disabled": False}
        started.clerk.write_config(instance, {"organization_settings": on})
        yield started


def made(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def refused(answer: httpx.Response) -> tuple[int, str, Any]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["code"], error.get("meta")


def user(backend: httpx.Client, name: str, **more: Any) -> Any:
    form = {"email_address": [f"{name}@sendero.example"], "skip_password_requirement": True}
    return made(backend.post("/users", json={**form, **more}))


def test_a_user_changes_and_what_is_left_out_stays(backend: httpx.Client) -> None:
    jo = user(backend, "jo", first_name="Jo", external_id="7")

    changed = made(
        backend.patch(
            f"/users/{jo['id']}",
            json={
                "last_name": "Doe",
                "external_id": "",
                "first_name": None,
                "password": "a long one",
                "created_at": "2026-01-01T00:00:00Z",
            },
        )
    )

    assert (changed["first_name"], changed["last_name"], changed["external_id"]) == (
        "Jo",
        "Doe",
        None,
    )
    assert changed["password_enabled"] is True
    assert changed["created_at"] == 1_767_225_600_000
    assert made(backend.get(f"/users/{jo['id']}")) == changed


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"username": "ann"}, (422, "form_identifier_exists", {"param_name": "username"})),
        ({"external_id": "1"}, (422, "form_identifier_exists", {"param_name": "external_id"})),
        ({"primary_email_address_id": "idn_x"}, (404, "resource_not_found", None)),
        ({"primary_phone_number_id": "idn_x"}, (404, "resource_not_found", None)),
        ({"public_metadata": {}}, (422, "form_param_unknown", {"param_name": "public_metadata"})),
        (
            {"sign_out_of_other_sessions": True},
            (422, "form_param_missing", {"param_name": "password"}),
        ),
        (
            {"password_digest": "x"},
            (422, "form_param_missing", {"param_name": "password_hasher"}),
        ),
        (
            {"created_at": "today"},
            (422, "form_param_format_invalid", {"param_name": "created_at"}),
        ),
    ],
)
def test_a_change_of_a_user_that_is_not_possible(
    backend: httpx.Client, body: dict[str, Any], answer: tuple[int, str, Any]
) -> None:
    user(backend, "ann", username="ann", external_id="1")
    jo = user(backend, "jo")

    assert refused(backend.patch(f"/users/{jo['id']}", json=body)) == answer
    assert made(backend.get(f"/users/{jo['id']}")) == jo


def test_a_new_password_can_end_the_sessions(backend: httpx.Client) -> None:
    jo = user(backend, "jo")
    session = made(backend.post("/sessions", json={"user_id": jo["id"]}))
    form = {"password": "a long one", "sign_out_of_other_sessions": True}

    made(backend.patch(f"/users/{jo['id']}", json=form))

    assert made(backend.get(f"/sessions/{session['id']}"))["status"] == "revoked"


def test_metadata_is_merged_or_replaced(backend: httpx.Client) -> None:
    jo = user(backend, "jo", public_metadata={"a": {"b": 1, "c": 2}, "d": 3})
    acme = made(backend.post("/organizations", json={"name": "Acme"}))
    made(backend.put(f"/organizations/{acme['id']}/metadata", json={"public_metadata": {"d": 3}}))
    change = {"public_metadata": {"a": {"c": None, "e": 4}}}

    merged = [
        made(backend.patch(f"{path}/metadata", json=change))["public_metadata"]
        for path in (f"/users/{jo['id']}", f"/organizations/{acme['id']}")
    ]
    replaced = made(backend.put(f"/users/{jo['id']}/metadata", json={"public_metadata": {"f": 5}}))

    assert merged == [{"a": {"b": 1, "e": 4}, "d": 3}, {"d": 3, "a": {"e": 4}}]
    assert (replaced["public_metadata"], replaced["private_metadata"]) == ({"f": 5}, {})


def test_changes_are_reported(world: World, instance: Instance, backend: httpx.Client) -> None:
    app = world.svix.create_app(instance.id)
    form = {"url": "https://sendero.example/hook"}
    world.svix.create_endpoint(world.svix.apps()[app], read(EndpointCreate, form))
    jo = user(backend, "jo")
    acme = made(backend.post("/organizations", json={"name": "Acme"}))

    made(backend.patch(f"/users/{jo['id']}/metadata", json={"public_metadata": {"a": 1}}))
    made(backend.patch(f"/organizations/{acme['id']}", json={"name": "Beta"}))

    told = [message.event_type for message in world.svix.apps()[app].sent.messages.values()]
    assert told == ["user.created", "organization.created", "user.updated", "organization.updated"]


def test_an_organization_changes_and_keeps_its_own_slug(backend: httpx.Client) -> None:
    acme = made(backend.post("/organizations", json={"name": "Acme"}))
    made(backend.post("/organizations", json={"name": "Beta"}))
    path = f"/organizations/{acme['id']}"
    form = {"name": " Gamma ", "slug": "acme", "max_allowed_memberships": 9}

    changed = made(backend.patch(path, json={**form, "admin_delete_enabled": False}))
    taken = refused(backend.patch(path, json={"slug": "beta"}))

    assert (changed["name"], changed["slug"]) == ("Gamma", "acme")
    assert (changed["max_allowed_memberships"], changed["admin_delete_enabled"]) == (9, False)
    assert taken == (422, "form_identifier_exists", {"param_name": "slug"})


def test_no_slug_can_be_asked_for_while_slugs_are_off(
    world: World, instance: Instance, backend: httpx.Client
) -> None:
    acme = made(backend.post("/organizations", json={"name": "Acme"}))
    world.clerk.write_config(instance, {"organization_settings": {"slug_disabled": True}})

    asked = [
        backend.post("/organizations", json={"name": "Beta", "slug": "beta"}),
        backend.patch(f"/organizations/{acme['id']}", json={"slug": "gamma"}),
    ]

    assert [refused(each) for each in asked] == [(403, "organization_slugs_disabled", None)] * 2


def test_an_organization_moves_to_a_set_that_has_the_roles_of_its_members(
    instance: Instance, backend: httpx.Client
) -> None:
    form = {"default_role_key": "org:admin", "creator_role_key": "org:admin"}
    create_role_set(instance, {"name": "Few", "roles": ["org:admin"], **form}, 0)
    jo, ann = user(backend, "jo"), user(backend, "ann")
    acme = made(backend.post("/organizations", json={"name": "Acme", "created_by": jo["id"]}))
    path, to_few = f"/organizations/{acme['id']}", {"role_set_key": "role_set:few"}
    made(backend.post(f"{path}/memberships", json={"user_id": ann["id"], "role": "org:member"}))

    before = refused(backend.patch(path, json=to_few))
    made(backend.patch(f"{path}/memberships/{ann['id']}", json={"role": "org:admin"}))
    after = made(backend.patch(path, json=to_few))

    code = "organization_role_set_reassignment_mappings_missing"
    assert before == (422, code, {"role_keys": ["org:member"]})
    assert after["role_set_key"] == "role_set:few"


def test_an_invitation_is_pending_until_it_is_revoked(backend: httpx.Client) -> None:
    form = {
        "email_address": "New@sendero.example",
        "redirect_url": "https://sendero.example/in?a=1",
    }
    first = made(backend.post("/invitations", json=form))

    again = refused(backend.post("/invitations", json=form))
    gone = made(backend.post(f"/invitations/{first['id']}/revoke"))
    twice = refused(backend.post(f"/invitations/{first['id']}/revoke"))

    assert first["url"].startswith("https://sendero.example/in?a=1&__clerk_ticket=")
    assert again == (400, "duplicate_record", {"email_addresses": ["new@sendero.example"]})
    assert (gone["status"], gone["revoked"]) == ("revoked", True)
    assert twice == (400, "invitation_already_revoked", None)
    assert refused(backend.post("/invitations/inv_x/revoke"))[0] == 404
    assert made(backend.post("/invitations", json=form))["status"] == "pending"


def test_a_user_is_not_invited_unless_asked_so(backend: httpx.Client) -> None:
    user(backend, "jo")
    form = {"email_address": "jo@sendero.example"}

    once = refused(backend.post("/invitations", json=form))
    anyway = made(backend.post("/invitations", json={**form, "ignore_existing": True}))

    assert once == (422, "form_identifier_exists", {"param_name": "email_address"})
    assert anyway["status"] == "pending"


def test_invitations_are_made_all_or_none_and_listed_in_order(
    instance: Instance, backend: httpx.Client
) -> None:
    forms = [{"email_address": f"{n}@sendero.example", "expires_in_days": 9 - n} for n in range(3)]
    twice = refused(backend.post("/invitations/bulk", json=[*forms, forms[0]]))
    none = made(backend.get("/invitations"))

    bulk = made(backend.post("/invitations/bulk", json=forms))
    instance.people.sign_up_invitations[bulk[2]["id"]]["expires_at"] = 1

    def listed(**query: str) -> list[str]:
        found = made(backend.get("/invitations", params=query))
        return [each["email_address"][0] for each in found]

    assert (twice[:2], none) == ((400, "duplicate_record"), [])
    assert listed() == ["2", "1", "0"]
    assert listed(order_by="email_address", limit="2") == ["0", "1"]
    assert listed(order_by="-expires_at") == ["0", "1", "2"]
    assert listed(status="expired") == listed(query=bulk[2]["id"]) == ["2"]
    assert listed(status="pending", query="1@SENDERO") == ["1"]
    counted = made(backend.get("/invitations", params={"paginated": "true", "limit": "1"}))
    assert (len(counted["data"]), counted["total_count"]) == (1, 3)
