"""When requests are sent again, how long it waits, and when it gives up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.bearer_key import BearerKey
from clerkstack.clients.errors import NotFound, RateLimited, Refusal, ServerError, Unreachable
from clerkstack.clients.http import Http, Service
from clerkstack.clients.platform import PlatformClient
from clerkstack.clients.retries import ATTEMPTS, SECONDS_IN_ALL, retry_after

SERVICE = Service(name="Shop", setting="urls.shop", read_error=lambda body: Refusal(), remedies={})


class Clock:
    """A clock that advances only when something waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def read(self) -> float:
        return self.now


def sent(clock: Clock, app: Callable[[httpx.Request], httpx.Response], method: str) -> int:
    """Return how often a request was sent to `app`, whatever the result."""
    count = 0

    def counting(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        return app(request)

    http = Http(
        SERVICE,
        base_url="https://shop.test",
        key=None,
        transport=httpx.MockTransport(counting),
        sleep=clock.sleep,
        clock=clock.read,
    )
    with pytest.raises((ServerError, RateLimited, Unreachable, NotFound)):
        http.send("buy", method, "/things")
    return count


def status(code: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(code, json={}, headers=headers)


def fails(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def app(request: httpx.Request) -> httpx.Response:
        raise error

    return app


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("app", [status(503), fails(httpx.ReadTimeout("late"))])
def test_what_is_safe_is_sent_again(
    method: str, app: Callable[[httpx.Request], httpx.Response]
) -> None:
    assert sent(Clock(), app, method) == ATTEMPTS


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("late"),
        httpx.WriteTimeout("late"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
    ],
)
def test_a_write_that_may_have_arrived_is_sent_once(method: str, error: Exception) -> None:
    assert sent(Clock(), fails(error), method) == 1


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_a_write_is_sent_once_where_the_service_failed(code: int) -> None:
    assert sent(Clock(), status(code), "POST") == 1


@pytest.mark.parametrize(
    "app",
    [
        status(429),
        fails(httpx.ConnectError("refused")),
        fails(httpx.ConnectTimeout("late")),
        fails(httpx.PoolTimeout("busy")),
    ],
)
def test_a_write_that_was_not_taken_is_sent_again(
    app: Callable[[httpx.Request], httpx.Response],
) -> None:
    assert sent(Clock(), app, "POST") == ATTEMPTS


@pytest.mark.parametrize("code", [400, 404, 409, 422, 501])
def test_a_final_answer_is_not_asked_for_again(code: int) -> None:
    http = Http(
        SERVICE,
        base_url="https://shop.test",
        key=None,
        transport=httpx.MockTransport(status(code)),
        sleep=lambda seconds: pytest.fail("it waited"),
    )

    with pytest.raises(Exception, match=str(code)):
        http.send("look", "GET", "/things")


def test_waits_grow_and_are_not_all_the_same() -> None:
    clocks = [Clock(), Clock()]

    for clock in clocks:
        sent(clock, status(503), "GET")

    first, second = (clock.pauses for clock in clocks)
    assert first == sorted(first)
    assert first != second
    assert len(first) == ATTEMPTS - 1


def test_no_wait_begins_that_would_end_too_late() -> None:
    clock = Clock()

    count = sent(clock, status(429, **{"Retry-After": "25"}), "GET")

    assert clock.pauses == [25.0, 25.0]
    assert count == 3


def test_whoever_waits_long_is_told_why(caplog: pytest.LogCaptureFixture) -> None:
    sent(Clock(), status(429, **{"Retry-After": "25"}), "GET")
    sent(Clock(), status(429, **{"Retry-After": "1"}), "GET")

    assert caplog.messages == ["Shop: waiting 25 seconds to send buy again"] * 2


def test_slow_attempts_count_as_time_too() -> None:
    clock = Clock()

    def slow(request: httpx.Request) -> httpx.Response:
        clock.now += 31
        raise httpx.ReadTimeout("late")

    assert sent(clock, slow, "GET") == 2
    assert clock.now - 100 < SECONDS_IN_ALL + 31


def test_a_long_wait_is_left_to_the_person() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        body = {"errors": [{"code": "too_many_requests", "message": "Slow down."}]}
        return httpx.Response(429, json=body, headers={"Retry-After": "3600"})

    client = PlatformClient(
        key=SecretStr("ak_abcdef"),
        base_url="https://api.clerk.test",
        transport=httpx.MockTransport(app),
        sleep=lambda seconds: pytest.fail("it waited"),
    )

    with pytest.raises(RateLimited, match="wait 3600 seconds") as caught:
        client.get_application("app_1")

    assert caught.value.retry_after == 3600


def test_an_address_that_is_no_url_is_not_tried_twice() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        raise httpx.UnsupportedProtocol("no scheme")

    assert sent(Clock(), app, "GET") == 1


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), RuntimeError("a bug")], ids=["interrupt", "bug"]
)
def test_what_is_not_the_networks_fault_passes_through(error: BaseException) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        raise error

    http = Http(SERVICE, base_url="https://shop.test", key=None, transport=httpx.MockTransport(app))

    with pytest.raises(type(error)):
        http.send("look", "GET", "/things")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("", None), ("soon", None), ("²", None), ("-3", None)],
)
def test_retry_after_is_read(value: str, seconds: float | None) -> None:
    headers = [(b"Retry-After", value.encode())]

    assert retry_after(httpx.Response(429, headers=headers)) == seconds


@pytest.mark.parametrize("ahead", [3000, -3000])
def test_retry_after_as_a_date_is_never_negative(ahead: int) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)

    found = retry_after(httpx.Response(429, headers={"Retry-After": date}))

    assert found is not None
    assert max(0, ahead - 900) <= found <= max(0, ahead)


def test_a_date_without_a_zone_is_read_as_utc() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=3000)).replace("+0000", "-0000")

    found = retry_after(httpx.Response(503, headers={"Retry-After": date}))

    assert found is not None
    assert 2000 < found <= 3000


def test_a_key_is_added_to_every_attempt() -> None:
    seen: list[str] = []

    def app(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200 if len(seen) > 1 else 503)

    http = Http(
        SERVICE,
        base_url="https://shop.test",
        key=SecretStr("key123"),
        transport=httpx.MockTransport(app),
        sleep=lambda seconds: None,
    )

    http.send("look", "GET", "/things")

    assert seen == ["Bearer key123"] * 2
    assert "key123" not in repr(BearerKey(SecretStr("key123"), vendor="Shop"))
