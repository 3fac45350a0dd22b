"""Commands that run at the same time, and that all end when the review does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from clerkstack.problems import ClerkstackError

# The engine ends its plugins and gives up what it holds on the first interrupt, and drops
# everything on a second one.
SECONDS_TO_END = 15.0


@dataclass(frozen=True)
class Ran:
    """A command that ended: its exit code, the lines it printed, what it complained of."""

    code: int
    lines: list[str]
    complaint: str


class Stopped(ClerkstackError):
    """The review was interrupted before a command began."""


class Commands:
    """The commands of one review."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(
        self,
        words: Sequence[str],
        *,
        variables: Mapping[str, str] = MappingProxyType({}),
        on_line: Callable[[str], None] = lambda _line: None,
    ) -> Ran:
        """Run a command to its end, each line of its output told as it comes.

        Raises:
            OSError: it can't be run.
            Stopped: `stop` was called, before or meanwhile.
        """
        with self._lock:
            if self._stopped:
                raise Stopped("The review was interrupted.")
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env={**os.environ, **variables},
                # Ctrl-C in a terminal reaches it through `stop` alone: two would be a hard end.
                start_new_session=True,
            )
            self._running.add(process)
        complaint: list[str] = []
        assert process.stdout is not None
        assert process.stderr is not None
        # Read beside the other, so that neither pipe fills up.
        aside = threading.Thread(target=complaint.extend, args=(process.stderr,), daemon=True)
        aside.start()
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                on_line(line)
            code = process.wait()
            aside.join()
            process.stdout.close()
            process.stderr.close()
        finally:
            with self._lock:
                self._running.discard(process)
        if self._stopped:
            raise Stopped("The review was interrupted.")
        return Ran(code, lines, "".join(complaint).strip())

    def stop(self) -> None:
        """Interrupt what runs, and wait until it has ended; what has not by then is killed."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        for process in running:
            try:
                process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
