"""Watching a command while it runs: its processes with what they are given, and what it writes.

Linux only (`/proc`): processes are looked for every few milliseconds, and one that lives shorter
than that may be missed.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.leaks.search import Planted

PAUSE = 0.004  # seconds between looks
SETTLED = 1.0  # seconds after which a process has become what it is going to be
OTHERS = stat.S_IRWXG | stat.S_IRWXO
LARGEST = 30_000_000  # bytes of a file that are searched


@dataclass(frozen=True)
class Program:
    """A process as it was seen: its arguments, and its environment as text."""

    arguments: tuple[str, ...]
    environment: str

    @property
    def name(self) -> str:
        """What runs: for an interpreter, what it runs too."""
        words = [Path(word).name for word in self.arguments[:8] if not word.startswith("-")]
        return " ".join(words[:3])


@dataclass
class _Process:
    first: float
    programs: list[Program] = field(default_factory=list)


class Watch:
    """While it is entered: processes below this one, and files in a folder for temporary ones.

    After `follow` only one of the processes below this one, with all below that.

    `loose` are the files with a secret that others than their owner could read, as they were when
    they were seen: gone at the end or not.
    """

    def __init__(self, planted: Planted, temporary: Path) -> None:
        self._planted, self._temporary = planted, temporary
        self._own, self._root = os.getpid(), 0
        self._processes: dict[tuple[int, str], _Process] = {}
        self._others: set[int] = set()
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self.loose: list[str] = []
        self.files = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> Watch:
        """Begin."""
        self._others = set(_pids())
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self._stop.set()
        self._thread.join(10)

    @property
    def programs(self) -> list[Program]:
        """All that were seen, each once."""
        every = (each for process in self._processes.values() for each in process.programs)
        return list(dict.fromkeys(every))

    def in_arguments(self) -> list[str]:
        """Programs with a secret among their arguments: everybody on the machine can read it."""
        return sorted(
            {
                f"{program.name}: {found}"
                for program in self.programs
                for found in self._planted.find("\0".join(program.arguments))
            }
        )

    def in_environments(self, may_hold: Callable[[Program, str], bool]) -> list[str]:
        """Programs with a secret in their environment that they need not have."""
        return sorted(
            {
                f"{program.name}: {name}"
                for program in self.programs
                for name in self._planted.names_in(program.environment)
                if not may_hold(program, name)
            }
        )

    def follow(self, pid: int) -> None:
        """Look at this process, which was started just now, and at those below it alone."""
        self._root = pid

    # -- inside -----------------------------------------------------------------------------------

    def _look_on(self) -> None:
        while not self._stop.is_set():
            self._look_at_processes()
            self._look_at_files()
            time.sleep(PAUSE)

    def _look_at_processes(self) -> None:
        now = time.monotonic()
        begin = {self._own} if not self._root else set()
        below = begin | {pid for pid, _ in self._processes}
        for pid in _pids():
            if pid in self._others or pid == self._own:
                continue
            with suppress(OSError, IndexError, ValueError):
                status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                parent, born = int(status[1]), status[19]
                known = self._processes.get((pid, born))
                if known is None:
                    if parent not in below and pid != self._root:
                        if parent not in (self._own, os.getppid()):
                            self._others.add(pid)
                        continue
                    known = self._processes[pid, born] = _Process(now)
                    below.add(pid)
                if now - known.first < SETTLED:
                    self._note(pid, known)

    def _note(self, pid: int, process: _Process) -> None:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        arguments = tuple(words.split("\0"))[:-1]
        if not arguments or (process.programs and process.programs[-1].arguments == arguments):
            return
        held = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
        if Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace") == words:
            # Else it has become another program meanwhile, and what is held is that one's.
            process.programs.append(Program(arguments, held))

    def _look_at_files(self) -> None:
        for file in files_of(self._temporary):
            with suppress(OSError):
                status = file.stat()
                mark = (status.st_mtime_ns, status.st_size, status.st_mode)
                if self._seen.get(file) == mark:
                    continue
                self.files += file not in self._seen
                self._seen[file] = mark
                if _is_private(file, self._temporary):
                    continue
                for found in self._planted.find(file.read_bytes()[:LARGEST]):
                    mode = stat.filemode(status.st_mode)
                    self.loose.append(f"{file.relative_to(self._temporary)} {mode}: {found}")


def _is_private(file: Path, above: Path) -> bool:
    """Whether nobody but the owner can read it: by its mode, or that of a folder around it."""
    around = [file, *(each for each in file.parents if each.is_relative_to(above))]
    return any(not each.stat().st_mode & OTHERS for each in around if each != above)


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208


def files_of(folder: Path, without: Sequence[str] = ()) -> Iterator[Path]:
    """Every regular file in a folder; links are not followed, folders of those names left out."""
    for at, folders, names in os.walk(folder, onerror=lambda _error: None):
        folders[:] = [each for each in folders if each not in without]
        for name in names:
            file = Path(at, name)
            if not file.is_symlink() and file.is_file():
                yield file


def in_files(planted: Planted, folders: Iterable[Path], without: Sequence[str] = ()) -> list[str]:
    """The files in which a planted secret is, with the secret's name."""
    return [
        f"{file}: {found}"
        for folder in folders
        for file in files_of(folder, without)
        for found in planted.find(file.read_bytes()[:LARGEST])
    ]
