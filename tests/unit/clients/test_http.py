"""What all clients do: errors by class, safe retries, no leaks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients import retries
from clerkstack.clients.errors import (
    ApiError,
    Conflict,
    Forbidden,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerError,
    Unauthorized,
    UnexpectedAnswer,
    Unprocessable,
    Unreachable,
)
from clerkstack.clients.evidence import Evidence
from clerkstack.clients.platform import PlatformClient

KEY = "ak_c2VjcmV0LXZhbHVl"
App = Callable[[httpx.Request], httpx.Response]


class Service:
    """Returns the answers of a list, the last one for ever; records the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self) -> PlatformClient:
        return PlatformClient(
            key=SecretStr(KEY),
            base_url="https://api.clerk.test",
            transport=httpx.MockTransport(self),
            sleep=self.pauses.append,
        )


def refused(status: int, headers: dict[str, str] | None = None, **more: object) -> httpx.Response:
    error = {"code": "some_code", "message": "Short.", "long_message": "Long.", **more}
    body = {"errors": [error], "clerk_trace_id": "trace_1"}
    return httpx.Response(status, json=body, headers=headers)


CONFIG = httpx.Response(200, json={"config_version": "7", "billing": {"user_enabled": True}})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ApiError),
        (401, Unauthorized),
        (402, PaymentRequired),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (422, Unprocessable),
        (429, RateLimited),
        (500, ServerError),
        (503, ServerError),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[ApiError]) -> None:
    service = Service(refused(status, meta={"param_name": "billing"}))

    with pytest.raises(kind) as caught:
        service.client().get_config("app_1", "development")

    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code) == (status, "some_code")
    assert caught.value.trace_id == "trace_1"
    for part in ("PlatformGetConfig", "some_code", "Long.", "param_name: billing", "trace_1"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "clerkstack:platformKey"),
        (403, "applications:manage"),
        (404, "clerkstack:applicationId"),
    ],
)
def test_an_error_says_what_to_do(status: int, says: str) -> None:
    with pytest.raises(ApiError, match=says):
        Service(refused(status)).client().get_application("app_1")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_repeated(status: int) -> None:
    service = Service(refused(status), CONFIG)

    config = service.client().get_config("app_1", "development")

    assert (config.version, len(service.requests)) == ("7", 2)


def test_a_write_is_not_repeated_after_a_server_error() -> None:
    service = Service(refused(500))

    with pytest.raises(ServerError):
        service.client().patch_config("app_1", "development", {}, if_match="7")

    assert len(service.requests) == 1


def test_a_write_is_not_repeated_after_a_lost_answer() -> None:
    service = Service(httpx.ReadTimeout("late"))

    with pytest.raises(Unreachable) as caught:
        service.client().patch_config("app_1", "development", {}, if_match="7")

    assert caught.value.sent is True
    assert len(service.requests) == 1


def test_a_write_is_repeated_where_it_was_never_taken() -> None:
    written = httpx.Response(200, json={"config_version": "8"})
    service = Service(refused(429), httpx.ConnectError("refused"), written)

    write = service.client().patch_config("app_1", "development", {}, if_match="7")

    assert (write.version, write.dry_run, len(service.requests)) == ("8", None, 3)


def test_retry_after_in_seconds_is_followed() -> None:
    service = Service(refused(429, {"Retry-After": "7"}), CONFIG)

    service.client().get_config("app_1", "development")

    assert service.pauses == [7.0]


def test_retry_after_as_a_date_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    stopped = SimpleNamespace(datetime=SimpleNamespace(now=lambda _zone: now), UTC=UTC)
    monkeypatch.setattr(retries, "datetime", stopped)
    when = format_datetime(now + timedelta(seconds=20), usegmt=True)
    service = Service(refused(429, {"Retry-After": when}), CONFIG)

    service.client().get_config("app_1", "development")

    assert service.pauses == [20.0]


def test_waiting_ends_after_about_a_minute() -> None:
    service = Service(refused(429, {"Retry-After": "25"}))

    with pytest.raises(RateLimited):
        service.client().get_config("app_1", "development")

    assert sum(service.pauses) <= 60


def test_a_host_that_cannot_be_reached_is_named() -> None:
    service = Service(httpx.ConnectError("no route"))

    with pytest.raises(Unreachable, match=r"https://api\.clerk\.test") as caught:
        service.client().get_config("app_1", "development")

    assert caught.value.sent is False
    assert "was not sent" in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>Sign in to the Wi-Fi</html>"),
        httpx.Response(200, text=""),
        httpx.Response(200, json={"name": "x"}),
        httpx.Response(200, json=[]),
    ],
)
def test_an_answer_of_another_form_is_reported(answer: httpx.Response) -> None:
    with pytest.raises(UnexpectedAnswer, match="PlatformGetApplication"):
        Service(answer).client().get_application("app_1")


def test_an_error_without_the_services_form_is_still_an_error() -> None:
    with pytest.raises(ApiError, match="502"):
        Service(httpx.Response(502, text="<html>bad gateway</html>")).client().get_application("a")


def test_no_key_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = refused(401, long_message=f"The key {KEY} and sk_live_abcdef are not known.")
    client = Service(echo).client()

    with pytest.raises(Unauthorized) as caught:
        client.get_application("app_1", include_secret_keys=True)

    shown = f"{caught.value} {caught.value!r} {client!r} {vars(client)!r} {caplog.text}"
    assert KEY not in shown
    assert "abcdef" not in shown
    assert caught.value.__cause__ is None


def test_secret_keys_in_answers_are_not_shown() -> None:
    instance = {
        "instance_id": "ins_1",
        "environment_type": "development",
        "secret_key": "sk_test_abcdef",
        "publishable_key": "pk_test_abc",
    }
    body = {"application_id": "app_1", "name": "n", "instances": [instance]}

    found = Service(httpx.Response(200, json=body)).client().get_application("app_1")

    assert "abcdef" not in repr(found)
    assert found.instances[0].secret_key is not None


def test_a_write_carries_its_version_and_flags() -> None:
    service = Service(httpx.Response(200, json={"config_version": "8", "dry_run": True}))

    write = service.client().patch_config(
        "app_1", "ins_1", {"a": None}, if_match="7", dry_run=True, destructive=True
    )

    request = service.requests[0]
    assert request.url.path == "/v1/platform/applications/app_1/instances/ins_1/config"
    assert dict(request.url.params) == {"dry_run": "true", "destructive": "true"}
    assert request.headers["if-match"] == "7"
    assert write.dry_run is True


def test_each_request_is_noted_once_and_without_its_query() -> None:
    noted: list[Evidence] = []
    service = Service(
        httpx.Response(503),
        httpx.Response(200, json={"application_id": "app_1", "name": "A", "instances": []}),
        refused(404),
        httpx.ReadTimeout("late"),
    )
    with PlatformClient(
        key=SecretStr(KEY),
        base_url="https://user:pass@api.clerk.test/?token=t",
        transport=httpx.MockTransport(service),
        sleep=service.pauses.append,
        note=noted.append,
    ) as client:
        client.get_application("app_1", include_secret_keys=True)
        for _ in range(2):
            with pytest.raises((NotFound, Unreachable)):
                client.get_application("app_1")

    where = "https://api.clerk.test/v1/platform/applications/app_1"
    assert {(evidence.operation, evidence.where) for evidence in noted} == {
        ("PlatformGetApplication", where)
    }
    assert [evidence.failed for evidence in noted] == [False, True, True]
    assert all(evidence.at.tzinfo is UTC for evidence in noted)
