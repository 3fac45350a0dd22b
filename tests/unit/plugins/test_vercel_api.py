"""The plugin's requests to Vercel: rate limits, refusals, lost connections."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from local.machine.plugins.service import PluginError
from local.machine.plugins.vercel.api import Api, Refused
from local.machine.plugins.vercel.provider import VercelProvider

TOKEN = "localVercelToken00000000001"


def api(app: Callable[[httpx.Request], httpx.Response], *, team: str | None = None) -> Api:
    return Api(
        token=TOKEN,
        base_url="https://vercel.example.com",
        team=team,
        transport=httpx.MockTransport(app),
    )


def limited(seconds: str) -> httpx.Response:
    body = {"error": {"code": "rate_limited", "message": "Slow down"}}
    return httpx.Response(429, headers={"Retry-After": seconds}, json=body)


def test_a_rate_limit_is_waited_for_as_long_as_vercel_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [limited("7"), limited("9"), httpx.Response(200, json={"id": "x"})]
    made = api(lambda request: answers.pop(0))
    waits: list[float] = []
    monkeypatch.setattr(made._stopped, "wait", lambda seconds: waits.append(seconds))

    answer = made.request("GET", "/v10/projects/x", team_id=None)

    assert answer == {"id": "x"}
    assert waits == [7.0, 9.0]


def test_a_rate_limit_is_given_up_after_three_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[httpx.Request] = []
    made = api(lambda request: sent.append(request) or limited("1"))  # type: ignore[func-returns-value]
    monkeypatch.setattr(made._stopped, "wait", lambda seconds: False)

    with pytest.raises(Refused, match="rate_limited - Slow down"):
        made.request("GET", "/v10/projects/x", team_id=None)

    assert len(sent) == 4


def test_a_very_long_rate_limit_is_reported_at_once() -> None:
    sent: list[httpx.Request] = []
    made = api(lambda request: sent.append(request) or limited("300"))  # type: ignore[func-returns-value]

    with pytest.raises(Refused):
        made.request("GET", "/v10/projects/x", team_id=None)

    assert len(sent) == 1


@pytest.mark.parametrize("status", [400, 500, 503])
def test_other_errors_are_not_repeated(status: int) -> None:
    sent: list[httpx.Request] = []

    def app(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(status, text="<html>")

    with pytest.raises(Refused) as refused:
        api(app).request("POST", "/v10/projects/x/env", team_id=None, body={})

    assert (refused.value.status, len(sent)) == (status, 1)


def test_a_lost_connection_names_the_host_and_no_token() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(PluginError) as error:
        api(app).request("GET", "/v10/projects/x", team_id=None)

    assert "https://vercel.example.com" in str(error.value)
    assert TOKEN not in str(error.value)


def test_after_a_stop_nothing_is_sent() -> None:
    made = api(lambda request: pytest.fail("sent"))
    made.stop()

    with pytest.raises(PluginError, match="being stopped"):
        made.request("GET", "/v10/projects/x", team_id=None)


def test_all_pages_are_read() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        until = request.url.params.get("until")
        following = {None: 5, "5": 3, "3": None}[until]
        return httpx.Response(
            200, json={"envs": [{"id": until or "first"}], "pagination": {"next": following}}
        )

    listed = list(api(app).variables("prj_x", None))

    assert [one["id"] for one in listed] == ["first", "5", "3"]


def test_a_default_team_given_by_slug_is_looked_up_once() -> None:
    asked: list[str] = []

    def app(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"id": "team_1"})

    made = api(app, team="our-team")

    assert [made.team_id(None), made.team_id("team_2"), made.team_id(None)] == [
        "team_1",
        "team_2",
        "team_1",
    ]
    assert asked == ["/v2/teams/our-team"]


def test_a_token_of_the_wrong_form_is_refused_without_showing_it() -> None:
    with pytest.raises(PluginError, match="vercel:apiToken") as refused:
        VercelProvider().configure({"apiToken": "short"})

    assert "short" not in str(refused.value)


def test_a_missing_token_is_reported_in_the_official_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VERCEL_API_TOKEN", raising=False)

    words = "^Unable to find api_token: api_token cannot be an empty string$"
    with pytest.raises(PluginError, match=words):
        VercelProvider().configure({"apiToken": ""})


def test_a_refusal_that_repeats_what_was_sent_shows_no_secret() -> None:
    secret = "Qm7xV2kLp9sTr4w"

    def repeats(request: httpx.Request) -> httpx.Response:
        said = f"{request.headers['Authorization']} sent {request.content.decode()}"
        error = {"code": "BAD_REQUEST", "message": said}
        return httpx.Response(400, json={"error": error, "failed": [{"error": error}]})

    body = [
        {"key": "CLERK_WEBHOOK_SECRET", "value": secret, "type": "sensitive"},
        {"key": "NEXT_PUBLIC_APP_URL", "value": "https://sendero.example", "type": "plain"},
    ]
    with pytest.raises(Refused, match="NEXT_PUBLIC_APP_URL") as caught:
        api(repeats).request("POST", "/v10/projects/x/env", team_id=None, body=body)

    shown = f"{caught.value} {caught.value.error} {caught.value.failed}"
    assert secret not in shown
    assert TOKEN not in shown
