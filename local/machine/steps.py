"""Reports the progress of the set-up, and runs its commands."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from clerkstack.signals import heeded, held_back

QUIET_INTERVAL = 10.0
"""Seconds between two lines about a running command if the output is not a terminal."""

# User and password in a registry's URL.
_PASSWORD = re.compile(r"://[^/@\s\"']+@")


Describe = Callable[[str], str | None]
"""Turns a line of a command's output into the text to show (None: nothing new)."""


KEPT_LINES = 400
SHOWN_LINES = 20


def masked(text: str) -> str:
    """Return the text without user and password in URLs."""
    return _PASSWORD.sub("://", text)


def nothing_new(line: str) -> str | None:  # noqa: ARG001
    """Show nothing of what a command prints."""
    return None


class CommandFailed(Exception):
    """A command failed. `lines` is its output, `tail` the end of it."""

    def __init__(self, command: Sequence[str], code: int, lines: Sequence[str]) -> None:
        self.command, self.code, self.lines = command, code, lines
        self.tail = "\n".join(lines[-SHOWN_LINES:])
        super().__init__(f"`{' '.join(command[:3])} ...` ended with {code}:\n{self.tail}")


class Steps:
    """Prints one line per step: who works, seconds since the start, what it does.

    The lines go to `out` (default: standard error).
    """

    def __init__(self, label: str, out: TextIO | None = None) -> None:
        self._label = label
        self._out = sys.stderr if out is None else out
        self._start = time.monotonic()
        self._live = False

    def say(self, text: str) -> None:
        self._clear()
        print(f"{self._head()}  {text}", file=self._out, flush=True)

    def run(
        self,
        command: Sequence[str],
        *,
        environ: Mapping[str, str],
        cwd: Path,
        describe: Describe = nothing_new,
        limit: float = 3600,
    ) -> None:
        """Run a command for at most `limit` seconds and show its progress.

        It has its own process group, which is killed when this process is interrupted.
        Raises CommandFailed with the end of its output, OSError if it cannot be started.
        """
        process: subprocess.Popen[str] | None = None
        reader: threading.Thread | None = None
        kept: deque[str] = deque(maxlen=KEPT_LINES)
        now = [""]

        def read(output: TextIO) -> None:
            with output as lines:
                for printed in lines:
                    line = masked(printed.rstrip())
                    shown = describe(line)
                    if shown is None:
                        kept.append(line)
                    else:
                        now[0] = shown

        try:
            with held_back():
                process = _start(command, environ, cwd)
                reader = threading.Thread(target=read, args=(process.stdout,), daemon=True)
                reader.start()
            self._watch(process, now, limit)
        except BaseException:
            if process is not None:
                _end(process)
            raise
        finally:
            if reader is not None:
                reader.join(timeout=5)
            self._clear()
        if process.returncode != 0:
            raise CommandFailed(command, process.returncode, list(kept))

    def _watch(self, process: subprocess.Popen[str], now: list[str], limit: float) -> None:
        terminal = self._out.isatty()
        interval = 0.2 if terminal else QUIET_INTERVAL
        end = time.monotonic() + limit
        while True:
            try:
                process.wait(timeout=interval)
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    raise TimeoutError(f"no end after {limit:.0f} s") from None
            else:
                return
            if terminal:
                self._show(now[0])
            elif now[0]:
                self.say(f"  {now[0]}")

    def _show(self, text: str) -> None:
        line = f"{self._head()}    {text}"[:100]
        self._out.write(f"\r\x1b[K{line}")
        self._out.flush()
        self._live = True

    def _clear(self) -> None:
        if self._live:
            self._out.write("\r\x1b[K")
            self._live = False

    def _head(self) -> str:
        return f"{self._label} {time.monotonic() - self._start:6.1f} s"


def interruptible() -> None:
    """Treat SIGTERM and a closed terminal like Ctrl-C."""
    for number in heeded():
        signal.signal(number, _interrupt)


@contextmanager
def alone(lock: Path, steps: Steps) -> Iterator[None]:
    """Let one set-up work at a time; the system releases the lock however a process ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            steps.say("another set-up is at work in this folder; waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _start(command: Sequence[str], environ: Mapping[str, str], cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env=dict(environ),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def _end(process: subprocess.Popen[str]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
            return
