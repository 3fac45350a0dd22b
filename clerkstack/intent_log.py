"""What a run is about to write, recorded on disk before the write.

The state says what a resource created. But a run that is killed or fails between the write to Clerk
and the engine's checkpoint leaves no trace there: the next run would take its own plans for
somebody else's, and leave them behind when the stack is destroyed. So each run first records its
intent. A record holds names and earlier settings, never a secret. Losing one is harmless: what
this stack is not known to have created is left alone.

A record belongs to one stack in one backend. It names the state that it was made on top of
(`since`), and the next run uses it only if the state is still that one. It also has a mark
(`noted`), which the resource keeps in the state: a state with that mark has all that the record
says, and the program forgets the record (`forget_known`).

Records of older versions belong to no stack. They are used only if the state is the one they name,
and never for a stack that has nothing yet: they outlived the runs that wrote them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from clerkstack.backend import backend, read_json
from clerkstack.clients.errors import ApiError
from clerkstack.failures import ResourceFailed
from clerkstack.problems import ClerkstackError
from clerkstack.shapes import Json, JsonObject

FOLDER = Path(".clerkstack")
NO_STATE: Mapping[str, Json] = {}


class IntentLog:
    """What runs recorded of one resource of one stack, in the project's folder `.clerkstack`.

    Args:
        resource_id: the resource's id.
        stack: the stack's full name. None if unknown (a state of an older version): the record is
            then found by the state that it names.
        folder: the folder of the records.
    """

    def __init__(self, resource_id: str, stack: str | None = None, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._resource_id = resource_id
        self._stack = stack

    @cached_property
    def mark(self) -> str:
        """The mark of this run's record, which the resource keeps as `noted`."""
        return uuid4().hex[:16]

    def read(self) -> JsonObject:
        """The record, empty if there is none."""
        return read_json(self._file)

    def pending(self, state: Mapping[str, Json]) -> JsonObject:
        """What was recorded on top of `state` (empty if the state does not have the resource);
        empty if nothing was."""
        for record in self._candidates(known=bool(state)):
            if record.get("since", {}) == state:
                return record
        return {}

    def _candidates(self, *, known: bool) -> Iterator[JsonObject]:
        """The records that may be this resource's; `known` if the state has the resource."""
        own = self.read()
        if own:
            yield own
        if known and self._stack is None:
            yield from (record.facts for record in records_of(self._resource_id, self._folder))
        elif known:
            yield read_json(_file(self._folder, self._resource_id, None))

    @contextlib.contextmanager
    def writing(
        self,
        facts: JsonObject,
        *,
        since: Mapping[str, Json],
        left: Callable[[], JsonObject | None],
    ) -> Iterator[None]:
        """Record the facts before a write, and correct the record if the write fails.

        `left` reads what the failed write left: the facts that are true now, or None if nothing was
        written, which restores the earlier record. If `left` fails too, the facts stay recorded.
        """
        earlier = self.pending(since)
        self.record(facts, since=since)
        try:
            yield
        except (ApiError, ResourceFailed):
            with contextlib.suppress(ClerkstackError):
                still = left()
                if still is not None:
                    self.record(still, since=since)
                elif earlier:
                    self.record(earlier, since=since)
                else:
                    self.forget()
            raise

    def record(self, facts: Mapping[str, Any], *, since: Mapping[str, Json] = NO_STATE) -> None:
        """Record the facts on top of a state (see `pending`). A reader sees the old record or the
        new one, never half of one."""
        self._folder.mkdir(exist_ok=True)
        half = self._file.with_suffix(f".{os.getpid()}")
        whole = {**facts, "resource": self._resource_id, "since": since, "noted": self.mark}
        if self._stack is not None:
            whole |= {"stack": self._stack, "backend": backend()}
        half.write_text(json.dumps(whole, indent=1))
        half.replace(self._file)

    def forget(self) -> None:
        """Remove the record: it is out of date."""
        self._file.unlink(missing_ok=True)

    def forget_known(self, mark: str | None) -> None:
        """Remove the record if the state has it; `mark` is the resource's `noted` in the state."""
        if mark and self.read().get("noted") == mark:
            self.forget()

    @property
    def _file(self) -> Path:
        return _file(self._folder, self._resource_id, self._stack)


@dataclass(frozen=True)
class Record:
    """A record of some stack: its full name, when it was written (RFC 3339), and what it says."""

    stack: str
    at: str
    facts: JsonObject


def records_of(resource_id: str, folder: Path = FOLDER) -> list[Record]:
    """The records of a resource by all stacks, in this folder and for the backend in use."""
    records = []
    for file in sorted(folder.glob("*.json")):
        record = read_json(file)
        if record.get("resource") == resource_id and record.get("backend") == backend():
            at = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat()
            records.append(Record(str(record["stack"]), at, record))
    return records


def _file(folder: Path, resource_id: str, stack: str | None) -> Path:
    of = resource_id if stack is None else "\n".join((backend(), stack, resource_id))
    return folder / f"{hashlib.sha256(of.encode()).hexdigest()[:16]}.json"


def probe_log(application_id: str) -> IntentLog:
    """The record that an application was probed from this folder (`clerkstack probe`)."""
    return IntentLog(f"probe of {application_id}")
