"""Continuous traffic for the app: signed webhooks and API keys, and some invalid ones."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from local.world.svix.signing import signed_headers

BEAT = 0.05  # seconds between two valid requests of one kind
SELDOM = 0.25  # seconds between two invalid requests
SENDERS = 4  # of each kind, so that a slow answer does not delay the next request
PATIENCE = 30.0  # seconds for an answer
WEBHOOK, MCP = "/api/webhooks/clerk", "/api/mcp"
PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
Request = tuple[str, dict[str, str], bytes]
"""Path, headers and body of a POST."""


@dataclass(frozen=True)
class Kind:
    """One kind of request. `make` creates the next one; `valid` decides the expected answer."""

    name: str
    valid: bool
    make: Callable[[], Request]
    beat: float = BEAT


@dataclass(frozen=True)
class Answered:
    """One request and its answer: `at` is in seconds since the start, `status` is None without an
    answer."""

    kind: str
    at: float
    took: float
    status: int | None
    said: str


@dataclass
class Traffic:
    """Sends requests until it is stopped; counts correct answers and records wrong ones."""

    address: str
    kinds: Sequence[Kind]
    sent: dict[str, int] = field(default_factory=dict)
    wrong: list[Answered] = field(default_factory=list)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        """Prepare, without starting."""
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Traffic:
        """Start all kinds at the same time."""
        self._began = time.monotonic()
        for kind in self.kinds:
            self.sent[kind.name] = 0
            senders = SENDERS if kind.valid else 1
            for number in range(senders):
                words = (kind, kind.beat * senders, kind.beat * number)
                self._threads.append(threading.Thread(target=self._send, args=words, daemon=True))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, after all pending requests are answered."""
        self._ended.set()
        for thread in self._threads:
            thread.join(PATIENCE + 5)

    @property
    def seconds(self) -> float:
        """The seconds since the start."""
        return time.monotonic() - self._began

    def count(self, *, valid: bool) -> int:
        """Return the number of answered requests, right or wrong."""
        return sum(self.sent[kind.name] for kind in self.kinds if kind.valid is valid)

    def mistaken(self, *, valid: bool) -> list[Answered]:
        """Return the wrong answers, in order of time."""
        names = {kind.name for kind in self.kinds if kind.valid is valid}
        return sorted(
            (answered for answered in self.wrong if answered.kind in names), key=lambda one: one.at
        )

    def forgive(self) -> None:
        """Forget the wrong answers so far."""
        with self._lock:
            self.wrong.clear()

    def _send(self, kind: Kind, every: float, first: float) -> None:
        with httpx.Client(base_url=self.address, trust_env=False, timeout=PATIENCE) as client:
            due = self._began + first
            while not self._ended.wait(max(due - time.monotonic(), 0)):
                started = time.monotonic()
                status, said = _asked(client, kind.make())
                self._keep(kind, started, status, said)
                # Skip beats that a slow answer took, instead of sending a burst.
                due = max(due + every, time.monotonic())

    def _keep(self, kind: Kind, started: float, status: int | None, said: str) -> None:
        took = time.monotonic() - started
        with self._lock:
            self.sent[kind.name] += 1
            self.slowest = max(self.slowest, took)
            if not is_right(kind.valid, status):
                at = started - self._began
                self.wrong.append(Answered(kind.name, at, took, status, said))


def is_right(valid: bool, status: int | None) -> bool:
    """Return whether an answer is right: 2xx for a valid request, 4xx for an invalid one."""
    return status is not None and status // 100 == (2 if valid else 4)


def webhooks(signing_secrets: Callable[[], Sequence[str]], beat: float = BEAT) -> Kind:
    """Return messages like those of Svix: signed with each secret that is valid at that moment."""
    return Kind("webhook", True, lambda: _message(signing_secrets()), beat)


def forged_webhooks() -> Kind:
    """Return messages signed by somebody else."""
    other = "whsec_" + "A" * 32
    return Kind("forged webhook", False, lambda: _message([other]), SELDOM)


def api_keys(key: str, beat: float = BEAT) -> Kind:
    """Return calls of the app's MCP server with an API key, which Clerk verifies for the app."""
    return Kind("API key", True, lambda: _call(key), beat)


def revoked_keys(key: str) -> Kind:
    """Return the same calls with a revoked key."""
    return Kind("revoked key", False, lambda: _call(key), SELDOM)


def _message(signing_secrets: Sequence[str]) -> Request:
    # A type that the app ignores.
    body = json.dumps({"type": "session.created", "object": "event", "data": {}}).encode()
    signed = signed_headers(
        signing_secrets,
        message_id=f"msg_{secrets.token_hex(12)}",
        timestamp=int(time.time()),
        body=body,
    )
    return WEBHOOK, {"content-type": "application/json", **signed}, body


def _call(key: str) -> Request:
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    return MCP, headers, PING


def _asked(client: httpx.Client, request: Request) -> tuple[int | None, str]:
    path, headers, body = request
    try:
        answer = client.post(path, headers=headers, content=body)
    except httpx.HTTPError as error:
        return None, type(error).__name__
    return answer.status_code, "" if answer.is_success else answer.text[:120]
