"""What the app is asked all the time: signed webhooks and API keys, and some that are not valid."""

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
SELDOM = 0.25  # seconds between two that are not valid
SENDERS = 4  # of a kind: a slow answer does not keep the next request waiting
PATIENCE = 30.0  # seconds for an answer
WEBHOOK, MCP = "/api/webhooks/clerk", "/api/mcp"
PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
Request = tuple[str, dict[str, str], bytes]
"""Path, headers and body of a POST."""


@dataclass(frozen=True)
class Kind:
    """One kind of request. `make` makes the next one; `valid` says what it has to be answered."""

    name: str
    valid: bool
    make: Callable[[], Request]
    beat: float = BEAT


@dataclass(frozen=True)
class Answered:
    """One request and its answer: `at` is seconds since the traffic began, `status` is None if
    nobody answered."""

    kind: str
    at: float
    took: float
    status: int | None
    said: str


@dataclass
class Traffic:
    """Sends until it is ended; keeps how many were answered as they had to be, and the others."""

    address: str
    kinds: Sequence[Kind]
    sent: dict[str, int] = field(default_factory=dict)
    wrong: list[Answered] = field(default_factory=list)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        """Not begun yet."""
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Traffic:
        """Begin, all kinds at the same time."""
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
        """End, when everything that is under way has been answered."""
        self._ended.set()
        for thread in self._threads:
            thread.join(PATIENCE + 5)

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self._began

    def count(self, *, valid: bool) -> int:
        """How many requests were answered, rightly or not."""
        return sum(self.sent[kind.name] for kind in self.kinds if kind.valid is valid)

    def mistaken(self, *, valid: bool) -> list[Answered]:
        """Those that were not answered as they had to be, in the order of their times."""
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
                # A beat that a slow answer took is left out: nothing is sent in a heap.
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
    """Whether that is the answer that a request has to get: a valid one 2xx, another one 4xx."""
    return status is not None and status // 100 == (2 if valid else 4)


def webhooks(signing_secrets: Callable[[], Sequence[str]], beat: float = BEAT) -> Kind:
    """Messages as Svix sends them: signed with each secret that counts at that moment."""
    return Kind("webhook", True, lambda: _message(signing_secrets()), beat)


def forged_webhooks() -> Kind:
    """Messages that somebody else signed."""
    other = "whsec_" + "A" * 32
    return Kind("forged webhook", False, lambda: _message([other]), SELDOM)


def api_keys(key: str, beat: float = BEAT) -> Kind:
    """Calls of the app's MCP server with an API key, which the app has Clerk verify."""
    return Kind("API key", True, lambda: _call(key), beat)


def revoked_keys(key: str) -> Kind:
    """The same with a key that was revoked."""
    return Kind("revoked key", False, lambda: _call(key), SELDOM)


def _message(signing_secrets: Sequence[str]) -> Request:
    # A type that the app does nothing about.
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
