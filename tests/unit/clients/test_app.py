"""The app as a program asks it: MCP as JSON and as events, and the errors of a failure."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.app import AppAnswered, AppClient, AppRefused
from clerkstack.clients.errors import Unreachable

KEY = SecretStr("ak_planted_secret_0123456789")
Answer = Callable[[httpx.Request], httpx.Response]


def app(answer: Answer) -> AppClient:
    return AppClient(base_url="https://app.test/", transport=httpx.MockTransport(answer))


def results(request: httpx.Request) -> dict[str, object]:
    asked = json.loads(request.content)
    found = {
        "initialize": {"protocolVersion": "2025-03-26", "serverInfo": {"name": "s"}},
        "tools/list": {"tools": [{"name": "a"}, "nonsense"]},
        "tools/call": {"isError": asked.get("params", {}).get("name") == "broken"},
    }
    return {"jsonrpc": "2.0", "id": asked.get("id"), "result": found.get(asked["method"], {})}


def test_a_server_that_answers_with_events_and_names_a_session() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        note = json.dumps({"jsonrpc": "2.0", "method": "notifications/progress"})
        text = f"data: {note}\r\n\r\nevent: message\r\ndata: {json.dumps(results(request))}\r\n\r\n"
        headers = {"Content-Type": "text/event-stream", "Mcp-Session-Id": "s1"}
        return httpx.Response(200, text=text, headers=headers)

    session = app(answer).open_mcp("/mcp", key=KEY)
    tools = session.tools()

    assert [tool["name"] for tool in tools] == ["a"]
    assert session.server == "s"
    assert all(each.headers["Authorization"] == f"Bearer {KEY.get_secret_value()}" for each in seen)
    assert [each.headers.get("Mcp-Session-Id") for each in seen] == [None, "s1", "s1"]
    assert seen[-1].headers["MCP-Protocol-Version"] == "2025-03-26"
    assert "text/event-stream" in seen[0].headers["Accept"]


def test_a_tool_that_fails_is_reported() -> None:
    session = app(lambda request: httpx.Response(200, json=results(request))).open_mcp(
        "/mcp", key=KEY
    )

    session.call_tool("a")
    with pytest.raises(AppAnswered, match="the tool broken reports a failure"):
        session.call_tool("broken")


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (200, "<html>", "no valid MCP answer to initialize"),
        (200, "[1]", "no valid MCP answer to initialize"),
        (200, '{"id": 1, "error": {"code": -32601, "message": "ak_echo"}}', "the error -32601"),
        (404, "", "POST /mcp answered 404"),
    ],
)
def test_what_is_no_answer_is_reported_without_the_key(
    status: int, content: str, said: str
) -> None:
    with pytest.raises(AppAnswered, match=said) as caught:
        app(lambda _: httpx.Response(status, text=content)).open_mcp("/mcp", key=KEY)

    assert "planted" not in repr(caught.value)
    if status != 200:
        assert isinstance(caught.value, AppRefused)
        assert caught.value.status == status


def test_an_app_that_does_not_answer_is_reported_without_the_key() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    with pytest.raises(Unreachable) as caught:
        app(fail).status("/api", token=KEY)

    assert str(caught.value) == "https://app.test/api does not answer (ConnectError)."
    assert caught.value.__context__ is None


def test_a_protected_preview_is_passed_with_vercels_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VERCEL_AUTOMATION_BYPASS_SECRET", "open")
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    assert app(answer).status("/api", token=KEY) == 204
    assert seen[0].headers["x-vercel-protection-bypass"] == "open"
