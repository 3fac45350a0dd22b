"""A forwarder between a client and the world that records requests and can act before a write."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

DROPPED = frozenset({"connection", "content-length", "host", "transfer-encoding"})


@dataclass(frozen=True)
class Heard:
    """A request; names of headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Between:
    """A forwarder on loopback.

    ``before_write`` runs between a client's reads and its write. With ``matches``, each write gets
    an If-Match with the version that was read last, as Clerk advises.
    """

    def __init__(self, target: str) -> None:
        self.seen: list[Heard] = []
        self.before_write: Callable[[], Any] | None = None
        self.matches = False
        self._version: str | None = None
        self._client = httpx.Client(base_url=target, trust_env=False)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Between:
        """Start."""
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    def forget(self) -> None:
        """Forget the recorded requests."""
        self.seen.clear()

    def forwarded(self, heard: Heard) -> httpx.Response:
        """Forward a request and return its answer."""
        self.seen.append(heard)
        headers = {name: value for name, value in heard.headers.items() if name not in DROPPED}
        if heard.method != "GET":
            if self.before_write is not None:
                self.before_write()
            if self.matches and self._version is not None:
                headers["if-match"] = f'"{self._version}"'
        answer = self._client.request(heard.method, heard.path, content=heard.body, headers=headers)
        if heard.method == "GET" and answer.is_success:
            body = json.loads(answer.content)
            if isinstance(body, dict):
                self._version = body.get("config_version", self._version)
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        between = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                size = int(self.headers.get("content-length", 0))
                names = {name.lower(): value for name, value in self.headers.items()}
                heard = Heard(self.command, self.path, names, self.rfile.read(size))
                answer = between.forwarded(heard)
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("content-type", ""))
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_PATCH = do_PUT = do_POST = do_DELETE = handle_one

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
