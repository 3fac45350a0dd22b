"""The one way to a file of an app: nothing outside of its checkout, nothing endless, nothing twice
without end.

An app's repository is not trusted: whoever may write there could else make a deploy read
`/dev/zero`, a file of the runner's, or one constant of 2^40 entries.
"""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

LARGEST = 2 * 1024 * 1024
"""Bytes of one file; a larger one is a bundle."""

PARSED = 64 * 1024 * 1024
"""Bytes of all files that are parsed."""

SECONDS = 120.0
"""Of CPU, for all of an app."""

# Nanoseconds after which no file system gives a change the time of the one before.
_SETTLED = 2_000_000_000

ENTRIES = 10_000
"""Of one constant, with all that is spread into it."""


class NotRead(Exception):
    """A file that is not read; the message says why, to stand behind its name."""


class TooMuch(Exception):
    """All of the app together takes more than it may; the message says which and where."""


class Allowance:
    """What reading one app may still take.

    Args:
        seconds: of CPU, from now on.
        parsed: bytes.
    """

    def __init__(self, seconds: float = SECONDS, parsed: int = PARSED) -> None:
        self._seconds, self._parsed = seconds, parsed
        self._until = time.process_time() + seconds
        self._left = parsed

    def look(self, file: Path | str) -> None:
        """Go on with a file only where there is time left.

        Raises:
            TooMuch: there is none.
        """
        if time.process_time() > self._until:
            raise TooMuch(f"takes more than {self._seconds:g} s of CPU to read, at {file}")

    def keep(self, file: Path | str, size: int) -> None:
        """Parse a file of so many bytes.

        Raises:
            TooMuch: with it there are more than may be parsed.
        """
        self.look(file)
        self._left -= size
        if self._left < 0:
            raise TooMuch(f"has more than {self._parsed >> 20} MiB of code to look into, at {file}")

    def spend(self, seconds: float) -> None:
        """Take what another process has used."""
        self._until -= seconds

    def seconds_left(self) -> float:
        """Seconds of CPU that may still be used."""
        return self._until - time.process_time()


class Reader:
    """Reads files of one checkout: each folder is resolved once.

    Args:
        root: the checkout, resolved.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._start = f"{root}/"
        # The folders that are what their path says: no link leads to them.
        self._plain: set[str] = {""}

    def mark(self, name: str) -> str:
        """What changes with a file's content, without a look into it; empty where it was changed
        so lately that another change may have the same mark, and where there is no such file."""
        try:
            facts = os.lstat(self._start + name)
        except (OSError, ValueError):
            return ""
        changed = max(facts.st_ctime_ns, facts.st_mtime_ns)
        if not stat.S_ISREG(facts.st_mode) or changed > time.time_ns() - _SETTLED:
            return ""
        return f"{facts.st_mtime_ns}.{facts.st_ctime_ns}.{facts.st_size}.{facts.st_ino}"

    def read(self, name: str, largest: int = LARGEST) -> bytes:
        """The bytes of a file, by its path within the root; see `read` below.

        Raises:
            NotRead: see there.
        """
        folder = name.rpartition("/")[0]
        if folder not in self._plain:
            at = os.path.join(self._start, folder)  # noqa: PTH118 (for each file of a monorepo)
            if os.path.realpath(at) != at:
                return read(Path(self._start, name), self._root, largest)
            self._plain.add(folder)
        try:
            return _opened(self._start + name, os.O_NOFOLLOW, largest)
        except (OSError, ValueError):  # a link, or what `read` tells
            return read(Path(self._start, name), self._root, largest)


def read(file: Path, root: Path | None, largest: int = LARGEST) -> bytes:
    """The bytes of a file of an app.

    Args:
        root: the app's checkout, resolved; None where only one file was named, whose imports may
            lie anywhere.
        largest: bytes.

    Raises:
        NotRead: it is not there, no regular file, too large, or outside of the root.
    """
    try:
        real = file.resolve()
        if root is not None and not real.is_relative_to(root):
            raise NotRead("is outside the app's checkout")
        return _opened(str(real), 0, largest)
    except (FileNotFoundError, NotADirectoryError):
        raise NotRead("there is no such file") from None
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name with a null
        raise NotRead(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _opened(path: str, flags: int, largest: int) -> bytes:
    # A pipe that nobody writes to would be waited for.
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
    """Whether there is such a file, and it may be read."""
    try:
        real = file.resolve()
        return (root is None or real.is_relative_to(root)) and real.is_file()
    except (OSError, RuntimeError, ValueError):
        return False
