"""Runs a command until it sends its first request, and tells what it had spent by then.

Every address that it is given leads to one listening socket, which answers nothing: when the first
connection arrives, the CPU seconds of the command are read, and it is ended.
"""

from __future__ import annotations

import os
import select
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.measure import command, proc
from local.world.listeners import listen
from local.world.store import LOOPBACK, Urls

PATIENCE = 300.0  # seconds: the longest, a move of a stack, previews it four times


@dataclass(frozen=True)
class Spent:
    """CPU seconds up to the first request."""

    own: float
    below: float
    asks: bool
    """False: it ended without a request."""


class Listener:
    """The socket that stands where every service is."""

    def __init__(self, ca_file: str | None = None) -> None:
        self._socket = listen(0)
        self._ca_file = ca_file

    def __enter__(self) -> Listener:
        """It listens already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._socket.close()

    @property
    def urls(self) -> Urls:
        """The addresses of a world in which all services are this one."""
        url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        return Urls(url, url, url, url, url, proxy=url, ca_file=self._ca_file)

    def spent(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        codes: Sequence[int] = command.DONE,
    ) -> Spent:
        """Run a command up to its first request, or to its end where it sends none.

        Raises:
            command.Failed: it ended before, with another exit code; or it did neither in time.
        """
        with tempfile.TemporaryFile("w+") as printed:
            process = command.start(words, cwd=cwd, environ=environ, out=printed)
            try:
                asks = self._asked(process.pid)
                own, below = proc.spent(process.pid)
                if asks is None:
                    how = f"neither ended nor sent a request in {PATIENCE:.0f} s"
                    raise command.failed(words, how, printed)
                if not asks and process.wait() not in codes:
                    raise command.failed(words, f"ended with {process.returncode}", printed)
            finally:
                command.end(process)
        return Spent(own, below, asks)

    def _asked(self, pid: int) -> bool | None:
        """Wait for the first request, or for the end of the process; it is not waited for, so
        that /proc has its figures still. None: neither came in time."""
        ended = os.pidfd_open(pid)
        try:
            ready, _, _ = select.select([self._socket.fileno(), ended], [], [], PATIENCE)
        finally:
            os.close(ended)
        return self._socket.fileno() in ready if ready else None
