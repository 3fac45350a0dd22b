"""The emulated Svix and requests that are repeated, continue a list, or are invalid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from svix.api import EndpointListOptions, Svix, SvixOptions
from svix.models import EndpointIn, EndpointSecretRotateIn

from local.world import World, seed
from local.world.svix import SvixBackend
from tests.world.svix_accounts import INSTANCE, URL, Emulated, emulated, unpacked

KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def world() -> Iterator[Emulated]:
    with emulated() as made:
        yield made


def test_the_sdk_fails_on_the_empty_answer_after_the_secret_was_rotated(world: Emulated) -> None:
    """The description has a 204 without a body; the SDK reads a secret from the answer."""
    app, svix = world.sdk()
    endpoint = svix.endpoint.create(app, EndpointIn(url=URL)).id
    old = svix.endpoint.get_secret(app, endpoint).key

    with pytest.raises(json.JSONDecodeError):
        svix.endpoint.rotate_secret(app, endpoint, EndpointSecretRotateIn())

    new = svix.endpoint.get_secret(app, endpoint).key
    holder = next(iter(world.backend.apps().values()))
    assert new != old
    assert world.backend.valid_secrets(holder, endpoint) == [new, old]


# -- the same request again -----------------------------------------------------------------------


def test_one_idempotency_key_makes_one_endpoint(world: Emulated) -> None:
    path, http = world.http()

    with http:
        first = http.post(path, json={"url": URL}, headers=KEY)
        again = http.post(f"{path}/", json={"url": f"{URL}/2"}, headers=KEY)
        other = http.post(path, json={"url": URL}, headers={"Idempotency-Key": "two"})
        listed = [each["id"] for each in http.get(path).json()["data"]]

    assert (again.status_code, again.json()) == (201, first.json())
    assert listed == [other.json()["id"], first.json()["id"]]


def test_every_operation_that_declares_the_key_acts_once(world: Emulated) -> None:
    path, http = world.http(organization=True)
    body = {"oneTimeToken": unpacked(world.backend.link(INSTANCE))["oneTimeToken"]}

    with http:
        one = f"{path}/{http.post(path, json={'url': URL}).json()['id']}"
        rotations = [http.post(f"{one}/secret/rotate", json={}, headers=KEY) for _ in range(2)]
        holder = next(iter(world.backend.apps().values()))
        signing = world.backend.valid_secrets(holder, one.rsplit("/", 1)[1])
        sent = [
            http.post(f"{one}/send-example", json={"eventType": "user.created"}, headers=KEY)
            for _ in range(2)
        ]
        world.backend.deliveries.settle()
        stats = http.get(f"{one}/stats").json()
        tokens = [
            http.post("/api/v1/auth/one-time-token", json=body, headers=KEY) for _ in range(2)
        ]

    assert [(rotation.status_code, rotation.content) for rotation in rotations] == [
        (204, b""),
        (204, b""),
    ]
    assert len(signing) == 2
    assert sent[0].json() == sent[1].json()
    assert (stats["success"], stats["fail"]) == (0, 1)
    assert [token.status_code for token in tokens] == [200, 200]
    assert tokens[0].json() == tokens[1].json()


def test_a_key_is_valid_for_twelve_hours_and_over_a_restart(world: Emulated) -> None:
    path, http = world.http()

    with http:
        first = http.post(path, json={"url": URL}, headers=KEY).json()["id"]
        world.backend.load(json.loads(json.dumps(world.backend.dump())))
        world.time += 12 * 3600 - 1
        again = http.post(path, json={"url": URL}, headers=KEY).json()["id"]
        world.time += 1
        late = http.post(path, json={"url": URL}, headers=KEY).json()["id"]

    assert again == first
    assert late != first


def test_a_refused_request_may_be_sent_again_under_its_key(world: Emulated) -> None:
    path, http = world.http()

    with http:
        refused = http.post(path, json={"url": "no"}, headers=KEY)
        made = http.post(path, json={"url": URL}, headers=KEY)

    assert (refused.status_code, made.status_code) == (422, 201)


def test_a_kept_answer_is_given_to_nobody_else(world: Emulated) -> None:
    path, http = world.http()

    with http:
        first = http.post(path, json={"url": URL}, headers=KEY)
        stranger = http.post(path, json={"url": URL}, headers={**KEY, "Authorization": "Bearer x"})
        world.backend.delete_app(INSTANCE)
        gone = http.post(path, json={"url": URL}, headers=KEY)

    assert [each.status_code for each in (first, stranger, gone)] == [201, 401, 401]


def test_the_sdk_that_gets_no_answer_asks_again_and_makes_one_endpoint() -> None:
    with World(proxy=False) as world:
        instance = world.clerk.instance(seed.APPLICATION_ID, "development").id
        app = world.svix.create_app(instance)
        token = world.svix.exchange(unpacked(world.svix.link(instance))["oneTimeToken"])["token"]
        world.fault(kind="drop_after", service="svix", method="POST")
        svix = Svix(str(token), SvixOptions(server_url=world.urls.svix, retry_schedule=[0]))

        made = svix.endpoint.create(app, EndpointIn(url=URL))
        listed = svix.endpoint.list(app).data
        svix._httpx_client.close()

    assert [each.id for each in listed] == [made.id]
    assert [each.fault for each in world.journal()] == ["drop_after", None, None]


# -- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "turned"), [("ascending", 1), ("descending", -1)])
def test_a_list_goes_on_though_its_last_endpoint_was_removed(
    world: Emulated, order: str, turned: int
) -> None:
    path, http = world.http()
    query = {"limit": 2, "order": order}

    with http:
        made = [http.post(path, json={"url": f"{URL}/{n}"}).json()["id"] for n in range(5)]
        expected = made[::turned]
        first = http.get(path, params=query).json()
        http.delete(f"{path}/{first['iterator']}")
        second = http.get(path, params={**query, "iterator": first["iterator"]}).json()

    assert first["iterator"] == expected[1]
    assert [each["id"] for each in second["data"]] == expected[2:4]


def test_what_is_made_after_a_removal_comes_after_it(world: Emulated) -> None:
    path, http = world.http()

    with http:
        gone = http.post(path, json={"url": URL}).json()["id"]
        http.delete(f"{path}/{gone}")
        made = http.post(path, json={"url": URL}).json()["id"]
        listed = http.get(path, params={"iterator": gone, "order": "ascending"}).json()

    assert [each["id"] for each in listed["data"]] == [made]


def test_an_iterator_nobody_was_given_stands_where_it_sorts(world: Emulated) -> None:
    app, svix = world.sdk()
    made = svix.endpoint.create(app, EndpointIn(url=URL)).id

    pages = [
        svix.endpoint.list(app, EndpointListOptions(iterator=f"ep_{letter * 27}"))
        for letter in ("0", "z")
    ]

    assert [[each.id for each in page.data] for page in pages] == [[], [made]]
    assert [page.done for page in pages] == [True, True]


def test_the_previous_iterator_goes_back(world: Emulated) -> None:
    path, http = world.http()

    with http:
        made = [http.post(path, json={"url": f"{URL}/{n}"}).json()["id"] for n in range(5)]
        query = {"limit": 2, "order": "ascending"}
        last = http.get(path, params={**query, "iterator": made[2]}).json()
        back = http.get(path, params={**query, "iterator": last["prevIterator"]}).json()
        begin = http.get(path, params={**query, "iterator": back["prevIterator"]}).json()

    assert [each["id"] for each in last["data"]] == made[3:]
    assert ([each["id"] for each in back["data"]], back["done"]) == (made[1:3], False)
    assert ([each["id"] for each in begin["data"]], begin["done"]) == (made[:1], True)


@pytest.mark.parametrize("iterator", ["", "ep_1", f"ep_{'a' * 28}", f"ep_{'é' * 27}", "a" * 30])
def test_a_malformed_iterator_is_refused(world: Emulated, iterator: str) -> None:
    path, http = world.http()

    with http:
        refused = http.get(path, params={"iterator": iterator})

    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["query", "iterator"]


# -- what does not fit ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["url", "description", "disabled", "metadata"])
def test_a_patch_takes_no_null_where_the_description_has_none(world: Emulated, name: str) -> None:
    path, http = world.http()

    with http:
        made = http.post(path, json={"url": URL, "description": "ours"}).json()
        refused = http.patch(f"{path}/{made['id']}", json={name: None})
        after = http.get(f"{path}/{made['id']}").json()

    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", name]
    assert after == made


def test_a_null_in_a_patch_clears_what_may_be_null(world: Emulated) -> None:
    path, http = world.http()
    full = {"uid": "one", "throttleRate": 5, "eventTypes": ["user.created"], "channels": ["c"]}

    with http:
        made = http.post(path, json={"url": URL, **full}).json()["id"]
        after = http.patch(f"{path}/{made}", json=dict.fromkeys(full)).json()

    assert [after[name] for name in full] == [None] * 4
    assert after["url"] == URL


@pytest.mark.parametrize("uid", ["a b", "a" * 257, "a" * 300, "é", "a\n"])
def test_an_endpoint_cannot_be_put_under_what_is_no_uid(world: Emulated, uid: str) -> None:
    path, http = world.http()

    with http:
        answers: list[httpx.Response] = [
            http.put(f"{path}/{quote(uid)}", json={"url": URL}),
            http.put(f"{path}/one", json={"url": URL, "uid": uid}),
        ]
        listed: list[Any] = http.get(path).json()["data"]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert [answer.json()["detail"][0]["loc"] for answer in answers] == [
        ["path", "endpoint_id"],
        ["body", "uid"],
    ]
    assert listed == []


def test_a_state_from_before_the_keys_is_taken(world: Emulated) -> None:
    path, http = world.http()
    with http:
        http.post(path, json={"url": URL})
    old = world.backend.dump()
    del old["answers"]
    for app in old["apps"]:
        del app["latest"]
    restarted = SvixBackend()

    restarted.load(json.loads(json.dumps(old)))

    assert [len(app.endpoints) for app in restarted.apps().values()] == [1]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"false", b'{"gracePeriodSeconds": -1}'])
def test_a_rotation_needs_an_object(world: Emulated, body: bytes) -> None:
    path, http = world.http()

    with http:
        one = f"{path}/{http.post(path, json={'url': URL}).json()['id']}"
        before = http.get(f"{one}/secret").json()
        refused = http.post(f"{one}/secret/rotate", content=body)
        after = http.get(f"{one}/secret").json()

    assert (refused.status_code, refused.json()["detail"][0]["loc"][0]) == (422, "body")
    assert after == before


@pytest.mark.parametrize("name", ["since", "until"])
def test_statistics_are_of_a_time(world: Emulated, name: str) -> None:
    path, http = world.http()
    moments = ("2026-11-25T10:00:00Z", "2026-11-25t10:00:00.123456789+02:00")
    wrong = ("", "yesterday", "1795600000", "2026-11-25", "2026-13-25T10:00:00Z")

    with http:
        one = f"{path}/{http.post(path, json={'url': URL}).json()['id']}"
        taken = [http.get(f"{one}/stats", params={name: moment}) for moment in moments]
        refused = [http.get(f"{one}/stats", params={name: moment}) for moment in wrong]

    assert {each.status_code for each in taken} == {200}
    assert {each.status_code for each in refused} == {422}
    assert {tuple(each.json()["detail"][0]["loc"]) for each in refused} == {("query", name)}
