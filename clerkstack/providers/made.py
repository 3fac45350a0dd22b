"""What this stack made, remembered also when a run is killed before the engine could.

The state says what a resource made, but a run that dies or fails between the write to Clerk and
the engine's checkpoint leaves no trace there; the next run would take its own plans for somebody
else's and leave them behind when the stack is destroyed. So a note is written before the
write. It holds names and earlier settings, never a secret, and losing it is harmless: what
is not known to be made here is left alone.

A note belongs to one stack in one backend. It says since which state it holds: the next run heeds
it where the state is still that one. It also has a mark (`noted`), which the resource keeps in the
state: once the state has it, it has what the note says, and the program forgets the note
(`forget_known`).

Notes of older versions belong to no stack. Such a note is heeded only where the state is the one
that it names, never for a stack that has nothing yet: they outlived the runs that wrote them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from clerkstack.backend import backend, read_json
from clerkstack.clients.errors import ApiError
from clerkstack.problems import ClerkstackError
from clerkstack.providers.errors import ResourceFailed
from clerkstack.reconcile import Json, JsonObject
from clerkstack.safe import safe

FOLDER = Path(".clerkstack")
NO_STATE: Mapping[str, Json] = {}


class Note:
    """The note of one resource of one stack, in the project's folder `.clerkstack`.

    Args:
        resource_id: the resource's id.
        stack: the stack's full name. None where it is not known (a state of an older version): then
            the note is found by the state that it names.
        folder: where it is.
    """

    def __init__(self, resource_id: str, stack: str | None = None, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._resource_id = resource_id
        self._stack = stack

    @cached_property
    def mark(self) -> str:
        """The mark of this run's note: what the resource keeps as `noted`."""
        return uuid4().hex[:16]

    def read(self) -> JsonObject:
        """What was noted, or nothing."""
        return read_json(self._file)

    def pending(self, state: Mapping[str, Json]) -> JsonObject:
        """What was noted since `state` (what the state has of it; empty where the resource is not
        in it), or nothing."""
        for noted in self._candidates(known=bool(state)):
            if noted.get("since", {}) == state:
                return noted
        return {}

    def _candidates(self, *, known: bool) -> Iterator[JsonObject]:
        """The notes that may be this one's, `known` where the state has the resource."""
        own = self.read()
        if own:
            yield own
        if known and self._stack is None:
            yield from (each.facts for each in notes_of(self._resource_id, self._folder))
        elif known:
            yield read_json(_file(self._folder, self._resource_id, None))

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
        self._folder.mkdir(exist_ok=True)
        half = self._file.with_suffix(f".{os.getpid()}")
        whole = {**facts, "resource": self._resource_id, "since": since, "noted": self.mark}
        if self._stack is not None:
            whole |= {"stack": self._stack, "backend": backend()}
        half.write_text(json.dumps(whole, indent=1))
        half.replace(self._file)

    def forget(self) -> None:
        """The resource is gone: what was noted of it, under this name or an older one, is old."""
        self._file.unlink(missing_ok=True)

    def forget_known(self, mark: str | None) -> None:
        """Forget what the state has: `mark` is the resource's `noted` there."""
        if mark and self.read().get("noted") == mark:
            self.forget()

    @property
    def _file(self) -> Path:
        return _file(self._folder, self._resource_id, self._stack)


@dataclass(frozen=True)
class OfAnother:
    """A note of some stack: its name, when it was written (RFC 3339), and what it says."""

    stack: str
    at: str
    facts: JsonObject


def notes_of(resource_id: str, folder: Path = FOLDER) -> list[OfAnother]:
    """The notes of a resource by all stacks of this folder and the backend in use."""
    found = []
    for file in sorted(folder.glob("*.json")):
        noted = read_json(file)
        if noted.get("resource") == resource_id and noted.get("backend") == backend():
            at = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat()
            found.append(OfAnother(str(noted["stack"]), at, noted))
    return found


def _file(folder: Path, resource_id: str, stack: str | None) -> Path:
    of = resource_id if stack is None else "\n".join((backend(), stack, resource_id))
    return folder / f"{hashlib.sha256(of.encode()).hexdigest()[:16]}.json"


def made_here(instance: str, stack: str | None) -> bool:
    """Whether this stack made the instance (by its resource's id), in this run or a killed one
    before it."""
    return bool(Note(instance, stack).read().get("made"))


def note_of_probe(application_id: str) -> Note:
    """The note that an application was probed from this folder (`clerkstack probe`)."""
    return Note(f"probe of {application_id}")


def tell(text: str) -> None:
    """Say something under the engine's output that is no error."""
    print(safe(text), file=sys.stderr)
