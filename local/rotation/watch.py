"""Checks continuously what must hold at every moment of a row."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from local.rotation.testbed import RotationTestbed

PAUSE = 0.05  # seconds


@dataclass
class Watch:
    """Checks that every secret of the answering deployment is valid.

    `locked_out` are the moments when one was not (seconds since the start, and the kind).
    """

    testbed: RotationTestbed
    locked_out: list[tuple[float, str]] = field(default_factory=list)
    looks: int = 0

    def __post_init__(self) -> None:
        """Prepare, without starting."""
        self._ended = threading.Event()
        self._used: dict[str, dict[str, str]] = {}
        self._thread = threading.Thread(target=self._look_on, name="watch", daemon=True)
        self._began = time.monotonic()

    def __enter__(self) -> Watch:
        """Begin."""
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def look(self) -> None:
        """Look once."""
        self.looks += 1
        deployment = self.testbed.app.deployment
        if deployment is None:
            return
        if deployment not in self._used:
            self._used[deployment] = self.testbed.used(deployment)
        for kind, secret in self._used[deployment].items():
            if not self.testbed.accepts(kind, secret):
                self.locked_out.append((time.monotonic() - self._began, kind))

    def _look_on(self) -> None:
        while not self._ended.wait(PAUSE):
            self.look()
