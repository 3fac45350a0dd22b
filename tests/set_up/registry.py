"""A package registry on loopback that first refuses, and then serves its files."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat
from typing import Literal, Self

Refusal = int | Literal["reset", "cut"]
"""A status, a connection reset, or a truncated answer."""

AT_ONCE = 0.01
"""Seconds between two checks for the server's end."""


@dataclass
class Registry:
    """Serves `files` by path. `refuses` are its next answers to paths that contain `to`, and
    `for_ever` its answer after those; `besides` has next answers for single paths.

    It records the paths that it `served` and `refused`, and the credentials of the requests.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    refuses: list[Refusal] = field(default_factory=list)
    for_ever: Refusal | None = None
    to: str = ""
    besides: dict[str, list[Refusal]] = field(default_factory=dict)
    served: list[str] = field(default_factory=list)
    users: set[str | None] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        registry, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                with lock:
                    registry.users.add(self.headers["Authorization"])
                    refusal = registry._refusal(path)
                    (registry.served if refusal is None else registry.refused).append(path)
                if refusal == "reset":
                    # With this, the system sends RST instead of FIN.
                    now = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RD)
                    self.connection.close()
                elif isinstance(refusal, int):
                    self._answer(refusal, b"not now")
                elif path not in registry.files:
                    self._answer(404, b"no such thing")
                else:
                    self._answer(200, registry.files[path], cut=refusal == "cut")

            def do_HEAD(self) -> None:
                self._answer(200 if self.path in registry.files else 404, b"")

            def do_POST(self) -> None:
                self._answer(404, b"no such thing")

            def _answer(self, status: int, body: bytes, *, cut: bool = False) -> None:
                kinds = {"/": "text/html", ".json": "application/json"}
                kind = next((v for k, v in kinds.items() if self.path.endswith(k)), None)
                self.send_response(status)
                self.send_header("Content-Type", kind or "application/octet-stream")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                if status == 200 and kind is None:
                    self.send_header("Cache-Control", "max-age=600, immutable")
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if cut else body)
                self.close_connection = True

            def log_message(self, format: str, *arguments: object) -> None:
                pass

            def handle(self) -> None:
                with suppress(OSError):  # reset on purpose, or closed by the client
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(AT_ONCE,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _refusal(self, path: str) -> Refusal | None:
        if self.besides.get(path):
            return self.besides[path].pop(0)
        if self.to not in path or path.endswith(".metadata"):
            return None
        return next(chain(self._next(), repeat(self.for_ever)))

    def _next(self) -> list[Refusal]:
        return [self.refuses.pop(0)] if self.refuses else []
