"""Kills a process and everything it started, at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def kill_tree(pid: int, besides: Callable[[int], list[int]] = lambda _pid: []) -> None:
    """Kill a process and all its descendants, including those in other sessions, and the processes
    that `besides` returns for each."""
    below = [child for task in Path(f"/proc/{pid}/task").glob("*") for child in _children(task)]
    # Kill these first: if they end with it, their own children are unknown.
    for other in besides(pid):
        kill_tree(other, besides)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    for child in below:
        kill_tree(child, besides)


def _children(task: Path) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in (task / "children").read_text().split()]
    return []
