"""The state of all services, and the file that stores it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from local.world.service import Service
from local.world.store import Home
from local.world.text import as_text


class Keeper(Protocol):
    """State that can be copied, restored, and stored."""

    def copy(self) -> bytes:
        """Return a copy of the state, which later changes do not affect."""

    def restore(self, copy: bytes) -> None:
        """Go back to a copy of the state."""

    def keep(self) -> None:
        """Store the state beyond the process."""


class State:
    """The state of these services; without a ``home`` it is not stored.

    ``at_once`` stores each change; otherwise only `write` does, and a kill loses the changes.
    """

    def __init__(
        self, services: Sequence[Service], home: Home | None, *, at_once: bool = True
    ) -> None:
        self._services = services
        self._home = home
        self._at_once = at_once

    def dump(self) -> str:
        """Return the state as text."""
        return as_text(self._live())

    def load(self, text: str) -> None:
        """Restore a dumped state."""
        self.take(json.loads(text))

    def copy(self) -> bytes:
        """Return a copy of the state; each write makes one, and text would take five times as
        long."""
        return pickle.dumps(self._live(), pickle.HIGHEST_PROTOCOL)

    def restore(self, copy: bytes) -> None:
        """Go back to a copy of the state."""
        self.load(as_text(pickle.loads(copy)))

    def take(self, state: Mapping[str, Any]) -> None:
        """Replace the state; services that it does not name keep theirs."""
        for service in self._services:
            if service.name in state:
                service.load(state[service.name])

    def keep(self) -> None:
        """Store the state after a change, if each change is stored."""
        if self._at_once:
            self.write()

    def write(self) -> None:
        """Write the state to the folder's file."""
        if self._home is not None:
            self._home.write_state(self.dump())

    def _live(self) -> dict[str, Any]:
        return {service.name: service.dump() for service in self._services}
