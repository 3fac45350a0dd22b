"""A cache of reads in one run, with the requests that each needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from clerkstack.clients.evidence import Evidence

Value = TypeVar("Value")


@dataclass(frozen=True)
class _Answer:
    value: Any
    error: Exception | None
    evidence: tuple[Evidence, ...]


class Reads:
    """Reads each thing once. A read that failed fails again, without another request.

    Args:
        requests: the log that the clients write their requests to.
        progress: called with the name of each step as it starts.
    """

    def __init__(
        self, requests: Sequence[Evidence] = (), progress: Callable[[str], None] = lambda _: None
    ) -> None:
        self._requests = requests
        self._progress = progress
        self._held: dict[Hashable, _Answer] = {}
        self._watchers: list[dict[Evidence, None]] = []
        self._lock = threading.RLock()

    @property
    def count(self) -> int:
        """The number of reads."""
        return len(self._held)

    def once(
        self, key: Hashable, step: str, read: Callable[[], Value], *, fresh: bool = False
    ) -> Value:
        """Read something, or return what was read before.

        Args:
            key: identifies what is read.
            step: its name in messages.
            read: reads it.
            fresh: read it again.

        Raises:
            Exception: what `read` raised, now or before.
        """
        with self._lock:
            if fresh or key not in self._held:
                self._progress(step)
                self._held[key] = self._read(read)
            answer = self._held[key]
            for watcher in self._watchers:
                watcher |= dict.fromkeys(answer.evidence)
        if answer.error is not None:
            raise answer.error
        value: Value = answer.value
        return value

    @contextmanager
    def watched(self) -> Iterator[dict[Evidence, None]]:
        """Collect the evidence of all reads used inside the `with`, made now or before."""
        used: dict[Evidence, None] = {}
        self._watchers.append(used)
        try:
            yield used
        finally:
            self._watchers.pop()

    def _read(self, read: Callable[[], Any]) -> _Answer:
        before = len(self._requests)
        value, error = None, None
        try:
            value = read()
        except Exception as failure:
            error = failure
        done = self._requests[before:]
        # Only the last request counts; an earlier refusal was expected.
        evidence = [replace(request, failed=False) for request in done]
        if error is not None:
            evidence[-1:] = [replace(request, failed=True) for request in done[-1:]]
        return _Answer(value, error, tuple(dict.fromkeys(evidence)))
