"""Runs commands to their end: passes on their output line by line, and each interrupt once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from clerkstack.problems import ClerkstackError
from clerkstack.signals import held_back

# On the first interrupt the engine ends its plugins and releases its lock; on a second one it stops
# at once.
SECONDS_TO_END = 15.0


@dataclass(frozen=True)
class Ran:
    """A finished command: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str


class Stopped(ClerkstackError):
    """The commands were stopped before this one ended."""


class Commands:
    """Commands that may run at the same time and are stopped together."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(
        self,
        words: Sequence[str],
        *,
        given: str | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
        on_line: Callable[[str], None] = lambda _line: None,
    ) -> Ran:
        """Run a command to its end. Each Ctrl-C in the waiting thread is passed on as a single
        interrupt, and after the first the command's end is waited for.

        Args:
            words: the command; never a secret, since every process of the machine can see it.
            given: its standard input.
            variables: environment variables in addition to those of this process.
            on_line: called with each line of its output as it comes.

        Raises:
            OSError: it cannot be run.
            Stopped: `stop` was called, before or meanwhile.
        """
        lines: list[str] = []
        errors: list[str] = []
        process: subprocess.Popen[str] | None = None
        try:
            # Cut off here, the engine would go on with the stack's lock, and nobody could end it.
            with held_back():
                process = self._start(words, piped=given is not None, variables=variables)
                assert process.stdout is not None
                # Read at the same time, so that neither pipe fills up.
                aside = threading.Thread(target=errors.extend, args=(process.stderr,), daemon=True)
                aside.start()
            if given is not None:
                _give(process, given)
            for line in process.stdout:
                lines.append(line)
                on_line(line)
            code = process.wait()
        except KeyboardInterrupt:
            if process is not None and _interrupted(process) < 0:
                _kill_session(process.pid)
            raise
        finally:
            if process is not None:
                self._forget(process, aside)
        if self._stopped:
            raise Stopped("The command was interrupted.")
        return Ran(code, "".join(lines), "".join(errors).strip())

    def _start(
        self, words: Sequence[str], *, piped: bool, variables: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        with self._lock:
            if self._stopped:
                raise Stopped("The command was interrupted.")
            process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env={**os.environ, **variables},
                # Its own process group: Ctrl-C in a terminal must reach it only once, from here.
                start_new_session=True,
            )
            self._running.add(process)
        return process

    def _forget(self, process: subprocess.Popen[str], aside: threading.Thread) -> None:
        with self._lock:
            self._running.discard(process)
        if process.returncode is not None:
            assert process.stdout is not None
            assert process.stderr is not None
            aside.join()
            process.stdout.close()
            process.stderr.close()

    def stop(self) -> None:
        """Interrupt the running commands and wait for them. Kill those that do not end in time, or
        that still run at another Ctrl-C."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + SECONDS_TO_END
        for process in running:
            try:
                code = process.wait(max(0.0, deadline - time.monotonic()))
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                deadline = time.monotonic()
                _kill_group(process)
                code = process.wait()
            if code < 0:
                _kill_session(process.pid)


def _interrupted(process: subprocess.Popen[str]) -> int:
    """Interrupt a command, again at each further Ctrl-C, and return its exit code. Kill it if it
    does not end in time after the second: the engine ignores every interrupt while it waits for a
    process that has a plugin's output open."""
    assert process.stdout is not None
    kill = threading.Timer(SECONDS_TO_END, _kill_group, [process])
    kill.daemon = True
    interrupts = 0
    try:
        while True:
            with contextlib.suppress(KeyboardInterrupt):
                interrupts += 1
                process.send_signal(signal.SIGINT)
                if interrupts == 2:
                    kill.start()
                # A process that prints to a closed pipe is killed.
                for _line in process.stdout:
                    pass
                return process.wait()
    finally:
        kill.cancel()


def _kill_group(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _kill_session(leader: int) -> None:
    """Kill what a killed command leaves behind. The engine dies of an interrupt that comes before
    it is ready for one, and its language host, which has a process group of its own, asks only
    every five minutes whether the engine is there.

    Does nothing on a system without `/proc`.
    """
    killed: set[int] = set()
    while found := _session(leader) - killed:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        killed |= found


def _session(leader: int) -> set[int]:
    """The processes of the session that a process began."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(int(process.name)) == leader:
                found.add(int(process.name))
    return found


def _give(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin:
        process.stdin.write(text)
