"""Who holds the lock of a stack, and waiting for it.

A run that is killed leaves its lock. One whose process was on this machine and is gone is removed,
with whatever else the run left; any other is waited for.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from clerkstack.problems import ClerkstackError

SECONDS = 900.0
PAUSE = 0.5
Result = TypeVar("Result")


@dataclass(frozen=True)
class Owner:
    """The process that holds a lock."""

    user: str
    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.pid}"

    @property
    def is_here(self) -> bool:
        """Whether it is of this machine."""
        return self.host == socket.gethostname()

    @property
    def is_gone(self) -> bool:
        """Whether it has ended, as far as that can be seen from here."""
        return self.is_here and not is_alive(self.pid)


class Locked(ClerkstackError):
    """Another update of the stack is in progress. `owner` is None where the engine does not name
    it."""

    def __init__(self, message: str, owner: Owner | None = None) -> None:
        super().__init__(message)
        self.owner = owner


class HalfDone(ClerkstackError):
    """The state has what an update began, and not how that ended."""


def locks_in(folder: Path, stack: str) -> list[Owner]:
    """Who has a stack locked in the folder of a `file://` backend.

    `stack` is its name without project and organization; a stack of that name in another project of
    the same backend counts too.
    """
    found = []
    for file in sorted(folder.glob(f".pulumi/locks/organization/*/{stack}/*.json")):
        try:
            lock = json.loads(file.read_text())
            found.append(Owner(lock["username"], lock["hostname"], int(lock["pid"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # gone meanwhile, or not the engine's
    return found


def is_alive(pid: int) -> bool:
    """Whether a process of this machine runs."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True


class Recovery(Protocol):
    """What is done about a stack that is locked or half-done."""

    def is_over(self) -> bool:
        """Whether nobody of this machine is at work on the stack.

        Raises:
            HalfDone: this cannot be seen in its backend.
        """

    def recover(self) -> None:
        """Bring the stack back to what exists, its lock removed."""


def when_unlocked(
    act: Callable[[], Result], recovery: Recovery, progress: Callable[[str], None]
) -> Result:
    """Act as soon as nobody else is at work on the stack.

    Args:
        act: is tried again after each `Locked` and `HalfDone`, for 15 minutes.
        recovery: used where a killed run is in the way.
        progress: called once for each process that is waited for.

    Raises:
        Locked, HalfDone: it was in the way to the end.
    """
    deadline = time.monotonic() + SECONDS
    told: set[int] = set()
    while True:
        try:
            return act()
        except HalfDone:
            if recovery.is_over():
                recovery.recover()
                continue
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE)
            continue
        except Locked as locked:
            if locked.owner is None or time.monotonic() > deadline:
                raise
            owner = locked.owner
        if owner.is_gone:
            recovery.recover()  # it may have left more than the lock
        elif owner.pid not in told:
            told.add(owner.pid)
            where = "" if owner.is_here else f" of {owner.host}"
            progress(f"waiting for pulumi, process {owner.pid}{where}, to end")
        time.sleep(PAUSE)
