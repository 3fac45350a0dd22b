"""Runs one command and measures its cost."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from local.killing import kill_tree
from local.measure.results import Cost

KIBIBYTES = 1024
DONE = (0,)


class Follower(Protocol):
    """Follows a command's processes from its start to its end."""

    def begin(self, pid: int) -> None:
        """The command has started."""

    def end(self) -> None:
        """The command has ended, and its files in /proc still exist; or it is no longer
        followed."""


class Failed(Exception):
    """A measured command failed; holds its output."""


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    codes: Sequence[int] = DONE,
    follower: Follower | None = None,
) -> Cost:
    """Run a command to its end and return its cost.

    Args:
        command: its arguments.
        cwd: its folder.
        environ: its complete environment.
        codes: the exit codes of success.
        follower: follows its processes.

    Raises:
        Failed: it ended with another code.
    """
    with tempfile.TemporaryFile("w+") as printed:
        began = time.perf_counter()
        process = start(command, cwd=cwd, environ=environ, out=printed)
        try:
            if follower is not None:
                _followed(process.pid, follower)
            # The peak is that of the command's largest process, but at least this process's own,
            # of which the command begins as a copy.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            end(process)
            raise
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            raise failed(command, f"ended with {process.returncode}", printed)
    return Cost(
        seconds=seconds,
        cpu=usage.ru_utime + usage.ru_stime,
        mebibytes=usage.ru_maxrss / KIBIBYTES,
    )


def _followed(pid: int, follower: Follower) -> None:
    follower.begin(pid)
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    finally:
        follower.end()


def start(
    command: Sequence[str], *, cwd: Path, environ: Mapping[str, str], out: IO[str]
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that Ctrl-C reaches only this process, and `end`
    kills all of the command."""
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a command and everything that it started."""
    if process.returncode is None:
        kill_tree(process.pid)
        process.wait()


def failed(command: Sequence[str], how: str, printed: IO[str]) -> Failed:
    """Return the error of a failed command."""
    printed.seek(0)
    return Failed(f"`{' '.join(command)}` {how}\n{printed.read()}")
