"""Messages of Svix: signed, delivered to routed hosts only, every attempt recorded."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from svix.api import MessageAttemptListByEndpointOptions, MessageListOptions
from svix.models import EndpointIn, EndpointPatch, EventExampleIn, MessageIn
from svix.webhooks import Webhook, WebhookVerificationError

from local.world import World
from tests.world.receiving import Receiver, receiving
from tests.world.svix_accounts import URL, Emulated, emulated

HOST = "sendero.example.com"


@pytest.fixture
def world() -> Iterator[Emulated]:
    with emulated() as made:
        yield made


@pytest.fixture
def app() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def now(world: Emulated) -> None:
    """The official library refuses timestamps outside its tolerance."""
    import time

    world.time = time.time()


@pytest.mark.usefixtures("now")
def test_a_message_is_signed_as_the_official_library_verifies(
    world: Emulated, app: Receiver
) -> None:
    app_id, svix = world.sdk()
    endpoint = svix.endpoint.create(app_id, EndpointIn(url=URL, headers={"X-Own": "1"})).id
    secret = svix.endpoint.get_secret(app_id, endpoint).key
    world.backend.deliveries.hosts.route(HOST, app.url)

    sent = world.backend.deliveries.deliver(app_id, "user.created", {"data": {"id": "user_1"}})
    world.backend.deliveries.settle()

    [(path, headers, body)] = app.came
    assert path == "/api/webhooks/clerk"
    assert (headers["host"], headers["x-own"], headers["svix-id"]) == (HOST, "1", sent)
    Webhook(secret).verify(body, headers)
    assert json.loads(body) == {"data": {"id": "user_1"}}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)
    [attempt] = svix.message_attempt.list_by_endpoint(app_id, endpoint).data
    assert (attempt.status, attempt.response_status_code, attempt.msg_id) == (0, 200, sent)


@pytest.mark.usefixtures("now")
def test_during_the_overlap_both_secrets_verify(world: Emulated, app: Receiver) -> None:
    path, http = world.http()
    app_id = next(iter(world.backend.apps()))
    with http:
        endpoint = http.post(path, json={"url": URL}).json()["id"]
        old = http.get(f"{path}/{endpoint}/secret").json()["key"]
        http.post(f"{path}/{endpoint}/secret/rotate", json={"gracePeriodSeconds": 60})
        new = http.get(f"{path}/{endpoint}/secret").json()["key"]
    world.backend.deliveries.hosts.route(HOST, app.url)

    world.backend.deliveries.deliver(app_id, "user.created", {})
    world.backend.deliveries.settle()
    world.time += 61
    world.backend.deliveries.deliver(app_id, "user.created", {})
    world.backend.deliveries.settle()

    (_, during, body), (_, after, _) = app.came
    for secret in (old, new):
        Webhook(secret).verify(body, during)
    Webhook(new).verify(body, after)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, after)


def test_only_endpoints_that_want_the_event_get_it(world: Emulated, app: Receiver) -> None:
    app_id, svix = world.sdk()
    for name, more in {
        "all": {},
        "fitting": {"event_types": ["user.created"]},
        "other": {"event_types": ["user.deleted"]},
        "disabled": {"disabled": True},
    }.items():
        svix.endpoint.create(app_id, EndpointIn(url=f"https://{HOST}/{name}", **more))
    world.backend.deliveries.hosts.route(HOST, app.url)

    world.backend.deliveries.deliver(app_id, "user.created", {})
    world.backend.deliveries.settle()

    assert sorted(path for path, _, _ in app.came) == ["/all", "/fitting"]


def test_without_a_route_nothing_leaves_and_the_attempt_has_failed(
    world: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    app_id, svix = world.sdk()
    endpoints = [
        svix.endpoint.create(app_id, EndpointIn(url=url)).id
        for url in (URL, "http://localhost:9/", "https://203.0.113.7/hook")
    ]
    asked: list[Any] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        asked.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)

    world.backend.deliveries.deliver(app_id, "user.created", {})
    world.backend.deliveries.settle()

    assert asked == []
    shown = MessageAttemptListByEndpointOptions(with_content=True)
    for endpoint in endpoints:
        [attempt] = svix.message_attempt.list_by_endpoint(app_id, endpoint, shown).data
        assert (attempt.status, attempt.response_status_code) == (2, 0)
        assert "no address answers for" in attempt.response


def test_a_failed_message_is_counted_found_and_sent_again(world: Emulated, app: Receiver) -> None:
    app_id, svix = world.sdk(organization=True)
    endpoint = svix.endpoint.create(app_id, EndpointIn(url=URL)).id
    world.backend.deliveries.hosts.route(HOST, app.url)
    app.answer = lambda headers, body: 500
    message = svix.message.create(app_id, MessageIn(event_type="user.created", payload={"a": 1}))
    world.backend.deliveries.settle()
    before = svix.endpoint.get_stats(app_id, endpoint)
    failed = MessageAttemptListByEndpointOptions(status=2, with_msg=True)
    [attempt] = svix.message_attempt.list_by_endpoint(app_id, endpoint, failed).data
    app.answer = lambda headers, body: 204

    svix.message_attempt.resend(app_id, message.id, endpoint)
    world.backend.deliveries.settle()

    after = svix.endpoint.get_stats(app_id, endpoint)
    assert (before.fail, before.success) == (1, 0)
    assert (attempt.response_status_code, attempt.trigger_type) == (500, 0)
    assert attempt.msg is not None
    assert attempt.msg.event_type == "user.created"
    assert (after.fail, after.success) == (0, 1)
    by_message = svix.message_attempt.list_by_msg(app_id, message.id).data
    assert [(each.status, each.trigger_type) for each in by_message] == [(0, 1), (2, 0)]
    assert svix.message_attempt.get(app_id, message.id, attempt.id).id == attempt.id


def test_an_example_goes_to_its_endpoint(world: Emulated, app: Receiver) -> None:
    app_id, svix = world.sdk(organization=True)
    endpoint = svix.endpoint.create(app_id, EndpointIn(url=URL)).id
    world.backend.deliveries.hosts.route(HOST, app.url)

    svix.endpoint.send_example(app_id, endpoint, EventExampleIn(event_type="user.created"))
    world.backend.deliveries.settle()

    assert json.loads(app.came[0][2])["type"] == "user.created"
    assert svix.endpoint.get_stats(app_id, endpoint).success == 1


def test_messages_are_listed_newest_first_page_by_page(world: Emulated) -> None:
    app_id, svix = world.sdk(organization=True)
    made = [
        svix.message.create(
            app_id, MessageIn(event_type=f"event.{n % 2}", payload={"n": n}, event_id=f"e{n}")
        ).id
        for n in range(5)
    ]

    first = svix.message.list(app_id, MessageListOptions(limit=3))
    second = svix.message.list(app_id, MessageListOptions(limit=3, iterator=first.iterator))
    odd = svix.message.list(app_id, MessageListOptions(event_types=["event.1"]))

    assert [each.id for each in first.data + second.data] == made[::-1]
    assert (first.done, second.done) == (False, True)
    assert [each.id for each in odd.data] == [made[3], made[1]]
    assert svix.message.get(app_id, "e2").id == made[2]


def test_a_repeated_event_id_is_refused(world: Emulated) -> None:
    path, http = world.http(organization=True)
    messages = path.removesuffix("endpoint") + "msg"
    body = {"eventType": "user.created", "payload": {}, "eventId": "one"}

    with http:
        answers = [http.post(messages, json=body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 409]


def test_a_removed_endpoint_gets_nothing_more(world: Emulated, app: Receiver) -> None:
    app_id, svix = world.sdk()
    endpoint = svix.endpoint.create(app_id, EndpointIn(url=URL)).id
    world.backend.deliveries.hosts.route(HOST, app.url)
    svix.endpoint.patch(app_id, endpoint, EndpointPatch(disabled=True))

    world.backend.deliveries.deliver(app_id, "user.created", {})
    world.backend.deliveries.settle()

    assert app.came == []
    assert svix.message_attempt.list_by_endpoint(app_id, endpoint).data == []


def test_a_routed_host_is_reached_through_the_proxy_until_the_route_ends(app: Receiver) -> None:
    with World() as world:
        world.route("sendero.example", app.url)
        context = ssl.create_default_context(cafile=str(world.urls.ca_file))

        with httpx.Client(proxy=world.urls.proxy, verify=context, trust_env=False) as client:
            answer = client.post("https://sendero.example/api", content=b"x")
            world.route("sendero.example", None)
        with (
            httpx.Client(proxy=world.urls.proxy, verify=context, trust_env=False) as client,
            pytest.raises(httpx.ProxyError, match="403"),
        ):
            client.post("https://sendero.example/api")

    assert answer.status_code == 200
    assert app.came[0][0] == "/api"


def test_a_vendor_s_host_cannot_be_given_away(app: Receiver) -> None:
    with World() as world:
        world.route("api.clerk.com", app.url)
        context = ssl.create_default_context(cafile=str(world.urls.ca_file))
        with httpx.Client(proxy=world.urls.proxy, verify=context, trust_env=False) as client:
            answer = client.get("https://api.clerk.com/v1/instance")

    assert answer.status_code == 401
    assert app.came == []


@pytest.mark.parametrize(
    "address",
    ["https://127.0.0.1:1", "http://example.com:80", "http://127.0.0.1", "http://127.0.0.1:1/a"],
)
def test_only_an_address_on_loopback_answers_for_a_host(address: str) -> None:
    with World(proxy=False) as world, pytest.raises(ValueError, match="not an address"):
        world.route("sendero.example", address)


def test_the_control_api_sets_lists_and_ends_routes() -> None:
    with World(proxy=False) as world:
        routes = f"{world.urls.control}/routes"
        body = {"host": "Sendero.example", "address": "http://127.0.0.1:3000"}

        made = httpx.post(routes, json=body).json()
        wrong = [httpx.post(routes, json=each).status_code for each in ({}, [], {"host": 1})]
        ended = httpx.post(routes, json=body | {"address": None}).json()

    assert made == {"sendero.example": "http://127.0.0.1:3000"}
    assert wrong == [400, 400, 400]
    assert ended == {}


def test_what_the_world_took_back_is_not_delivered(app: Receiver) -> None:
    with World(proxy=False) as world:
        app_id = world.svix.create_app("ins_x")
        svix = world.svix
        from local.world.svix.inputs import EndpointCreate

        svix.create_endpoint(svix.apps()[app_id], EndpointCreate(url=URL))
        world.route(HOST, app.url)
        before = svix.dump()
        with svix.deliveries.guard:
            svix.deliveries.deliver(app_id, "user.created", {})
            svix.load(json.loads(json.dumps(before)))
        svix.deliveries.settle()

    assert app.came == []


def test_attempts_survive_a_restart(tmp_path: Path) -> None:
    from local.world.svix.inputs import EndpointCreate

    with World(tmp_path, proxy=False) as world:
        app_id = world.svix.create_app("ins_x")
        world.svix.create_endpoint(world.svix.apps()[app_id], EndpointCreate(url=URL))
        with world.svix.deliveries.guard:
            world.svix.deliveries.deliver(app_id, "user.created", {})
        world.svix.deliveries.settle()

    with World(tmp_path, proxy=False) as again:
        attempts = again.svix.apps()[app_id].sent.attempts

    assert [attempt.code for attempt in attempts.values()] == [0]
