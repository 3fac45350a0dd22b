"""Runs one command, streams its lines, and can be stopped from another thread.

Output is shown and stored unchanged: secrets are not removed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local.machine.plugins.service import PluginError

SHELL = ("/bin/sh", "-c")


@dataclass(frozen=True)
class Order:
    """What to run and how."""

    command: str
    interpreter: Sequence[str] = SHELL
    directory: str | None = None
    environment: Mapping[str, str] | None = None
    stdin: str | None = None


@dataclass(frozen=True)
class Finished:
    """The output of a successful command, without the last line break."""

    stdout: str
    stderr: str


class Runner:
    """Runs commands and stops all of them on demand."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def stop(self) -> None:
        """Kill every running command with its children, and start no more."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            _end(process)

    def run(
        self,
        order: Order,
        *,
        on_stdout: Callable[[str], None] | None = None,
        on_stderr: Callable[[str], None] | None = None,
    ) -> Finished:
        """Run to the end.

        Raises ``PluginError`` with exit status and output when the command fails, cannot be
        started or was stopped.
        """
        process = self._start(order)
        stdout, stderr = _Collector(on_stdout), _Collector(on_stderr)
        both: list[str] = []
        readers = [
            threading.Thread(target=collector.read, args=(stream, both), daemon=True)
            for collector, stream in ((stdout, process.stdout), (stderr, process.stderr))
        ]
        for reader in readers:
            reader.start()
        _feed(process, order.stdin)
        code = process.wait()
        for reader in readers:
            reader.join()
        with self._lock:
            self._running.discard(process)
            stopped = self._stopped
        if code != 0:
            ending = f"signal {-code}" if code < 0 else f"exit status {code}"
            why = f"{ending}, stopped before its end" if stopped else ending
            raise PluginError(f"{why}: running {order.command!r}:\n{''.join(both)}")
        return Finished(stdout.text(), stderr.text())

    def _start(self, order: Order) -> subprocess.Popen[str]:
        if order.directory is not None and not Path(order.directory).is_dir():
            raise PluginError(f"the directory to run in does not exist: {order.directory}")
        with self._lock:
            if self._stopped:
                raise PluginError("not run: the deployment is being stopped")
            try:
                process = subprocess.Popen(
                    [*order.interpreter, order.command],
                    cwd=order.directory,
                    env={**os.environ, **(order.environment or {})},
                    stdin=subprocess.PIPE if order.stdin else subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    errors="replace",
                    start_new_session=True,
                )
            except OSError as error:
                raise PluginError(
                    f"cannot start {order.interpreter[0]}: {error.strerror}"
                ) from error
            self._running.add(process)
            return process


class _Collector:
    def __init__(self, on_line: Callable[[str], None] | None) -> None:
        self._lines: list[str] = []
        self._on_line = on_line

    def read(self, stream: IO[str], both: list[str]) -> None:
        with stream:
            for line in stream:
                self._lines.append(line)
                both.append(line)
                if self._on_line is not None:
                    self._on_line(line.rstrip("\n"))

    def text(self) -> str:
        return "".join(self._lines).removesuffix("\n")


def _feed(process: subprocess.Popen[str], text: str | None) -> None:
    if process.stdin is None or text is None:
        return
    # A command may end without reading its input.
    with contextlib.suppress(BrokenPipeError), process.stdin:
        process.stdin.write(text)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
