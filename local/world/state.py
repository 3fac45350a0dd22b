"""The state of all services together, and the file it is kept in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from local.world.service import Service
from local.world.store import Home
from local.world.text import as_text


class Keeper(Protocol):
    """State that can be taken as text, put back, and kept."""

    def dump(self) -> str:
        """Return all of it, as text: nothing done to the state later can reach it."""

    def load(self, text: str) -> None:
        """Put a dumped state back."""

    def keep(self) -> None:
        """Write it where it outlives the process."""


class State:
    """The state of these services; without a ``home`` it is kept nowhere.

    ``at_once`` writes each change; else only `write` does, and a killed process loses them.
    """

    def __init__(
        self, services: Sequence[Service], home: Home | None, *, at_once: bool = True
    ) -> None:
        self._services = services
        self._home = home
        self._at_once = at_once

    def dump(self) -> str:
        """Return all of it, as text."""
        return as_text({service.name: service.dump() for service in self._services})

    def load(self, text: str) -> None:
        """Put a dumped state back."""
        self.take(json.loads(text))

    def take(self, state: Mapping[str, Any]) -> None:
        """Take a state in place of the present one; a service it does not name stays."""
        for service in self._services:
            if service.name in state:
                service.load(state[service.name])

    def keep(self) -> None:
        """Write it to the folder's file, if each change is written."""
        if self._at_once:
            self.write()

    def write(self) -> None:
        """Write it to the folder's file."""
        if self._home is not None:
            self._home.write_state(self.dump())
