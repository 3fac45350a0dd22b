"""The Svix API's client: the link, pages, endpoints and their signing secrets."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients import svix
from clerkstack.clients.errors import NotFound, UnexpectedAnswer, Unprocessable
from clerkstack.clients.svix import Endpoint, SvixClient, SvixLink

HELD = {"appId": "app_ü>?", "oneTimeToken": "ott_1", "region": "eu"}
ENDPOINTS = "/api/v1/app/app_1/endpoint"


def link(encode: Any = base64.b64encode, held: object = HELD, *, padded: bool = True) -> str:
    key = encode(json.dumps(held, ensure_ascii=False).encode()).decode()
    return f"https://app.svix.test/login#key={key if padded else key.rstrip('=')}"


def shown(number: int, **more: object) -> dict[str, object]:
    base = {"id": f"ep_{number}", "url": "https://e.test", "description": "", "metadata": {}}
    return {**base, **more}


def app(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/api/v1/auth/one-time-token":
        assert "authorization" not in request.headers
        assert json.loads(request.content) == {"oneTimeToken": "ott_1"}
        return httpx.Response(200, json={"token": "tok_1", "capabilities": []})
    assert request.headers["authorization"] == "Bearer tok_1"
    match request.method, request.url.path.removeprefix(ENDPOINTS):
        case "GET", "":
            second = request.url.params.get("iterator") == "it_1"
            body = {
                "data": [shown(2 if second else 1)],
                "iterator": "it_2" if second else "it_1",
                "done": second,
            }
            return httpx.Response(200, json=body)
        case "POST", "":
            return httpx.Response(201, json={**shown(1), **json.loads(request.content)})
        case "PATCH", "/ep_1":
            return httpx.Response(200, json={**shown(1), **json.loads(request.content)})
        case "DELETE", "/ep_1":
            return httpx.Response(204)
        case "GET", "/ep_1/secret":
            return httpx.Response(200, json={"key": "whsec_abcdef"})
        case "POST", "/ep_1/secret/rotate":
            return httpx.Response(204)
    return httpx.Response(404, json={"code": "not_found", "detail": "Entity not found"})


class Seen:
    """A client of `app`, and what it sent after the exchange of the token."""

    def __init__(self, **how: Any) -> None:
        self.all: list[httpx.Request] = []
        self.client = SvixClient.from_link(
            link(held={**HELD, "appId": "app_1"}), transport=httpx.MockTransport(self.keep), **how
        )

    def keep(self, request: httpx.Request) -> httpx.Response:
        self.all.append(request)
        return app(request)

    @property
    def requests(self) -> list[httpx.Request]:
        return self.all[1:]


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padded", [True, False])
def test_a_link_is_read_in_either_alphabet(encode: Any, padded: bool) -> None:
    read = SvixLink.parse(link(encode, padded=padded))

    assert (read.app_id, read.region) == ("app_ü>?", "eu")
    assert read.one_time_token.get_secret_value() == "ott_1"
    assert "ott_1" not in repr(read)


def test_a_quoted_link_is_read() -> None:
    url = link(held={**HELD, "appId": "app_12"}).replace("=", "%3D").replace("key%3D", "key=")

    assert SvixLink.parse(url).app_id == "app_12"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no #key="),
        ("https://app.svix.test/login", "no #key="),
        ("https://[bad#key=eyJhIjoxfQ", "not a URL"),
        ("https://app.svix.test/login#key=", "no #key="),
        ("https://app.svix.test/login#key=%%%", "not base64"),
        (link(held=["a"]), "JSON"),
        (link(held={"appId": 1, "region": "eu"}), "appId, oneTimeToken"),
        (link(held={**HELD, "region": "eu.svix.com.evil.test/"}), "region"),
        ("https://app.svix.test/login#key=" + base64.b64encode(b"\xff\xfe").decode(), "JSON"),
    ],
)
def test_a_link_of_another_form_says_what_is_wrong(url: str, says: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="link to Svix") as caught:
        SvixLink.parse(url)

    assert says in str(caught.value)


def test_the_region_is_the_host() -> None:
    seen = Seen()

    seen.client.signing_secret("ep_1")

    assert {request.url.host for request in seen.all} == {"api.eu.svix.com"}
    assert seen.client.app_id == "app_1"


def test_another_address_replaces_the_region() -> None:
    seen = Seen(base_url="http://127.0.0.1:4873")

    seen.client.signing_secret("ep_1")

    assert {request.url.host for request in seen.all} == {"127.0.0.1"}


def test_all_pages_are_read() -> None:
    seen = Seen()

    found = seen.client.list_endpoints()

    assert [endpoint.id for endpoint in found] == ["ep_1", "ep_2"]
    assert len(seen.requests) == 2


def attempts(newest: datetime, *, pages: int) -> tuple[SvixClient, list[httpx.Request]]:
    """A Svix with this many pages of one attempt, each older than the one before."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("one-time-token"):
            return httpx.Response(200, json={"token": "tok_1"})
        asked.append(request)
        number = int(request.url.params.get("iterator", "0"))
        shown = {
            "id": f"atmpt_{number}",
            "statusText": "success",
            "responseStatusCode": 200,
            "timestamp": (newest - timedelta(minutes=number)).isoformat(),
        }
        done = number + 1 == pages
        body = {"data": [shown], "iterator": str(number + 1), "done": done}
        return httpx.Response(200, json=body)

    transport = httpx.MockTransport(answer)
    return SvixClient.from_link(link(), transport=transport), asked


