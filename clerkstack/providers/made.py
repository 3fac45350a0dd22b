"""What this project made, remembered also when a run is killed before the engine could.

The state says what a resource made, but a run that dies or fails between the write to Clerk and
the engine's checkpoint leaves no trace there; the next run would take its own plans for somebody
else's and leave them behind when the stack is destroyed. So a note is written before the
write. It holds names and earlier settings, never a secret, and losing it is harmless: what
is not known to be made here is left alone.

A note says since which state it holds. The next run heeds it where the state is still that one:
the run that noted it never got into the state. Otherwise the state knows it all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from clerkstack.clients.errors import ApiError
from clerkstack.problems import ClerkstackError
from clerkstack.providers.errors import ResourceFailed
from clerkstack.reconcile import Json, JsonObject
from clerkstack.safe import safe

FOLDER = Path(".clerkstack")
NO_STATE: Mapping[str, Json] = {}


class Note:
    """The note of one resource, in the project's folder `.clerkstack`."""

    def __init__(self, resource_id: str, folder: Path = FOLDER) -> None:
        name = hashlib.sha256(resource_id.encode()).hexdigest()[:16]
        self._file = folder / f"{name}.json"
        self._resource_id = resource_id

    def read(self) -> JsonObject:
        """What was noted, or nothing."""
        try:
            noted = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return noted if isinstance(noted, dict) else {}

    def pending(self, state: Mapping[str, Json]) -> JsonObject:
        """What was noted since `state` (the ledger in it; empty where the resource is not in
        it), or nothing."""
        noted = self.read()
        return noted if noted.get("since", {}) == state else {}

    @contextlib.contextmanager
    def intent(
        self,
        facts: JsonObject,
        *,
        since: Mapping[str, Json],
        left: Callable[[], JsonObject | None],
    ) -> Iterator[None]:
        """Note the facts before a write; where it fails, what `left` says is left of them.

        `left` gives None where nothing was written: the note is then as it was before. Where it
        can't tell either, the facts stay noted.
        """
        earlier = self.pending(since)
        self.write(facts, since=since)
        try:
            yield
        except (ApiError, ResourceFailed):
            with contextlib.suppress(ClerkstackError):
                still = left()
                if still is not None:
                    self.write(still, since=since)
                elif earlier:
                    self.write(earlier, since=since)
                else:
                    self.forget()
            raise

    def write(self, facts: Mapping[str, Any], *, since: Mapping[str, Json] = NO_STATE) -> None:
        """Note the facts since a state (see `pending`); a reader sees the old note or the new
        one, never half of one."""
        self._file.parent.mkdir(exist_ok=True)
        half = self._file.with_suffix(f".{os.getpid()}")
        half.write_text(
            json.dumps({**facts, "resource": self._resource_id, "since": since}, indent=1)
        )
        half.replace(self._file)

    def forget(self) -> None:
        """The resource is gone, or the state knows it all."""
        self._file.unlink(missing_ok=True)


def made_here(instance: str) -> bool:
    """Whether this stack made the instance (by its resource's id), in this run or a killed one."""
    return bool(Note(instance).read().get("made"))


def note_of_probe(application_id: str) -> Note:
    """The note that an application was probed from this folder (`clerkstack probe`)."""
    return Note(f"probe of {application_id}")


def tell(text: str) -> None:
    """Say something under the engine's output that is no error."""
    print(safe(text), file=sys.stderr)
