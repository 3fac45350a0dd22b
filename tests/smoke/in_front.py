"""A proxy in front of the app that answers some paths itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx


@contextmanager
def in_front(
    target: str, answers: dict[str, tuple[int, str]], *, echo_id: bool = False
) -> Iterator[str]:
    """Yield an address that answers paths with these prefixes with status and text, and forwards
    the rest. With `echo_id`, a JSON answer has the id of the request."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            for begin, (status, text) in answers.items():
                if self.path.startswith(begin):
                    if echo_id:
                        asked = json.loads(body)
                        text = json.dumps({**json.loads(text), "id": asked.get("id")})
                    return self.give(status, text.encode())
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            answer = httpx.request(
                self.command, target + self.path, content=body, headers=headers, trust_env=False
            )
            return self.give(answer.status_code, answer.content)

        def give(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = handle_one

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
