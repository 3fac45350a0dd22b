"""The emulated Svix answers as svix-server 1.100 does where the description says less.

Each row was observed on that server or read in its source. That an application's token may read the
event types comes from the source alone; the token in Clerk's link may have fewer rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.world.svix.event_types import EVENT_TYPES
from tests.world.svix_accounts import INSTANCE, URL, Emulated, emulated

EVENTS = ["user.created", "organization.created", "user.deleted", "session.created"]
FIELDS = {
    *("description", "rateLimit", "throttleRate", "uid", "url", "version", "disabled"),
    *("eventTypes", "filterTypes", "channels", "createdAt", "updatedAt", "id", "metadata"),
}


@pytest.fixture
def world() -> Iterator[Emulated]:
    with emulated() as made:
        yield made


# -- endpoints ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://A.Example", "https://a.example/"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("https://a.example/a/../b", "https://a.example/b"),
        ("https://a.example/é?x=ü", "https://a.example/%C3%A9?x=%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://a.example:80", "http://a.example/"),
    ],
)
def test_a_url_is_kept_as_it_is_parsed(world: Emulated, sent: str, kept: str) -> None:
    path, http = world.http()

    with http:
        made = http.post(path, json={"url": sent}).json()
        put = http.put(f"{path}/{made['id']}", json={"url": sent}).json()
        patched = http.patch(f"{path}/{made['id']}", json={"url": sent}).json()
        read = http.get(f"{path}/{made['id']}").json()

    assert [each["url"] for each in (made, put, patched, read)] == [kept] * 4


def test_an_endpoint_has_all_fields_set_or_not(world: Emulated) -> None:
    path, http = world.http()

    with http:
        bare = http.post(path, json={"url": URL}).json()
        full = {"rateLimit": 5, "version": 2, "filterTypes": ["user.created"]}
        made = http.post(path, json={"url": URL, **full}).json()

    assert bare.keys() == made.keys() == FIELDS
    assert (bare["uid"], bare["rateLimit"], bare["version"], bare["filterTypes"]) == (
        *(None, None, 1),
        None,
    )
    assert (made["rateLimit"], made["throttleRate"], made["version"]) == (5, 5, 2)
    assert made["filterTypes"] == made["eventTypes"] == ["user.created"]


def test_event_types_are_a_set_in_any_order(world: Emulated) -> None:
    path, http = world.http()

    with http:
        made = http.post(path, json={"url": URL, "eventTypes": [*EVENTS, EVENTS[0]]}).json()
        again = http.patch(f"{path}/{made['id']}", json={"eventTypes": made["eventTypes"]}).json()

    assert sorted(made["eventTypes"]) == sorted(EVENTS)
    assert made["eventTypes"] != EVENTS
    assert again["eventTypes"] != made["eventTypes"]


@pytest.mark.parametrize("name", ["eventTypes", "filterTypes"])
def test_an_unknown_event_type_is_refused_and_nothing_is_made(world: Emulated, name: str) -> None:
    path, http = world.http()

    with http:
        made = http.post(path, json={"url": URL, "eventTypes": EVENTS}).json()
        form = {"url": URL, name: ["user.created", "apiKey.created", "a.b"]}
        one = f"{path}/{made['id']}"
        answers = [http.post(path, json=form), http.put(one, json=form), http.patch(one, json=form)]
        listed = http.get(path).json()["data"]

    for answer in answers:
        assert answer.status_code == 422
        (mistake,) = answer.json()["detail"]
        assert mistake["loc"] == ["body", "eventTypes"]
        told, _, names = mistake["msg"].partition(": ")
        assert told == "The following event types don't exist"
        assert set(names.split(", ")) == {"apiKey.created", "a.b"}
    assert listed == [made]


def test_null_clears_event_types_and_an_empty_list_does_not(world: Emulated) -> None:
    path, http = world.http()

    with http:
        one = f"{path}/{http.post(path, json={'url': URL, 'eventTypes': EVENTS}).json()['id']}"
        refused = http.patch(one, json={"eventTypes": []})
        kept = http.get(one).json()["eventTypes"]
        cleared = http.patch(one, json={"eventTypes": None}).json()

    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (
        422,
        ["body", "eventTypes"],
    )
    assert sorted(kept) == sorted(EVENTS)
    assert cleared["eventTypes"] is None


def test_two_names_for_one_field_are_refused(world: Emulated) -> None:
    path, http = world.http()
    form = {"url": URL, "eventTypes": EVENTS, "filterTypes": EVENTS}

    with http:
        assert http.post(path, json=form).status_code == 422


def test_a_page_may_be_empty_and_leads_both_ways(world: Emulated) -> None:
    path, http = world.http()

    with http:
        nothing = http.get(path).json()
        made = [http.post(path, json={"url": f"{URL}/{n}"}).json()["id"] for n in range(3)]
        none = http.get(path, params={"limit": 0}).json()
        first = http.get(path, params={"limit": 2}).json()
        back = http.get(path, params={"iterator": first["prevIterator"]}).json()

    assert nothing == {"data": [], "iterator": None, "done": True}
    assert none == {"data": [], "iterator": None, "done": False}
    assert [each["id"] for each in first["data"]] == [made[2], made[1]]
    assert (first["iterator"], first["prevIterator"]) == (made[1], f"-{made[2]}")
    assert (back["data"], back["done"]) == ([], True)


def test_the_eleventh_old_secret_is_refused_until_one_has_ended(world: Emulated) -> None:
    path, http = world.http()

    with http:
        one = f"{path}/{http.post(path, json={'url': URL}).json()['id']}/secret"
        answers = [http.post(f"{one}/rotate", json={}).status_code for _ in range(10)]
        before = http.get(one).json()
        refused = http.post(f"{one}/rotate", json={})
        at_once = http.post(f"{one}/rotate", json={"gracePeriodSeconds": 0})
        world.time += 24 * 3600 + 1
        later = http.post(f"{one}/rotate", json={})

    assert set(answers) == {204}
    assert (refused.status_code, refused.json()["code"]) == (400, "limit_reached")
    assert before["key"] not in refused.text
    # Without a grace period it keeps no old secret.
    assert (at_once.status_code, later.status_code) == (204, 204)


def test_headers_are_set_changed_and_the_secret_ones_not_shown(world: Emulated) -> None:
    path, http = world.http()

    with http:
        one = f"{path}/{http.post(path, json={'url': URL}).json()['id']}/headers"
        http.put(one, json={"headers": {"X-A": "1", "Authorization": "hidden", "X-B": "2"}})
        changed = http.patch(one, json={"headers": {"X-A": "3", "X-B": None}})
        shown = http.get(one)
        refused = [
            http.put(one, json={"headers": headers}).status_code
            for headers in ({"svix-id": "1"}, {"User-Agent": "x"}, {"a b": "1"}, {"X-A": "\n"})
        ]

    assert (changed.status_code, changed.content) == (204, b"")
    assert shown.json() == {"headers": {"X-A": "3"}, "sensitive": ["Authorization"]}
    assert "hidden" not in shown.text
    assert refused == [422] * 4


# -- paths and tokens -----------------------------------------------------------------------------


def test_an_unknown_path_and_another_method_answer_with_nothing(world: Emulated) -> None:
    path, http = world.http()

    with http:
        unknown = http.get("/api/v1/nothing")
        method = http.put(path, json={})

    assert (unknown.status_code, unknown.content) == (404, b"")
    assert (method.status_code, method.content) == (405, b"")


def test_only_the_organizations_token_makes_messages(world: Emulated) -> None:
    path, http = world.http()
    app = path.removesuffix("/endpoint")
    body = {"eventType": "user.created", "payload": {}}

    with http:
        one = http.post(path, json={"url": URL}).json()["id"]
        refused = [
            http.post(f"{app}/msg", json=body),
            http.post(f"{path}/{one}/send-example", json={"eventType": "user.created"}),
        ]
        http.headers["Authorization"] = f"Bearer {world.backend.organization_token()}"
        taken = [
            http.post(f"{app}/msg", json=body, params={"with_content": "false"}),
            http.post(f"{path}/{one}/send-example", json={"eventType": "user.created"}),
        ]
        unknown = http.post(f"{path}/{one}/send-example", json={"eventType": "user.invented"})
        elsewhere = http.get(f"/api/v1/app/app_{'0' * 27}")

    assert [(each.status_code, each.json()["code"]) for each in refused] == [
        (403, "insufficient access")
    ] * 2
    assert [each.status_code for each in taken] == [202, 202]
    assert taken[0].json()["payload"] == {}
    assert (unknown.status_code, elsewhere.status_code) == (404, 404)


def test_another_applications_things_are_not_found(world: Emulated) -> None:
    other = world.backend.create_app("ins_production")
    _, http = world.http()

    with http:
        answers = [http.get(f"/api/v1/app/{other}{rest}") for rest in ("", "/endpoint", "/msg")]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "not_found")
    ] * 3


# -- event types ----------------------------------------------------------------------------------


def test_the_catalogue_is_read_page_by_page_in_order(world: Emulated) -> None:
    _, http = world.http()
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 20}

    with http:
        while True:
            page = http.get("/api/v1/event-type/", params=query).json()
            seen += [each["name"] for each in page["data"]]
            if page["done"]:
                break
            query["iterator"] = page["iterator"]
        one = http.get("/api/v1/event-type/user.created")
        unknown = http.get("/api/v1/event-type/apiKey.created")
        nobody = http.get("/api/v1/event-type", headers={"Authorization": "Bearer x"})

    assert seen == sorted(EVENT_TYPES)
    assert (one.json()["name"], one.json()["schemas"]) == ("user.created", None)
    assert (unknown.status_code, nobody.status_code) == (404, 401)


def test_an_event_type_is_offered_where_the_world_is_asked_to(world: Emulated) -> None:
    path, http = world.http()
    app = next(iter(world.backend.apps()))

    before = world.backend.deliveries.deliver(app, "apiKey.created", {})
    world.backend.offer("apiKey.created")
    with http:
        made = http.post(path, json={"url": URL, "eventTypes": ["apiKey.created"]})
    after = world.backend.deliveries.deliver(app, "apiKey.created", {})
    world.backend.deliveries.settle()

    assert (before, made.status_code) == (None, 201)
    assert after is not None


# -- attempts -------------------------------------------------------------------------------------

HOUR = 3600.0


def attempted(world: Emulated, count: int) -> str:
    """Make this many attempts, one an hour, the last one now; return the path of their list."""
    app = world.backend.apps()[world.backend.create_app(INSTANCE)]
    from local.world.svix.inputs import EndpointCreate

    endpoint = world.backend.create_endpoint(app, EndpointCreate(url=URL)).id
    for _ in range(count):
        world.time += HOUR
        world.backend.deliveries.deliver(app.id, "user.created", {})
    world.backend.deliveries.settle()
    return f"/api/v1/app/{app.id}/attempt/endpoint/{endpoint}"


def at(seconds: float) -> str:
    from local.world.svix.forms import moment

    return moment(seconds)


def test_attempts_after_a_time_begin_with_the_oldest_and_end_there(world: Emulated) -> None:
    path = attempted(world, 6)
    _, http = world.http()
    after = at(world.time - 10 * HOUR)

    with http:
        every = [each["id"] for each in http.get(path).json()["data"]]
        first = http.get(path, params={"limit": 2, "after": after}).json()
        more = {"limit": 2, "after": after, "iterator": first["iterator"]}
        second = http.get(path, params=more).json()
        newer = http.get(
            path, params={"limit": 2, "after": after, "iterator": first["prevIterator"]}
        ).json()

    assert [each["id"] for each in first["data"]] == every[-2:]
    assert first["done"] is False
    assert second == {"data": [], "iterator": None, "done": True}
    assert [each["id"] for each in newer["data"]] == every[-4:-2]


def test_attempts_before_a_time_begin_with_the_newest(world: Emulated) -> None:
    path = attempted(world, 6)
    _, http = world.http()
    times = {"after": at(world.time - 10 * HOUR), "before": at(world.time + HOUR)}

    with http:
        every = [each["id"] for each in http.get(path).json()["data"]]
        first = http.get(path, params={"limit": 4, **times}).json()
        second = http.get(path, params={"limit": 4, **times, "iterator": first["iterator"]}).json()

    assert [each["id"] for each in (*first["data"], *second["data"])] == every
    assert (first["done"], second["done"]) == (False, True)


def test_content_that_is_not_asked_for_is_an_empty_object(world: Emulated) -> None:
    path = attempted(world, 1)
    _, http = world.http()

    with http:
        shown, hidden = (
            http.get(path, params={"with_content": content}).json()["data"][0]["response"]
            for content in ("true", "false")
        )

    assert "no address answers for" in shown
    assert hidden == "{}"


def test_failed_messages_are_recovered_for_two_weeks(world: Emulated) -> None:
    path = attempted(world, 1)
    _, http = world.http()
    recover = f"{path.replace('/attempt/', '/')}/recover"

    with http:
        late = http.post(recover, json={"since": at(world.time - 15 * 24 * HOUR)})
        taken = http.post(recover, json={"since": at(world.time - 14 * 24 * HOUR)})
        world.backend.deliveries.settle()
        attempts = http.get(path).json()["data"]

    assert (late.status_code, late.json()["detail"][0]["loc"]) == (422, ["body", "since"])
    assert (taken.status_code, taken.json()["task"]) == (202, "endpoint.recover")
    assert [attempt["triggerType"] for attempt in attempts] == [1, 0]
