"""Reads what Linux knows about a process: children, CPU seconds, peak memory, arguments."""

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
    """This system does not account for processes."""


@dataclass(frozen=True)
class Times:
    """User and system seconds of a process."""

    own: float
    waited: float
    """The seconds of its children that it has waited for."""
    ended: bool
    """Whether it has ended without being waited for."""


def needed() -> None:
    """Refuse a system without the necessary files.

    Raises:
        NotHere: it is not Linux, or its kernel does not list a process's children.
    """
    own = PROC / "self" / "task" / str(os.getpid()) / "children"
    if not sys.platform.startswith("linux") or not own.exists():
        raise NotHere(
            "Processes are accounted from /proc/<pid>/task/<tid>/children, which only Linux has."
        )


def times(pid: int) -> Times | None:
    """Return the CPU seconds of a process so far, also if it has ended without being waited for;
    None if it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return times_in(text)


def times_in(text: bytes) -> Times:
    """Return the CPU seconds in the file stat of a process."""
    # The name may contain spaces and parentheses: the fields begin after the last one.
    fields = text.rpartition(b")")[2].split()
    tick = os.sysconf("SC_CLK_TCK")
    return Times(
        (int(fields[UTIME]) + int(fields[STIME])) / tick,
        (int(fields[CUTIME]) + int(fields[CSTIME])) / tick,
        fields[STATE] == b"Z",
    )


def peak_mebibytes(pid: int) -> float | None:
    """Return the peak memory of a process; None if it has ended."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / KIBIBYTES
    return None


def words(pid: int) -> tuple[str, ...]:
    """Return the command line of a process; empty if it has ended."""
    try:
        text = (PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return ()
    return tuple(word.decode(errors="replace") for word in text.split(b"\0")[:-1])


def newest() -> int:
    """Return the newest process or thread id: while it stays the same, nothing has started."""
    return int((PROC / "loadavg").read_bytes().split()[-1])


def children(pid: int) -> list[int]:
    """Return the current children of a process."""
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
    """Return all descendants of a process."""
    found = children(pid)
    for child in tuple(found):
        found += below(child)
    return found


def spent(pid: int) -> tuple[float, float]:
    """Return the CPU seconds so far of a process, and of its descendants: the running ones, and
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
