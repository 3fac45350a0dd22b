"""The app itself, requested like its users' programs and browsers do: MCP, and gated routes.

The Model Context Protocol over streamable HTTP (https://modelcontextprotocol.io/specification):
an answer is JSON or a stream of events, and a server may return a session id to send back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import httpx
from pydantic import SecretStr

from clerkstack.clients.errors import Unreachable
from clerkstack.clients.http import user_agent
from clerkstack.problems import ClerkstackError

MCP_VERSION = "2025-06-18"
TIMEOUT = httpx.Timeout(30.0, connect=10.0)  # seconds; serverless functions have cold starts
BYPASS = "VERCEL_AUTOMATION_BYPASS_SECRET"
"""Vercel's name for the secret that lets automation through a deployment's protection."""


class AppAnswered(ClerkstackError):
    """The app gave a wrong answer."""


class AppClient:
    """Client of one deployment of the app."""

    def __init__(self, *, base_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.address = base_url.rstrip("/")
        headers = {"User-Agent": user_agent()}
        if bypass := os.environ.get(BYPASS):
            headers["x-vercel-protection-bypass"] = bypass
        self._client = httpx.Client(
            base_url=self.address, headers=headers, timeout=TIMEOUT, transport=transport
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def status(self, path: str, *, token: SecretStr) -> int:
        """The status of a GET to a route with the token.

        Raises:
            Unreachable: no answer.
        """
        return self._asked("GET", path, token).status_code

    def open_mcp(self, path: str, *, key: SecretStr) -> McpSession:
        """Begin a session with the MCP server.

        Raises:
            Unreachable: no answer.
            AppAnswered: it is not an answer of an MCP server.
        """
        session = McpSession(self, path, key)
        session.begin()
        return session

    def _asked(
        self,
        method: str,
        path: str,
        token: SecretStr,
        *,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {token.get_secret_value()}", **(headers or {})}
        try:
            return self._client.request(method, path, json=body, headers=sent)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            wrong = type(error).__name__
        # Raised outside the `except`, so that it does not reference the request and its key.
        raise Unreachable(f"{self.address}{path} does not answer ({wrong}).", sent=True)


class McpSession:
    """A conversation with an MCP server, by API key."""

    def __init__(self, app: AppClient, path: str, key: SecretStr) -> None:
        self._app, self._path, self._key = app, path, key
        self._headers = {"Accept": "application/json, text/event-stream"}
        self._sent = 0
        self.server = ""

    def begin(self) -> None:
        """Initialize the session (`initialize`)."""
        about = {"name": "clerkstack", "version": "1"}
        params = {"protocolVersion": MCP_VERSION, "capabilities": {}, "clientInfo": about}
        answer = self.call("initialize", params)
        version = str(answer.get("protocolVersion", MCP_VERSION))
        self._headers["MCP-Protocol-Version"] = version
        self.server = str((answer.get("serverInfo") or {}).get("name", ""))
        self._post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def tools(self) -> list[dict[str, Any]]:
        """The server's tools (`tools/list`)."""
        tools = self.call("tools/list", {}).get("tools")
        return [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []

    def call_tool(self, name: str) -> None:
        """Call a tool that needs no arguments (`tools/call`)."""
        if self.call("tools/call", {"name": name, "arguments": {}}).get("isError"):
            raise AppAnswered(f"{self._path}: the tool {name} reports a failure")

    def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send a request and return its result.

        Raises:
            Unreachable: no answer.
            AppAnswered: an error, or not an answer of an MCP server.
        """
        self._sent += 1
        answer = self._post(
            {"jsonrpc": "2.0", "id": self._sent, "method": method, "params": params}
        )
        session = answer.headers.get("Mcp-Session-Id")
        if session:
            self._headers["Mcp-Session-Id"] = session
        for message in _messages(answer):
            if message.get("id") != self._sent:
                continue
            if isinstance(error := message.get("error"), dict):
                code = error.get("code")
                raise AppAnswered(f"POST {self._path}: {method} ended with the error {code}")
            if isinstance(result := message.get("result"), dict):
                return result
        raise AppAnswered(f"POST {self._path}: no valid MCP answer to {method}")

    def _post(self, body: dict[str, Any]) -> httpx.Response:
        answer = self._app._asked("POST", self._path, self._key, body=body, headers=self._headers)
        if not answer.is_success:
            raise AppRefused(self._path, answer.status_code)
        return answer


class AppRefused(AppAnswered):
    """The app refused a request."""

    def __init__(self, path: str, status: int) -> None:
        self.status = status
        super().__init__(f"POST {path} answered {status}")


def _messages(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    texts = [answer.text]
    if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
        events = answer.text.replace("\r\n", "\n").split("\n\n")
        texts = [
            "\n".join(line[5:].strip() for line in event.split("\n") if line.startswith("data:"))
            for event in events
        ]
    for text in texts:
        try:
            message = json.loads(text)
        except ValueError:
            continue
        yield from (
            item
            for item in (message if isinstance(message, list) else [message])
            if isinstance(item, dict)
        )
