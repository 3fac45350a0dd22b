"""The folder of a world: its state file, its addresses, and the process that serves it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 4870
HIGHEST_PORT = 65_530
"""The highest control port: the services need the five ports after it."""


class WorldError(Exception):
    """The world can't do what was requested; the message says what to do."""


class PortTaken(WorldError):
    """A requested port is in use."""

    def __init__(self, port: int) -> None:
        other = port + 10 if port + 10 <= HIGHEST_PORT else DEFAULT_PORT
        self.port = port
        self.reason = f"Port {port} of {LOOPBACK} is in use."
        super().__init__(
            f"{self.reason} Choose another one: --port {other}, or --port 0 for free ones."
        )


@dataclass(frozen=True)
class Urls:
    """Base URLs of the listeners, and ``proxy`` with the certificate that its clients must
    trust."""

    control: str
    clerk: str
    frontend: str
    svix: str
    vercel: str
    proxy: str | None = None
    ca_file: str | None = None

    def to_json(self) -> dict[str, str | None]:
        """Return the addresses in the form of the file."""
        return asdict(self)


class Home:
    """The files of a world in one folder, which one process at a time holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.state_file = self.folder / "world.json"
        self.values_file = self.folder / "values.json"
        """The values of Vercel's variables, which are not in the state."""
        self.urls_file = self.folder / "urls.json"
        self.pid_file = self.folder / "pid"
        self.log_file = self.folder / "log"
        self.ca_file = self.folder / "ca.pem"
        self._held: IO[str] | None = None

    def hold(self, pid: int | None) -> None:
        """Lock the folder; ``pid`` is the process for `stop` to end, None for a world inside a
        test.

        The system releases the lock when the process ends, however it ends.

        Raises:
            WorldError: another process has it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        held = self.pid_file.open("a+")
        if not _lock(held, tries=5):
            held.close()
            raise WorldError(f"another process serves {self.folder}; stop it first")
        held.truncate(0)
        held.write("" if pid is None else str(pid))
        held.flush()
        self._held = held

    def release(self) -> None:
        """Unlock the folder."""
        if not self._is_lost():
            self.urls_file.unlink(missing_ok=True)
        if self._held is not None:
            self._held.truncate(0)
            self._held.close()
            self._held = None

    def is_held(self) -> bool:
        """Return whether a process serves the folder now."""
        try:
            with self.pid_file.open("r+") as file:
                return not _lock(file)
        except FileNotFoundError:
            return False

    def pid(self) -> int | None:
        """Return the process that serves the folder, None if nobody does or it is a test."""
        if not self.is_held():
            return None
        text = self.pid_file.read_text()
        return int(text) if text else None

    def urls(self) -> Urls | None:
        """Return the addresses of the world that runs on the folder."""
        if not self.is_held() or not self.urls_file.exists():
            return None
        return Urls(**json.loads(self.urls_file.read_text()))

    def write_urls(self, urls: Urls) -> None:
        """Write the addresses."""
        self._write(self.urls_file, json.dumps(urls.to_json(), indent=2) + "\n")

    def read_state(self) -> dict[str, Any] | None:
        """Read the state; None if there is none yet.

        Raises:
            WorldError: this program did not write the file.
        """
        if not self.state_file.exists():
            return None
        try:
            state = json.loads(self.state_file.read_text())
        except ValueError:
            state = None
        if not isinstance(state, dict):
            raise WorldError(f"{self.state_file} can't be read: move it away to start afresh")
        return state

    def write_state(self, text: str) -> None:
        """Write the state atomically."""
        self._write(self.state_file, text)

    def _write(self, file: Path, text: str) -> None:
        if not self._is_lost():
            _write(file, text)

    def _is_lost(self) -> bool:
        """Return whether the locked folder was removed: a new folder at its path is not ours."""
        if self._held is None:
            return False
        try:
            there = self.pid_file.stat()
        except OSError:
            return True
        return not os.path.samestat(there, os.fstat(self._held.fileno()))


def _lock(file: IO[str], *, tries: int = 1) -> bool:
    """Lock a file; retries outlast a process that only tests the lock."""
    for _ in range(tries):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            time.sleep(0.02)
    return False


def _write(file: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read it."""
    draft = file.with_name(f".{file.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    draft.replace(file)
