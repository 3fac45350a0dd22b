"""Finds the locks in the engine's file backend, and whether their owners are still running."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Lock:
    """The lock of a stack, owned by a process on some machine."""

    pid: int
    hostname: str

    @property
    def is_here(self) -> bool:
        return self.hostname == socket.gethostname()

    @property
    def at_work(self) -> bool:
        """Return whether the owner is a running `pulumi`; the number may belong to another program
        now."""
        try:
            os.kill(self.pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:
            pass  # it runs as another user
        state, name = _look_at(self.pid)
        return not state.startswith("Z") and Path(name).name.startswith("pulumi")


def find(state: Path, project: str, stack: str) -> list[Lock]:
    """Return the locks of a stack whose backend is the folder `state`."""
    folder = state / ".pulumi" / "locks" / "organization" / project / stack
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            said = json.loads(file.read_text())
            found.append(Lock(pid=int(said["pid"]), hostname=str(said["hostname"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # gone meanwhile, or not written by the engine, whose own message says more
    return found


def _look_at(pid: int) -> tuple[str, str]:
    """Return state and name of a process as `ps` shows them."""
    try:
        before, _, after = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        return after.split()[0], before.partition("(")[2]
    except (OSError, IndexError):
        pass  # not Linux, or it ended meanwhile
    command = ["ps", "-o", "stat=", "-o", "comm=", "-p", str(pid)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "", "pulumi"  # unknown: assume that it is one
    state, _, name = run.stdout.strip().partition(" ")
    return state, name.strip()
