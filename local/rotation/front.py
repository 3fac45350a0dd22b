"""A proxy between the rotation and the app that forwards everything, or fails.

The traffic goes to the app directly.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from local.world.faults import Fault

PASSED_ON = {"svix-id", "svix-timestamp", "svix-signature", "content-type", "authorization"}


@dataclass
class Front:
    """An address in front of the app. `fault` is for requests whose path matches its `path`."""

    target: str
    address: str = ""
    fault: Fault | None = None
    met: int = field(default=0)

    def struck(self, path: str) -> Fault | None:
        """Return the fault for this request, if any, and count it."""
        fault = self.fault
        if fault is None or re.search(fault.path or "", path) is None:
            return None
        self.met += 1
        if fault.times is not None and self.met >= fault.times:
            self.fault = None
        return fault


@contextmanager
def in_front_of(target: str) -> Iterator[Front]:
    """Serve inside the block."""
    front = Front(target)

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            fault = front.struck(self.path)
            kind = fault.kind if fault else None
            if fault and kind in ("no_answer", "delay"):
                time.sleep(fault.seconds)
            if fault and kind == "status":
                return self.give(fault.status, b"{}", fault.retry_after)
            if kind in ("no_answer", "drop_before"):
                self.close_connection = True
                return None
            headers = {k: v for k, v in self.headers.items() if k.lower() in PASSED_ON}
            answer = httpx.request(
                self.command,
                front.target + self.path,
                content=body,
                headers=headers,
                trust_env=False,
                timeout=30,
            )
            if fault and kind == "late_answer":
                time.sleep(fault.seconds)
            if kind == "drop_after":
                self.close_connection = True
                return None
            return self.give(answer.status_code, answer.content)

        def give(self, status: int, content: bytes, retry_after: int | None = None) -> None:
            self.send_response(status)
            if retry_after is not None:
                self.send_header("Retry-After", str(retry_after))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = handle_one

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    front.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
