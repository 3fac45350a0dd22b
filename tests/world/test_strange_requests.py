"""Requests no sound client sends: each vendor refuses them in its form, and stores nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from local.world import World, seed
from tests.world.svix_accounts import unpacked

DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
DEEPER_THAN_WALKED = b'{"session":{"claims":' + b'{"a":' * 400 + b"1" + b"}" * 402
NINES = "9" * 5000
APPLICATION = f"/v1/platform/applications/{seed.APPLICATION_ID}"
CONFIG = f"{APPLICATION}/instances/development/config"
ROTATE = f"{APPLICATION}/instances/development/rotate_secret_keys"
VARIABLES = f"/v10/projects/{seed.VERCEL_PROJECT_ID}/env"


@dataclass
class Doors:
    """A running world with an authorized client at each vendor."""

    world: World
    clerk: httpx.Client
    backend: httpx.Client
    svix: httpx.Client
    vercel: httpx.Client
    endpoints: str

    def state(self) -> dict[str, Any]:
        return {
            "clerk": self.world.clerk.dump(),
            "svix": self.world.svix.dump(),
            "vercel": self.world.vercel.dump(),
        }


def client(url: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def doors() -> Iterator[Doors]:
    with World(proxy=False) as world:
        instance = world.clerk.instance(seed.APPLICATION_ID, "development")
        app = world.svix.create_app(instance.id)
        token = world.svix.exchange(unpacked(world.svix.link(instance.id))["oneTimeToken"])["token"]
        with (
            client(world.urls.clerk, seed.PLATFORM_KEY) as clerk,
            client(world.urls.clerk, instance.secret) as backend,
            client(world.urls.svix, str(token)) as svix,
            client(world.urls.vercel, seed.VERCEL_TOKEN) as vercel,
        ):
            yield Doors(world, clerk, backend, svix, vercel, f"/api/v1/app/{app}/endpoint")


@pytest.fixture
def before(doors: Doors) -> dict[str, Any]:
    return doors.state()


# -- bodies ---------------------------------------------------------------------------------------


BODIES = {
    "deep": DEEP,
    "a list that is deep": b"[" * 100_000,
    "deeper than anything walks": DEEPER_THAN_WALKED,
    "half a surrogate pair": rb'{"session":{"claims":{"a":"\ud83d"}}}',
    "half a surrogate pair as a name": rb'{"session":{"claims":{"\ud83d":1}}}',
    "half a surrogate pair in bytes": b'{"session":{"claims":{"a":"\xed\xa0\xbd"}}}',
    "not UTF-8": '{"session":{"claims":{}}}'.encode("utf-16"),
    "no number": b'{"session":{"claims":{"a":NaN}}}',
    "a number out of range": b'{"session":{"claims":{"a":1e999}}}',
    "more digits than Python reads": b'{"session":{"claims":{"a":' + NINES.encode() + b"}}}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_sound_json_is_refused_everywhere(
    doors: Doors, before: dict[str, Any], body: bytes
) -> None:
    clerk = doors.clerk.patch(CONFIG, content=body)
    svix = doors.svix.post(doors.endpoints, content=body)
    vercel = doors.vercel.post(VARIABLES, content=body)
    dashboard = httpx.post(
        f"{doors.world.urls.control}/dashboard/set_config",
        content=body,
        headers={"Content-Type": "application/json"},
    )

    assert (clerk.status_code, clerk.json()["errors"][0]["code"]) == (400, "request_body_invalid")
    assert (svix.status_code, svix.json()["detail"][0]["loc"]) == (422, ["body"])
    assert (vercel.status_code, vercel.json()["error"]["code"]) == (400, "bad_request")
    assert (dashboard.status_code, list(dashboard.json())) == (400, ["error"])
    assert doors.state() == before
    journal = httpx.get(f"{doors.world.urls.control}/journal").json()
    assert [entry["body_keys"] for entry in journal] == [[], [], []]


def test_what_vendors_take_is_still_taken(doors: Doors) -> None:
    nested: dict[str, Any] = {}
    for _ in range(100):
        nested = {"a": nested}
    claims = {"deep": nested, "whole": "\U0001f600", "long": 10**400}

    written = doors.clerk.patch(CONFIG, json={"session": {"claims": claims}})
    read = doors.clerk.get(CONFIG, params={"keys": "session"}).json()

    assert written.status_code == 200
    assert read["session"]["claims"] == claims


# -- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["²", "٣", NINES, "1" * 19, "-1", "1.0", " 1", "1\n", ""])
def test_a_limit_that_is_no_number_is_refused_everywhere(doors: Doors, limit: str) -> None:
    clerk = doors.backend.get("/v1/organization_roles", params={"limit": limit})
    offset = doors.backend.get("/v1/organization_roles", params={"offset": limit})
    svix = doors.svix.get(doors.endpoints, params={"limit": limit})
    vercel = [
        doors.vercel.get(VARIABLES, params={name: limit}) for name in ("limit", "until", "since")
    ]

    assert [each.status_code for each in (clerk, offset, svix)] == [422, 422, 422]
    assert {each.json()["errors"][0]["code"] for each in (clerk, offset)} == {
        "form_param_format_invalid"
    }
    assert svix.json()["detail"][0]["loc"] == ["query", "limit"]
    for answer in vercel:
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


def test_a_version_of_vercels_api_with_too_many_digits_is_not_there(doors: Doors) -> None:
    answer = doors.vercel.get(f"/v{NINES}/teams")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("hours", [10**400, 2**63, -(10**400)])
def test_an_overlap_that_no_time_can_hold_is_refused(
    doors: Doors, before: dict[str, Any], hours: int
) -> None:
    name = "delay_old_secrets_expiration_hours"

    answer = doors.clerk.post(ROTATE, content=json.dumps({name: hours}))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["meta"] == {"param_name": name}
    assert doors.state() == before


# -- Clerk's forms --------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [5, None, ["perm_1"], {"id": "perm_1"}, True])
def test_permissions_of_a_role_are_ids(doors: Doors, wrong: object) -> None:
    doors.clerk.patch(CONFIG, json={"organization_settings": {"enabled": True}})
    form = {"name": "F", "key": "org:f", "permissions": [wrong]}
    roles = doors.backend.get("/v1/organization_roles").json()["data"]

    made = doors.backend.post("/v1/organization_roles", json=form)
    changed = doors.backend.patch(
        f"/v1/organization_roles/{roles[0]['id']}", json={"permissions": [wrong]}
    )

    for answer in (made, changed):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["meta"] == {"param_name": "permissions"}
    assert doors.backend.get("/v1/organization_roles").json()["data"] == roles


@pytest.mark.parametrize("path", ["billing/plans", "jwt_templates", "redirect_urls"])
@pytest.mark.parametrize("flag", ["maybe", "", "1"])
def test_paginated_is_true_or_false(doors: Doors, path: str, flag: str) -> None:
    answer = doors.backend.get(f"/v1/{path}", params={"paginated": flag})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["meta"] == {"param_name": "paginated"}


def test_plans_come_in_pages_unless_told_otherwise(doors: Doors) -> None:
    plan = {"payer_type": "user", "amount": 100}
    plans = {f"p{n}": {**plan, "name": f"P{n}"} for n in range(12)}
    change = {"billing": {"user_enabled": True, "plans": plans}}
    doors.clerk.patch(CONFIG, json=change).raise_for_status()

    seen = {
        flag: doors.backend.get("/v1/billing/plans", params=query).json()
        for flag, query in {
            "": {},
            "true": {"paginated": "true"},
            "false": {"paginated": "false"},
        }.items()
    }

    total = seen["false"]["total_count"]
    assert total >= 12
    assert {flag: len(each["data"]) for flag, each in seen.items()} == {
        "": 10,
        "true": 10,
        "false": total,
    }
