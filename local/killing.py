"""The end of a process and of everything it started, at once and without a word."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def kill_tree(pid: int, besides: Callable[[int], list[int]] = lambda _pid: []) -> None:
    """Kill a process and all that it started, also what has a session of its own; and what belongs
    to one of them `besides`."""
    below = [child for task in Path(f"/proc/{pid}/task").glob("*") for child in _children(task)]
    # Before it: they may end with it, and then nobody knows what they have started.
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
