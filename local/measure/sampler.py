"""Follows every process below a command, and records the cost of each.

A process is found through its parent's list of children, and read every few milliseconds until it
ends. Its costs after the last look, at most one interval, are missed. The kernel counts in ticks of
a hundredth of a second. Looking must be cheap, because it takes a core from the measured command:
the lists are read only when a process started on this machine, and each file is opened once.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field

from local.measure import proc

INTERVAL = 0.01  # seconds between two looks
LARGEST_STAT = 4096  # bytes; it has some 400
SELDOM = 5  # looks between two looks at memory and arguments, which cost more


@dataclass
class Seen:
    """A process, at its last look."""

    pid: int
    parent: int | None
    first_seen: float
    """Seconds from the command's start."""
    last_seen: float
    words: tuple[str, ...] = ()
    cpu: float = 0.0
    """User and system seconds."""
    mebibytes: float = 0.0
    """Peak memory."""


@dataclass
class Sampler:
    """Looks at the processes of one command in a thread of its own; see `command.Follower`."""

    seen: dict[int, Seen] = field(default_factory=dict)
    seconds: float = 0.0
    """Wall time of the command."""
    sampling: float = 0.0
    """CPU seconds of the sampler itself."""
    _thread: threading.Thread | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _began: float = 0.0
    _files: dict[int, int] = field(default_factory=dict)
    """The open file stat of each running process."""
    _newest: int = 0

    def begin(self, pid: int) -> None:
        """Start looking."""
        self._began = time.perf_counter()
        self._find(pid, None)
        self._thread = threading.Thread(target=self._look_on, name="sampler", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Look for the last time, and stop."""
        self.seconds = self._now()
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _look_on(self) -> None:
        began = time.thread_time()
        number = 0
        while not self._over.wait(INTERVAL):
            self._look(closely=number % SELDOM == 0)
            number += 1
        self._look(closely=True)
        for pid in tuple(self._files):
            self._forget(pid)
        self.sampling = time.thread_time() - began

    def _look(self, *, closely: bool) -> None:
        newest = proc.newest()
        if newest != self._newest or closely:
            self._newest = newest
            for pid in tuple(self._files):
                for child in proc.children(pid):
                    if child not in self.seen:
                        self._find(child, pid)
        for pid, file in tuple(self._files.items()):
            self._read(self.seen[pid], file, closely=closely)

    def _find(self, pid: int, parent: int | None) -> None:
        try:
            file = os.open(proc.PROC / str(pid) / "stat", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        self._files[pid] = file
        self.seen[pid] = Seen(pid, parent, self._now(), self._now())
        self._read(self.seen[pid], file, closely=True)

    def _read(self, seen: Seen, file: int, *, closely: bool) -> None:
        try:
            times = proc.times_in(os.pread(file, LARGEST_STAT, 0))
        except ProcessLookupError:
            self._forget(seen.pid)
            return
        seen.cpu = times.own
        if times.ended:
            self._forget(seen.pid)
            return
        seen.last_seen = self._now()
        if closely:
            # Keep the last values: a process begins as a copy of its parent, with the same peak and
            # arguments, and a shell becomes the program that it starts.
            seen.mebibytes = proc.peak_mebibytes(seen.pid) or seen.mebibytes
            seen.words = proc.words(seen.pid) or seen.words

    def _forget(self, pid: int) -> None:
        os.close(self._files.pop(pid))

    def _now(self) -> float:
        return time.perf_counter() - self._began
