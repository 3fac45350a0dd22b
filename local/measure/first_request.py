"""Runs a command until it sends its first request, and measures its CPU seconds by then.

In place of the services, sockets listen without answering: when the first connection arrives, the
command's CPU seconds are read, and the command is killed.
"""

from __future__ import annotations

import os
import select
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from local.measure import command, proc
from local.world.listeners import listen

PATIENCE = 300.0  # seconds; the slowest command, `move`, previews a stack four times


@dataclass(frozen=True)
class Spent:
    """CPU seconds up to the first request."""

    own: float
    below: float
    asks: bool
    """False if it ended without a request."""


class Listener:
    """The listening sockets in place of the services, on loopback; port 0 takes a free one."""

    def __init__(self, *ports: int) -> None:
        self._open = ExitStack()
        with ExitStack() as undo:
            self._sockets = [undo.enter_context(listen(port)) for port in ports]
            self._open = undo.pop_all()
        for socket in self._sockets:
            socket.setblocking(False)

    def __enter__(self) -> Listener:
        """Return the listener, whose sockets listen already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        self._open.close()

    @property
    def ports(self) -> list[int]:
        """Return the ports on which they listen."""
        return [socket.getsockname()[1] for socket in self._sockets]

    def spent(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        codes: Sequence[int] = command.DONE,
    ) -> Spent:
        """Run a command up to its first request, or to its end if it sends none.

        Raises:
            command.Failed: it ended first with another exit code, or neither happened in time.
        """
        self._drop()
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
        """Wait for the first request, or for the end of the process, without reaping it, so that
        /proc still has its numbers. Return None if neither happens in time."""
        ended = os.pidfd_open(pid)
        sockets = [socket.fileno() for socket in self._sockets]
        try:
            ready, _, _ = select.select([*sockets, ended], [], [], PATIENCE)
        finally:
            os.close(ended)
        return any(socket in ready for socket in sockets) if ready else None

    def _drop(self) -> None:
        """Close pending connections of the previous command."""
        for socket in self._sockets:
            with suppress(BlockingIOError):
                while True:
                    socket.accept()[0].close()
