"""Faults on demand: failures of a service, for one request or for a while."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import suppress
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

Kind = Literal[
    "status",
    "echo",
    "delay",
    "late_answer",
    "no_answer",
    "drop_before",
    "drop_after",
    "not_persisted",
    "conflict",
    "dry_run_ignored",
    "stored_otherwise",
    "lists_reordered",
]
ServiceName = Literal["clerk", "frontend", "svix", "vercel"]


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    return text


class Fault(BaseModel):
    """One fault and the requests it meets.

    status: the service answers ``status`` (with ``retry_after`` seconds) and does not act. echo:
    the same, and its error repeats the complete request: URL, headers, body. delay: it acts
    ``seconds`` later. late_answer: it acts, and answers ``seconds`` later. no_answer: it does
    nothing and closes the connection ``seconds`` later. All three end at once when the faults are
    cleared. drop_before: the connection closes, nothing was done.     drop_after: it acts, then the
    connection closes without an answer. not_persisted: it answers as if it had written and stores
    nothing, or everything but ``field`` (names separated by dots). conflict: somebody else writes
    just before. dry_run_ignored: a config write with ``dry_run=true`` is executed, and answered
    with ``dry_run: false``. stored_otherwise: it answers as if it had written, and stores ``value``
    in ``field``. lists_reordered: each list of texts in its answer is reversed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    service: ServiceName
    method: str | None = None
    path: Annotated[str, AfterValidator(_expression)] | None = Field(
        None, description="a regular expression, searched in the path"
    )
    times: int | None = Field(1, ge=1, description="how many requests it meets; null: all")
    after: int = Field(0, ge=0, description="how many matching requests it lets pass first")
    status: int = Field(500, ge=400, le=599)
    retry_after: int | None = Field(None, ge=0, description="seconds")
    seconds: float = Field(0, ge=0)
    field: str | None = None
    value: JsonValue = None

    def meets(self, service: str, method: str, path: str) -> bool:
        """Return whether the fault matches such a request."""
        return (
            self.service == service
            and (self.method is None or self.method.upper() == method)
            and (self.path is None or re.search(self.path, path) is not None)
        )


class Faults:
    """The pending faults."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._armed: list[_Armed] = []
        self._held: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def add(self, fault: Fault) -> None:
        """Arm a fault."""
        with self._lock:
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Disarm all, and release the requests that are held."""
        with self._lock:
            self._armed.clear()
            held = list(self._held)
        for loop, released in held:
            with suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(released.set)

    async def hold(self, seconds: float) -> None:
        """Hold a request for so many seconds, or until the faults are cleared."""
        released = asyncio.Event()
        entry = (asyncio.get_running_loop(), released)
        with self._lock:
            self._held.add(entry)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(released.wait(), seconds)
        finally:
            with self._lock:
                self._held.discard(entry)

    def wait_until_met(self, seconds: float = 60) -> None:
        """Wait until every fault has met its requests.

        Raises:
            TimeoutError: some have not within so many seconds.
        """
        with self._lock:
            if not self._lock.wait_for(lambda: not self._armed, seconds):
                waiting = [armed.fault for armed in self._armed]
                raise TimeoutError(f"no request met {waiting}")

    def waiting(self) -> list[Fault]:
        """List the faults that have requests left to meet."""
        with self._lock:
            return [armed.fault for armed in self._armed]

    def take(self, service: str, method: str, path: str) -> Fault | None:
        """Return the first fault that meets this request, and count it."""
        with self._lock:
            for armed in self._armed:
                if armed.fault.meets(service, method, path) and armed.strikes():
                    if armed.spent:
                        self._armed.remove(armed)
                        self._lock.notify_all()
                    return armed.fault
        return None


class _Armed:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._seen = 0

    def strikes(self) -> bool:
        self._seen += 1
        return self._seen > self.fault.after

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self._seen >= self.fault.after + self.fault.times
