"""What this project made, remembered also when a run is killed before the engine could.

The state says what a resource made, but a run that dies between the write to Clerk and the
engine's checkpoint leaves no trace there; the next run would take its own plans for somebody
else's and leave them behind when the stack is destroyed. So a note is written before the
write. It holds names and earlier settings, never a secret, and losing it is harmless: what
is not known to be made here is left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clerkstack.reconcile import JsonObject

FOLDER = Path(".clerkstack")


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

    def write(self, facts: Mapping[str, Any]) -> None:
        """Note the facts; a reader sees the old note or the new one, never half of one."""
        self._file.parent.mkdir(exist_ok=True)
        half = self._file.with_suffix(f".{os.getpid()}")
        half.write_text(json.dumps({"resource": self._resource_id, **facts}, indent=1))
        half.replace(self._file)

    def forget(self) -> None:
        """The resource is gone, or the state knows it all."""
        self._file.unlink(missing_ok=True)


def made_here(instance: str) -> bool:
    """Whether this stack made the instance (by its resource's id), in this run or a killed one."""
    return bool(Note(instance).read().get("made"))


def tell(text: str) -> None:
    """Say something under the engine's output that is no error."""
    print(text, file=sys.stderr)
