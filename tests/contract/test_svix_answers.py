"""Every answer of the emulated Svix fits the official description."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import jsonschema
import pytest

from clerkstack.settings.events import PUBLISHED_EVENTS, UNPUBLISHED_EVENTS
from local.world.svix import SvixBackend, SvixService
from local.world.svix.event_types import EVENT_TYPES
from tests.descriptions import document, plain, webhooks
from tests.world.serving import serving

pytestmark = pytest.mark.contract

URL = "https://sendero.example.com/api/webhooks/clerk"
APP = "/api/v1/app/{app_id}"
ENDPOINT = f"{APP}/endpoint"
TYPES = "/api/v1/event-type"
ONE = f"{ENDPOINT}/{{endpoint_id}}"


class Description:
    """The official description, as the source of the schema of one answer."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths = document["paths"]
        components = plain(document["components"])
        self._validator = jsonschema.Draft202012Validator(
            {"components": components}, format_checker=jsonschema.FormatChecker()
        )

    def check(self, path: str, answer: httpx.Response) -> None:
        """Fail unless status and body are described for this operation."""
        operation = self._paths[path][answer.request.method.lower()]
        described = operation["responses"].get(str(answer.status_code))
        assert described is not None, f"{answer.request.method} {path} has no {answer.status_code}"
        content = described.get("content")
        if content is None:
            assert answer.content == b""
            return
        schema = plain(content["application/json"]["schema"])
        self._validator.evolve(
            schema={**schema, "components": self._validator.schema["components"]}
        ).validate(answer.json())


@pytest.fixture(scope="module")
def description() -> Description:
    return Description(document("svix"))


@pytest.fixture
def backend() -> SvixBackend:
    return SvixBackend()


@pytest.fixture
def client(backend: SvixBackend) -> Iterator[httpx.Client]:
    with serving(SvixService(backend)) as url, httpx.Client(base_url=url) as made:
        yield made


@pytest.fixture
def app(backend: SvixBackend, client: httpx.Client) -> str:
    """An application whose token the client carries."""
    app_id = backend.create_app("ins_development")
    (token,) = _one_time_tokens(backend, app_id)
    answer = client.post("/api/v1/auth/one-time-token", json={"oneTimeToken": token})
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return app_id


def _one_time_tokens(backend: SvixBackend, app_id: str) -> list[str]:
    backend.link("ins_development")
    return list(backend.apps()[app_id].one_time_tokens)


def test_the_token_exchange_answers_as_described(
    description: Description, backend: SvixBackend, client: httpx.Client
) -> None:
    (token,) = _one_time_tokens(backend, backend.create_app("ins_development"))

    answers = [
        client.post("/api/v1/auth/one-time-token", json=body)
        for body in ({"oneTimeToken": token}, {"oneTimeToken": token}, {})
    ]

    assert [answer.status_code for answer in answers] == [200, 401, 422]
    for answer in answers:
        description.check("/api/v1/auth/one-time-token", answer)


