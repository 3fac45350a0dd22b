"""The official JavaScript and Python clients of Svix, with the calls of a webhook's user."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from svix.api import EventTypeListOptions
from svix.models import (
    EndpointHeadersIn,
    EndpointHeadersPatchIn,
    EndpointIn,
    RecoverIn,
    ReplayIn,
)

from local.world.svix.event_types import EVENT_TYPES
from tests.smoke.deployment import need_app
from tests.world.node import run_script
from tests.world.receiving import Receiver, receiving
from tests.world.svix_accounts import INSTANCE, Emulated, emulated

HOST = "sendero.example.com"
SCRIPT = """
import { readFileSync } from "node:fs";
import { Svix } from "svix";
const { token, serverUrl, app, url, since } = JSON.parse(readFileSync(0, "utf8"));
const svix = new Svix(token, { serverUrl, numRetries: 0 });
const found = await svix.application.get(app);
const types = await svix.eventType.list({ limit: 250 });
const filterTypes = ["user.created", "organization.created"];
const made = await svix.endpoint.create(app, { url, filterTypes });
await svix.endpoint.headersUpdate(app, made.id, { headers: { "X-A": "1", "X-B": "2" } });
await svix.endpoint.headersPatch(app, made.id, { headers: { "X-B": "3" } });
const headers = await svix.endpoint.getHeaders(app, made.id);
const recovered = await svix.endpoint.recover(app, made.id, { since: new Date(since) });
const replayed = await svix.endpoint.replayMissing(app, made.id, { since: new Date(since) });
const attempts = await svix.messageAttempt.listByEndpoint(app, made.id);
let refused;
try {
  await svix.message.create(app, { eventType: "user.created", payload: {} });
} catch (error) { refused = [error.code, error.body.code]; }
let unknown;
try {
  await svix.endpoint.patch(app, made.id, { filterTypes: ["user.invented"] });
} catch (error) { unknown = [error.code, error.body.detail[0].msg]; }
let nothing;
try { await svix.endpoint.get(app, "none"); } catch (error) { nothing = error.code; }
console.log(JSON.stringify({
  app: found.id, types: types.data.map((each) => each.name), done: types.done,
  url: made.url, headers: headers.headers,
  tasks: [recovered.task, recovered.status, replayed.task], attempts: attempts.data.length,
  refused, unknown, nothing,
}));
"""


@pytest.fixture
def world() -> Iterator[Emulated]:
    with emulated() as made:
        made.time = time.time()
        yield made


@pytest.fixture
def app() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def sent_before(world: Emulated, count: int) -> None:
    """Messages that were sent when there was no endpoint."""
    for number in range(count):
        world.backend.deliveries.deliver(
            world.backend.create_app(INSTANCE), "user.created", {"n": number}
        )


def test_the_python_client_reads_recovers_and_replays(world: Emulated, app: Receiver) -> None:
    app_id, svix = world.sdk()
    since = datetime.now(UTC) - timedelta(hours=1)
    sent_before(world, 2)
    endpoint = svix.endpoint.create(
        app_id, EndpointIn(url="https://Sendero.Example.com:443/hook")
    ).id
    world.backend.deliveries.deliver(app_id, "user.deleted", {})  # Nobody answers: it fails.
    world.backend.deliveries.settle()
    world.backend.deliveries.hosts.route(HOST, app.url)

    names = [each.name for each in svix.event_type.list(EventTypeListOptions(limit=250)).data]
    svix.endpoint.set_headers(app_id, endpoint, EndpointHeadersIn(headers={"X-A": "1"}))
    svix.endpoint.patch_headers(
        app_id, endpoint, EndpointHeadersPatchIn(headers={"X-B": "2"}, delete_headers=["X-A"])
    )
    recovered = svix.endpoint.recover(app_id, endpoint, RecoverIn(since=since))
    world.backend.deliveries.settle()
    after_recovery = len(app.came)
    replayed = svix.endpoint.replay_missing(app_id, endpoint, ReplayIn(since=since))
    world.backend.deliveries.settle()
    again = svix.endpoint.recover(app_id, endpoint, RecoverIn(since=since))
    world.backend.deliveries.settle()

    assert svix.application.get(app_id).id == app_id
    assert svix.event_type.get("user.created").name == "user.created"
    assert names == sorted(EVENT_TYPES)
    assert svix.endpoint.get_headers(app_id, endpoint).headers == {"X-B": "2"}
    assert [each.task for each in (recovered, replayed)] == ["endpoint.recover", "endpoint.replay"]
    assert again.status == "running"
    assert (after_recovery, len(app.came)) == (1, 3)
    assert {headers["x-b"] for _, headers, _ in app.came} == {"2"}


def test_the_javascript_client_does_the_same(world: Emulated) -> None:
    need_app()
    app_id, token = world.token()
    sent_before(world, 1)
    given = {
        "token": token,
        "serverUrl": world.url,
        "app": app_id,
        "url": "https://Sendero.Example.com",
        "since": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
    }

    told = run_script(SCRIPT, given)
    world.backend.deliveries.settle()

    assert told == {
        "app": app_id,
        "types": sorted(EVENT_TYPES),
        "done": True,
        "url": "https://sendero.example.com/",
        "headers": {"X-A": "1", "X-B": "3"},
        "tasks": ["endpoint.recover", "running", "endpoint.replay"],
        "attempts": 1,
        "refused": [403, "insufficient access"],
        "unknown": [422, "The following event types don't exist: user.invented"],
        "nothing": 404,
    }
