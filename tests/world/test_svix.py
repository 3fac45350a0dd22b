"""The emulated Svix, driven by the official SDK and, where that falls short, plain HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from svix.api import EndpointListOptions
from svix.exceptions import HttpError, HTTPValidationError
from svix.models import (
    EndpointIn,
    EndpointPatch,
    EndpointUpsertIn,
)
from svix.webhooks import Webhook

from local.world.svix import SvixBackend
from tests.world.svix_accounts import INSTANCE, URL, Emulated, emulated, unpacked

EVENTS = ["organization.created", "user.created"]
KEY = base64.b64encode(b"k" * 24).decode()


@pytest.fixture
def world() -> Iterator[Emulated]:
    with emulated() as made:
        yield made


def test_a_link_carries_application_token_and_region(world: Emulated) -> None:
    key = unpacked(world.backend.link(INSTANCE))

    assert set(key) == {"appId", "oneTimeToken", "region"}
    assert key["appId"] == world.backend.create_app(INSTANCE)


@pytest.mark.parametrize("path", ["/api/v1/auth/one-time-token", "/api/v1/auth/one-time-token/"])
def test_a_one_time_token_is_good_once(world: Emulated, path: str) -> None:
    body = {"oneTimeToken": unpacked(world.backend.link(INSTANCE))["oneTimeToken"]}

    first, second = (httpx.post(world.url + path, json=body) for _ in range(2))

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (401, "authentication_failed")


def test_the_sdk_makes_reads_changes_and_removes_an_endpoint(world: Emulated) -> None:
    app, svix = world.sdk()

    made = svix.endpoint.create(app, EndpointIn(url=URL, event_types=EVENTS, description="ours"))
    read = svix.endpoint.get(app, made.id)
    patched = svix.endpoint.patch(app, made.id, EndpointPatch(description="changed"))
    put = svix.endpoint.upsert(app, made.id, EndpointUpsertIn(url=URL + "/2"))
    svix.endpoint.delete(app, made.id)

    assert (read.url, read.event_types, read.description) == (URL, EVENTS[::-1], "ours")
    assert (patched.description, patched.event_types) == ("changed", EVENTS[::-1])
    assert (put.url, put.event_types, put.description) == (URL + "/2", None, "")
    with pytest.raises(HttpError) as gone:
        svix.endpoint.get(app, made.id)
    assert (gone.value.status_code, gone.value.code) == (404, "not_found")


def test_endpoints_are_listed_page_by_page(world: Emulated) -> None:
    app, svix = world.sdk()
    made = [svix.endpoint.create(app, EndpointIn(url=f"{URL}/{n}")).id for n in range(5)]

    seen: list[str] = []
    iterator = None
    for _ in range(3):
        page = svix.endpoint.list(app, EndpointListOptions(limit=2, iterator=iterator))
        seen += [endpoint.id for endpoint in page.data]
        iterator = page.iterator

    assert seen == made[::-1]
    assert page.done


def test_a_rotated_secret_signs_on_for_a_day(world: Emulated) -> None:
    path, http = world.http()

    with http:
        endpoint = http.post(path, json={"url": URL}).json()["id"]
        old = http.get(f"{path}/{endpoint}/secret").json()["key"]
        rotated = http.post(f"{path}/{endpoint}/secret/rotate", json={})
        new = http.get(f"{path}/{endpoint}/secret").json()["key"]

    holder = next(iter(world.backend.apps().values()))
    assert (rotated.status_code, rotated.content) == (204, b"")
    assert new != old
    world.time += 24 * 3600 - 1
    assert world.backend.valid_secrets(holder, endpoint) == [new, old]
    world.time += 2
    assert world.backend.valid_secrets(holder, endpoint) == [new]


def test_a_signing_secret_has_the_form_that_apps_verify_with(world: Emulated) -> None:
    app, svix = world.sdk()
    endpoint = svix.endpoint.create(app, EndpointIn(url=URL)).id

    secret = svix.endpoint.get_secret(app, endpoint).key

    assert secret.startswith("whsec_")
    Webhook(secret)


def test_a_given_secret_is_kept(world: Emulated) -> None:
    app, svix = world.sdk()
    given = f"whsec_{KEY}"

    endpoint = svix.endpoint.create(app, EndpointIn(url=URL, secret=given)).id

    assert svix.endpoint.get_secret(app, endpoint).key == given


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"url": "not a url"}, "url"),
        ({"url": None}, "url"),
        ({"url": "ftp://sendero.example.com/"}, "url"),
        ({"description": "a\x08"}, "description"),
        ({"uid": "ep_mine"}, "uid"),
        ({"eventTypes": []}, "eventTypes"),
        ({"eventTypes": ["user created"]}, "eventTypes"),
        ({"eventTypes": "user.created"}, "eventTypes"),
        ({"secret": "short"}, "secret"),
        ({"secret": KEY}, "secret"),
        ({"secret": f"whsec_{KEY[:-1]}"}, "secret"),
        ({"headers": {"svix-id": "mine"}}, "headers"),
        ({"headers": {"X Own": "1"}}, "headers"),
        ({"throttleRate": 0}, "throttleRate"),
    ],
)
def test_a_bad_endpoint_is_refused_with_the_place_of_the_mistake(
    world: Emulated, change: dict[str, Any], where: str
) -> None:
    path, http = world.http()

    with http:
        refused = http.post(path, json={"url": URL} | change)
        listed = http.get(path).json()["data"]

    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"][:2] == ["body", where]
    assert listed == []


def test_the_sdk_understands_a_validation_error(world: Emulated) -> None:
    app, svix = world.sdk()

    with pytest.raises(HTTPValidationError) as refused:
        svix.endpoint.create(app, EndpointIn(url="ftp://sendero.example.com/"))

    assert refused.value.status_code == 422


def test_put_makes_an_endpoint_where_there_is_none_and_then_replaces_it(world: Emulated) -> None:
    path, http = world.http()
    asked = f"ep_{'0' * 27}"

    with http:
        made = http.put(f"{path}/clerkstack", json={"url": URL, "uid": "clerkstack"})
        replaced = http.put(f"{path}/clerkstack/", json={"url": URL + "/2", "uid": "clerkstack"})
        unknown = http.put(f"{path}/{asked}", json={"url": URL})
        unnamed = http.put(f"{path}/other", json={"url": URL})

    assert (made.status_code, made.json()["uid"]) == (201, "clerkstack")
    assert (replaced.status_code, replaced.json()["id"]) == (200, made.json()["id"])
    assert (unknown.status_code, unknown.json()["id"] == asked) == (201, False)
    assert (unnamed.status_code, unnamed.json()["uid"]) == (201, None)


def test_two_endpoints_cannot_have_one_uid(world: Emulated) -> None:
    path, http = world.http()

    with http:
        http.post(path, json={"url": URL, "uid": "one"})
        refused = http.post(path, json={"url": URL, "uid": "one"})

    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_paths_work_with_and_without_the_last_slash(world: Emulated) -> None:
    path, http = world.http()

    with http:
        made = http.post(f"{path}/", json={"url": URL}).json()["id"]
        answers = [
            http.get(f"{path}{rest}{end}").status_code
            for rest in ("", f"/{made}", f"/{made}/secret", f"/{made}/stats", f"/{made}/headers")
            for end in ("", "/")
        ]

    assert set(answers) == {200}


def test_a_token_opens_its_own_application_only(world: Emulated) -> None:
    other = world.backend.create_app("ins_production")
    _, http = world.http()

    with http:
        foreign = http.get(f"/api/v1/app/{other}/endpoint")
        nobody = http.get(f"/api/v1/app/{other}/endpoint", headers={"Authorization": "Bearer x"})

    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    assert nobody.status_code == 401


def test_a_removed_application_takes_its_tokens_along(world: Emulated) -> None:
    path, http = world.http()

    world.backend.delete_app(INSTANCE)

    with http:
        assert http.get(path).status_code == 401
    assert not world.backend.has_app(INSTANCE)


def test_the_state_survives_a_restart(world: Emulated) -> None:
    path, http = world.http()
    with http:
        endpoint = http.post(path, json={"url": URL, "eventTypes": EVENTS}).json()["id"]
        http.post(f"{path}/{endpoint}/secret/rotate", json={"gracePeriodSeconds": 60})
        world.backend.offer("apiKey.created")
        key = {"Authorization": f"Bearer {world.backend.organization_token()}"}
        example = {"eventType": "user.created"}
        http.post(f"{path}/{endpoint}/send-example", json=example, headers=key)
    world.backend.deliveries.settle()
    restarted = SvixBackend()

    restarted.load(json.loads(json.dumps(world.backend.dump())))

    assert restarted.dump() == world.backend.dump()
    assert restarted.apps() == world.backend.apps()