def test_the_life_of_an_endpoint_answers_as_described(
    description: Description, client: httpx.Client, app: str, backend: SvixBackend
) -> None:
    client.headers["Authorization"] = f"Bearer {backend.organization_token()}"
    path = ENDPOINT.format(app_id=app)
    example = {"eventType": "user.created"}
    period = {"since": datetime.now(UTC).isoformat()}
    full = {
        "url": URL,
        "description": "ours",
        "uid": "one",
        "eventTypes": ["user.created"],
        "channels": ["a"],
        "throttleRate": 5,
        "metadata": {"made-by": "clerkstack"},
        "headers": {"X-One": "1"},
    }
    key = {"Idempotency-Key": "one"}
    made = client.post(path, json=full)
    one = f"{path}/{made.json()['id']}"

    answers = [
        (ENDPOINT, made),
        (ENDPOINT, client.post(path, json={"url": URL}, headers=key)),
        (ENDPOINT, client.post(path, json={"url": URL}, headers=key)),
        (ENDPOINT, client.get(path, params={"limit": 1})),
        (ENDPOINT, client.get(path)),
        (ONE, client.get(one)),
        (ONE, client.patch(one, json={"eventTypes": ["user.deleted"], "throttleRate": None})),
        (ONE, client.put(one, json={"url": URL})),
        (ONE, client.put(f"{path}/two", json={"url": URL})),
        (f"{ONE}/secret", client.get(f"{one}/secret")),
        (f"{ONE}/secret/rotate", client.post(f"{one}/secret/rotate", json={})),
        (f"{ONE}/headers", client.get(f"{one}/headers")),
        (f"{ONE}/stats", client.get(f"{one}/stats")),
        (f"{ONE}/headers", client.put(f"{one}/headers", json={"headers": {"X-Two": "2"}})),
        (f"{ONE}/headers", client.patch(f"{one}/headers", json={"headers": {"X-Two": None}})),
        (f"{ONE}/send-example", client.post(f"{one}/send-example", json=example)),
        (f"{ONE}/recover", client.post(f"{one}/recover", json=period)),
        (f"{ONE}/replay-missing", client.post(f"{one}/replay-missing", json=period)),
        (APP, client.get(APP.format(app_id=app))),
        (TYPES, client.get(TYPES, params={"limit": 250})),
        (f"{TYPES}/{{event_type_name}}", client.get(f"{TYPES}/user.created")),
        (ONE, client.delete(one)),
    ]

    assert [answer.status_code for _, answer in answers] == [
        *(201, 201, 201, 200, 200, 200, 200, 200, 201, 200, 204, 200, 200, 204, 204),
        *(202, 202, 202, 200, 200, 200, 204),
    ]
    for where, answer in answers:
        description.check(where, answer)


def test_refusals_answer_as_described(
    description: Description, client: httpx.Client, app: str
) -> None:
    path = ENDPOINT.format(app_id=app)
    client.post(path, json={"url": URL, "uid": "one"})
    nobody = {"Authorization": "Bearer nobody"}
    example = {"eventType": "user.created"}

    answers = [
        (ENDPOINT, client.get(path, headers=nobody)),
        (ENDPOINT, client.get(path, params={"limit": 251})),
        (ENDPOINT, client.get(path, params={"limit": "²"})),
        (ENDPOINT, client.get(path, params={"iterator": "ep_1"})),
        (ENDPOINT, client.post(path, json={"url": "no"})),
        (ENDPOINT, client.post(path, json={"url": URL, "uid": "one"})),
        (ENDPOINT, client.post(path, content=b"{")),
        (ENDPOINT, client.post(path, content=b"[" * 100_000)),
        (ONE, client.get(f"{path}/none")),
        (ONE, client.patch(f"{path}/one", json={"eventTypes": []})),
        (ONE, client.patch(f"{path}/one", json={"eventTypes": ["user.invented"]})),
        (f"{ONE}/send-example", client.post(f"{path}/one/send-example", json=example)),
        (ONE, client.patch(f"{path}/one", json={"url": None})),
        (ONE, client.put(f"{path}/a b", json={"url": URL})),
    ]

    assert [answer.status_code for _, answer in answers] == [
        *(401, 422, 422, 422, 422, 409, 422, 422, 404, 422, 422, 403, 422, 422)
    ]
    for where, answer in answers:
        description.check(where, answer)


def test_a_body_that_does_not_fit_is_noticed(description: Description) -> None:
    request = httpx.Request("GET", "https://svix.example.com")
    answer = httpx.Response(200, json={"data": [], "done": "yes"}, request=request)

    with pytest.raises(jsonschema.ValidationError):
        description.check(ENDPOINT, answer)


def test_the_catalogue_is_that_of_the_published_webhooks() -> None:
    assert set(EVENT_TYPES) == webhooks() == PUBLISHED_EVENTS
    assert not UNPUBLISHED_EVENTS & webhooks()
