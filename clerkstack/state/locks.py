"""Waits for the lock of a stack, and removes it if its owner is gone.

A killed run leaves its lock. If its process was on this machine and has ended, the lock is removed
with whatever else the run left; any other lock is waited for.
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
        """Whether it is on this machine."""
        return self.host == socket.gethostname()

    @property
    def is_gone(self) -> bool:
        """Whether it is known to have ended."""
        return self.is_here and not is_alive(self.pid)


class Locked(ClerkstackError):
    """Another update of the stack is in progress. `owner` is None if the engine does not name
    it."""

    def __init__(self, message: str, owner: Owner | None = None) -> None:
        super().__init__(message)
        self.owner = owner


class HalfDone(ClerkstackError):
    """The state has operations of an update that has not finished."""


def locks_in(folder: Path, stack: str) -> list[Owner]:
    """Who has a stack locked in the folder of a `file://` backend.

    `stack` is its name without project and organization; a stack of that name in another project of
    the same backend counts too.
    """
    owners = []
    for file in sorted(folder.glob(f".pulumi/locks/organization/*/{stack}/*.json")):
        try:
            lock = json.loads(file.read_text())
            owners.append(Owner(lock["username"], lock["hostname"], int(lock["pid"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # removed meanwhile, or not the engine's
    return owners


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
    """What to do about a stack that is locked or half-done."""

    def is_over(self) -> bool:
        """Whether no process of this machine is working on the stack.

        Raises:
            HalfDone: its backend does not show this.
        """

    def recover(self) -> None:
        """Make the state match what exists, and remove the lock."""


def when_unlocked(
    act: Callable[[], Result], recovery: Recovery, progress: Callable[[str], None]
) -> Result:
    """Act as soon as nobody else is working on the stack.

    Args:
        act: the action; retried after each `Locked` and `HalfDone`, for 15 minutes.
        recovery: used if a killed run blocks the stack.
        progress: called once for each process that is waited for.

    Raises:
        Locked, HalfDone: the last attempt's, after 15 minutes.
    """
    deadline = time.monotonic() + SECONDS
    announced: set[int] = set()
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
            recovery.recover()  # the owner may have left more than the lock
        elif owner.pid not in announced:
            announced.add(owner.pid)
            where = "" if owner.is_here else f" of {owner.host}"
            progress(f"waiting for pulumi, process {owner.pid}{where}, to end")
        time.sleep(PAUSE)