def test_attempts_are_read_page_by_page_within_the_time() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    client, asked = attempts(since + timedelta(days=1), pages=3)

    found = client.recent_attempts("ep_1", since=since, until=since + timedelta(days=2))

    assert [attempt.id for attempt in found] == ["atmpt_0", "atmpt_1", "atmpt_2"]
    assert [each.url.params.get("iterator") for each in asked] == [None, "1", "2"]
    assert {each.url.params["after"] for each in asked} == {"2026-01-01T00:00:00Z"}
    assert {each.url.params["before"] for each in asked} == {"2026-01-03T00:00:00Z"}


def test_of_more_attempts_than_can_be_looked_through_the_newest_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(svix, "ATTEMPTS", 2)
    client, asked = attempts(datetime(2026, 1, 2, tzinfo=UTC), pages=1_000)

    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = client.recent_attempts("ep_1", since=since, until=since + timedelta(days=2))

    assert ([attempt.id for attempt in found], len(asked)) == (["atmpt_0", "atmpt_1"], 2)


def test_an_endpoint_is_made_with_its_events() -> None:
    seen = Seen()

    made = seen.client.create_endpoint(
        url="https://e.test/hook", event_types=("user.created",), description="ours"
    )

    assert json.loads(seen.requests[0].content) == {
        "url": "https://e.test/hook",
        "eventTypes": ["user.created"],
        "description": "ours",
    }
    assert made.event_types == ("user.created",)


def test_only_what_is_given_is_changed() -> None:
    seen = Seen()

    changed = seen.client.update_endpoint("ep_1", event_types=["user.deleted"])

    assert json.loads(seen.requests[0].content) == {"eventTypes": ["user.deleted"]}
    assert changed.event_types == ("user.deleted",)


def test_no_event_types_are_sent_as_null() -> None:
    seen = Seen()

    seen.client.update_endpoint("ep_1", event_types=[])

    assert json.loads(seen.requests[0].content) == {"eventTypes": None}


@pytest.mark.parametrize("status", [401, 403, 404])
def test_event_types_that_the_token_may_not_read_are_not_known(status: int) -> None:
    def refusing(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/api/v1/event-type"):
            return httpx.Response(status)
        return app(request)

    client = SvixClient.from_link(link(), transport=httpx.MockTransport(refusing))

    assert client.list_event_types() is None


def test_all_event_types_are_read() -> None:
    def paged(request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/api/v1/event-type"):
            return app(request)
        second = request.url.params.get("iterator") == "a.b"
        body = {"data": [{"name": "c.d" if second else "a.b"}], "iterator": "a.b", "done": second}
        return httpx.Response(200, json=body)

    client = SvixClient.from_link(link(), transport=httpx.MockTransport(paged))

    assert client.list_event_types() == {"a.b", "c.d"}


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({"eventTypes": ["a.b"]}, ("a.b",)),
        ({"filterTypes": ["a.b"]}, ("a.b",)),
        ({"eventTypes": None}, None),
        ({}, None),
    ],
)
def test_events_are_read_under_both_names(
    told: dict[str, object], read: tuple[str, ...] | None
) -> None:
    assert Endpoint.model_validate(shown(1, **told)).event_types == read


def test_a_secret_is_read_rotated_and_the_endpoint_removed() -> None:
    seen = Seen()

    secret = seen.client.signing_secret("ep_1")
    old = SecretStr("whsec_" + "A" * 32)
    seen.client.rotate_signing_secret("ep_1", overlap_seconds=3600, secret=old)
    seen.client.delete_endpoint("ep_1")

    assert secret.get_secret_value() == "whsec_abcdef"
    assert "abcdef" not in repr(secret)
    assert [request.method for request in seen.requests] == ["GET", "POST", "DELETE"]
    sent = json.loads(seen.requests[1].content)
    assert sent == {"gracePeriodSeconds": 3600, "key": old.get_secret_value()}


def test_a_rotation_is_sent_once() -> None:
    count = 0

    def closing(request: httpx.Request) -> httpx.Response:
        nonlocal count
        if request.url.path.endswith("/rotate"):
            count += 1
            raise httpx.ReadError("reset")
        return app(request)

    client = SvixClient.from_link(
        link(held={**HELD, "appId": "app_1"}), transport=httpx.MockTransport(closing)
    )

    with pytest.raises(Exception, match="may have been processed"):
        client.rotate_signing_secret("ep_1", overlap_seconds=0)

    assert count == 1


def test_what_svix_says_is_reported() -> None:
    with pytest.raises(NotFound, match=r"not_found\): Entity not found.*run again to create it"):
        Seen().client.signing_secret("ep_9")


def test_each_refused_field_is_reported() -> None:
    def refusing(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path == ENDPOINTS:
            detail = [{"loc": ["body", "url"], "msg": "must be https", "type": "value_error"}]
            return httpx.Response(422, json={"detail": detail})
        return app(request)

    client = SvixClient.from_link(
        link(held={**HELD, "appId": "app_1"}), transport=httpx.MockTransport(refusing)
    )

    with pytest.raises(Unprocessable, match=r"body\.url: must be https"):
        client.create_endpoint(url="http://e.test", event_types=[])
