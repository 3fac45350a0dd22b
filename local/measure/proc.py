"""What Linux tells of a process: its children, its CPU seconds, its peak memory, its words."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
# proc(5), /proc/<pid>/stat: fields counted from 0 after the name in parentheses.
STATE, UTIME, STIME, CUTIME, CSTIME = 0, 11, 12, 13, 14
KIBIBYTES = 1024


class NotHere(Exception):
    """This system does not tell what a process costs."""


@dataclass(frozen=True)
class Times:
    """User and system seconds of a process."""

    own: float
    waited: float
    """Of its children that ended and that it has waited for."""
    ended: bool
    """Whether it has ended, and was not waited for yet."""


def needed() -> None:
    """Refuse a system that has no such files.

    Raises:
        NotHere: it is not Linux, or its kernel does not list a process's children.
    """
    own = PROC / "self" / "task" / str(os.getpid()) / "children"
    if not sys.platform.startswith("linux") or not own.exists():
        raise NotHere(
            "Processes are accounted from /proc/<pid>/task/<tid>/children, which only Linux has."
        )


def times(pid: int) -> Times | None:
    """The CPU seconds of a process so far, also of one that ended and was not waited for; None if
    it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return times_in(text)


def times_in(text: bytes) -> Times:
    """The CPU seconds as the file stat of a process has them."""
    # The name may hold spaces and parentheses: what counts is after the last one.
    fields = text.rpartition(b")")[2].split()
    tick = os.sysconf("SC_CLK_TCK")
    return Times(
        (int(fields[UTIME]) + int(fields[STIME])) / tick,
        (int(fields[CUTIME]) + int(fields[CSTIME])) / tick,
        fields[STATE] == b"Z",
    )


def peak_mebibytes(pid: int) -> float | None:
    """The most memory that a process had at once; None if it is gone, or has ended."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / KIBIBYTES
    return None


def words(pid: int) -> tuple[str, ...]:
    """The command line of a process; empty if it is gone, or has ended."""
    try:
        text = (PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return ()
    return tuple(word.decode(errors="replace") for word in text.split(b"\0")[:-1])


def newest() -> int:
    """The last number that any process or thread was given: as long as it stays, nothing began."""
    return int((PROC / "loadavg").read_bytes().split()[-1])


def children(pid: int) -> list[int]:
    """The processes that a process has started, and that are its own still."""
    found: list[int] = []
    try:
        tasks = list((PROC / str(pid) / "task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return found
    for task in tasks:
        try:
            text = (task / "children").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += [int(child) for child in text.split()]
    return found


def below(pid: int) -> list[int]:
    """All processes below a process."""
    found = children(pid)
    for child in tuple(found):
        found += below(child)
    return found


def spent(pid: int) -> tuple[float, float]:
    """The CPU seconds so far of a process itself, and of all that it started: those that run, and
    those that ended and were waited for."""
    its = times(pid)
    if its is None:
        return 0.0, 0.0
    started = its.waited
    for child in below(pid):
        there = times(child)
        if there is not None:
            started += there.own + there.waited
    return its.own, started
