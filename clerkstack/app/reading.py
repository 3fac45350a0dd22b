"""Opens the files of an app, only inside its checkout and within limits of time and size.

An app's repository is not trusted. Without limits, its authors could make a deploy read
`/dev/zero`, a file of the runner, or a constant with 2^40 entries.
"""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

LARGEST = 2 * 1024 * 1024
"""The most bytes of one file; a larger one is a bundle."""

PARSED = 64 * 1024 * 1024
"""The most bytes of all parsed files."""

SECONDS = 120.0
"""Seconds of CPU for the whole app."""

# Nanoseconds after which any file system gives a new change another timestamp.
_SETTLED = 2_000_000_000

ENTRIES = 10_000
"""The most entries of one constant, including spreads."""


class NotRead(Exception):
    """A file is not read; the message has the reason, to follow the file's name."""


class TooMuch(Exception):
    """The app as a whole exceeds a limit; the message says which one and where."""


class Allowance:
    """The remaining limits for reading one app.

    Args:
        seconds: seconds of CPU from now on.
        parsed: bytes to parse.
    """

    def __init__(self, seconds: float = SECONDS, parsed: int = PARSED) -> None:
        self._seconds, self._parsed = seconds, parsed
        self._until = time.process_time() + seconds
        self._left = parsed

    def look(self, file: Path | str) -> None:
        """Check that there is time left for a file.

        Raises:
            TooMuch: no time is left.
        """
        if time.process_time() > self._until:
            raise TooMuch(f"takes more than {self._seconds:g} s of CPU to read, at {file}")

    def keep(self, file: Path | str, size: int) -> None:
        """Count the bytes of a file to parse.

        Raises:
            TooMuch: the limit is exceeded.
        """
        self.look(file)
        self._left -= size
        if self._left < 0:
            raise TooMuch(f"has more than {self._parsed >> 20} MiB of code to look into, at {file}")

    def spend(self, seconds: float) -> None:
        """Count seconds of CPU that another process has used."""
        self._until -= seconds

    def seconds_left(self) -> float:
        """The remaining seconds of CPU."""
        return self._until - time.process_time()


class Reader:
    """Reads files of one checkout and resolves each folder once.

    Args:
        root: the checkout, resolved.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._start = f"{root}/"
        # Folders without a link in their path.
        self._plain: set[str] = {""}

    def mark(self, name: str) -> str:
        """Return a mark that changes with a file's content, without opening the file. Empty if the
        file does not exist, or changed so recently that a new change could have the same mark."""
        try:
            facts = os.lstat(self._start + name)
        except (OSError, ValueError):
            return ""
        changed = max(facts.st_ctime_ns, facts.st_mtime_ns)
        if not stat.S_ISREG(facts.st_mode) or changed > time.time_ns() - _SETTLED:
            return ""
        return f"{facts.st_mtime_ns}.{facts.st_ctime_ns}.{facts.st_size}.{facts.st_ino}"

    def read(self, name: str, largest: int = LARGEST) -> bytes:
        """Return the bytes of a file by its path within the root; see `read` below.

        Raises:
            NotRead: see `read` below.
        """
        folder = name.rpartition("/")[0]
        if folder not in self._plain:
            at = os.path.join(self._start, folder)  # noqa: PTH118 (for each file of a monorepo)
            if os.path.realpath(at) != at:
                return read(Path(self._start, name), self._root, largest)
            self._plain.add(folder)
        try:
            return _opened(self._start + name, os.O_NOFOLLOW, largest)
        except (OSError, ValueError):  # a link, or an error that `read` reports
            return read(Path(self._start, name), self._root, largest)


def read(file: Path, root: Path | None, largest: int = LARGEST) -> bytes:
    """Return the bytes of a file of an app.

    Args:
        file: its path.
        root: the app's checkout, resolved; None if the settings name a single file, whose imports
            may be anywhere.
        largest: the most bytes.

    Raises:
        NotRead: the file does not exist, is not regular, too large or outside of the root.
    """
    try:
        real = file.resolve()
        if root is not None and not real.is_relative_to(root):
            raise NotRead("is outside the app's checkout")
        return _opened(str(real), 0, largest)
    except (FileNotFoundError, NotADirectoryError):
        raise NotRead("there is no such file") from None
    except (OSError, RuntimeError, ValueError) as error:  # a cycle of links, a null byte
        raise NotRead(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _opened(path: str, flags: int, largest: int) -> bytes:
    # Without O_NONBLOCK, opening a pipe could wait for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise NotRead("is not a regular file")
        if facts.st_size > largest:
            raise NotRead(f"is larger than {largest >> 20} MiB and is not read")
        text = b""
        while len(text) <= largest:
            part = os.read(descriptor, max(facts.st_size - len(text), 0) + 1)
            if not part:
                return text
            text += part
    finally:
        os.close(descriptor)
    raise NotRead(f"is larger than {largest >> 20} MiB and is not read")


def is_file(file: Path, root: Path | None) -> bool:
    """Return whether a file exists and may be read."""
    try:
        real = file.resolve()
        return (root is None or real.is_relative_to(root)) and real.is_file()
    except (OSError, RuntimeError, ValueError):
        return False
