"""Watching a command while it runs: its processes with what they are given, and what it writes.

Linux only (`/proc`): what is new is looked for every few milliseconds, and a process that lives
shorter than that may be missed.
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
LOOKS_FOR_A_NUMBER = 4
SETTLED = 1.0  # seconds after which a process has become what it is going to be
COARSE = 100_000_000  # nanoseconds: longer than a tick of the clock that files have
OTHERS = stat.S_IRWXG | stat.S_IRWXO
LARGEST = 30_000_000  # bytes of a file that are searched
LARGEST_PART = 1 << 16  # bytes of a file of /proc that are read at once


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
    """A process as it is watched; `cmdline` is the open file of its arguments, which shows those of
    the program that it becomes, too."""

    first: float
    cmdline: int
    words: bytes = b""
    programs: list[Program] = field(default_factory=list)


class Watch:
    """While it is entered: processes below this one, and files in a folder for temporary ones.

    After `follow` only one of the processes below this one, with all below that; and what a process
    starts that ran before, but works for that one.

    `loose` are the files with a secret that others than their owner could read, as they were when
    they were seen: gone at the end or not.
    """

    def __init__(self, planted: Planted, temporary: Path) -> None:
        self._planted, self._temporary = planted, temporary
        self._own, self._root = os.getpid(), 0
        self._begin = {self._own}
        self._processes: dict[tuple[int, int], _Process] = {}
        self._below: set[int] = set()
        self._young: dict[int, _Process] = {}
        self._unseen: dict[int, int] = {}
        self._newest = _Newest()
        self._temporary_files = _Files(temporary)
        self._seen: dict[str, tuple[int, int, int]] = {}
        self.loose: list[str] = []
        self.files = 0
        self.looks = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> Watch:
        """Begin."""
        self._newest.since()
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
        self._newest.close()
        while self._young:
            os.close(self._young.popitem()[1].cmdline)

    @property
    def programs(self) -> list[Program]:
        """All programs that were seen, each once."""
        every = (program for process in self._processes.values() for program in process.programs)
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
        """Programs with a secret in their environment that they do not need."""
        return sorted(
            {
                f"{program.name}: {name}"
                for program in self.programs
                for name in self._planted.names_in(program.environment)
                if not may_hold(program, name)
            }
        )

    def follow(self, pid: int, *servers: int) -> None:
        """Watch only this process, which was started just now, and those below it; and what these
        servers, which ran before, start from now on."""
        self._root, self._begin = pid, {*servers}

    # -- inside -----------------------------------------------------------------------------------

    def _look_on(self) -> None:
        while not self._stop.is_set():
            self._look_at_processes()
            self._temporary_files.look(self._note_file)
            self.looks += 1
            time.sleep(PAUSE)

    def _look_at_processes(self) -> None:
        now = time.monotonic()
        fresh = dict.fromkeys(self._newest.since(), LOOKS_FOR_A_NUMBER)
        for pid, looks in [*self._unseen.items(), *fresh.items()]:
            self._unseen.pop(pid, None)
            try:
                self._meet(pid, now)
            except OSError:  # it has ended, or has only its number yet
                if looks > 1:
                    self._unseen[pid] = looks - 1
        for pid, process in list(self._young.items()):
            with suppress(OSError):
                self._note(pid, process)
            if now - process.first >= SETTLED:
                os.close(self._young.pop(pid).cmdline)

    def _meet(self, pid: int, now: float) -> None:
        status = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        parent, born, is_thread = int(status[1]), int(status[19]), int(status[35]) == -1
        if is_thread or (pid, born) in self._processes:
            return
        if pid == self._root or parent in self._begin or parent in self._below:
            cmdline = os.open(f"/proc/{pid}/cmdline", os.O_RDONLY)
            if pid in self._young:  # another process had this number
                os.close(self._young[pid].cmdline)
            self._young[pid] = self._processes[pid, born] = _Process(now, cmdline)
            self._below.add(pid)

    def _note(self, pid: int, process: _Process) -> None:
        if os.pread(process.cmdline, LARGEST_PART, 0) == process.words:
            return
        words = _whole(process.cmdline)
        if words == process.words:
            return
        arguments = tuple(words.decode(errors="replace").split("\0"))[:-1]
        if not arguments:
            return
        held = _read(f"/proc/{pid}/environ").decode(errors="replace")
        if _whole(process.cmdline) == words:
            # Otherwise it has become another program, which has this environment.
            process.words = words
            process.programs.append(Program(arguments, held))

    def _note_file(self, path: str, status: os.stat_result) -> None:
        mark = (status.st_mtime_ns, status.st_size, status.st_mode)
        if self._seen.get(path) == mark:
            return
        self.files += path not in self._seen
        self._seen[path] = mark
        file = Path(path)
        if _is_private(file, self._temporary):
            return
        for found in self._planted.find(file.read_bytes()[:LARGEST]):
            mode = stat.filemode(status.st_mode)
            self.loose.append(f"{file.relative_to(self._temporary)} {mode}: {found}")


class _Newest:
    """The processes that are new at each look, without a look at all of them.

    The system numbers processes and threads in order, and reports the last number.
    """

    def __init__(self) -> None:
        self._file = os.open("/proc/loadavg", os.O_RDONLY)
        self._last = self._number()

    def close(self) -> None:
        os.close(self._file)

    def since(self) -> Iterable[int]:
        """The numbers given since the last look, whoever has them now."""
        before, self._last = self._last, self._number()
        if self._last >= before:
            return range(before + 1, self._last + 1)
        return [pid for pid in _pids() if pid > before or pid <= self._last]

    def _number(self) -> int:
        return int(os.pread(self._file, 100, 0).rpartition(b" ")[2])


class _Files:
    """The files in a folder, with few looks: a folder is read only if its time has changed."""

    def __init__(self, top: Path) -> None:
        self._top = str(top)
        self._folders: dict[str, tuple[int, list[str], list[str]]] = {}

    def look(self, note: Callable[[str, os.stat_result], None]) -> None:
        """Give each regular file that is there, with its status."""
        folders = [self._top]
        while folders:
            at = folders.pop()
            try:
                inner, files = self._read(at)
            except OSError:
                self._folders.pop(at, None)
                continue
            folders += inner
            for file in files:
                with suppress(OSError):
                    status = os.lstat(file)
                    if stat.S_ISREG(status.st_mode):
                        note(file, status)

    def _read(self, folder: str) -> tuple[list[str], list[str]]:
        changed = os.stat(folder).st_mtime_ns  # noqa: PTH116
        known = self._folders.get(folder)
        if known is None or known[0] != changed:
            with os.scandir(folder) as entries:
                every = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in entries]
            inner = [path for path, is_folder in every if is_folder]
            files = [path for path, is_folder in every if not is_folder]
            # The clock of files is coarse: what changes right after a look may have the same time.
            is_old = time.time_ns() - changed > COARSE
            known = self._folders[folder] = (changed if is_old else 0, inner, files)
        return known[1], known[2]


def _read(file: str) -> bytes:
    """A file of /proc, with as few calls as possible."""
    held = os.open(file, os.O_RDONLY)
    try:
        return _whole(held)
    finally:
        os.close(held)


def _whole(held: int) -> bytes:
    """An open file of /proc from its beginning, as it is now."""
    whole = part = os.pread(held, LARGEST_PART, 0)
    while part:
        part = os.pread(held, LARGEST_PART, len(whole))
        whole += part
    return whole


def _is_private(file: Path, above: Path) -> bool:
    """Whether nobody but the owner can read it: by its mode, or that of a folder around it."""
    around = [file, *(parent for parent in file.parents if parent.is_relative_to(above))]
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


class Clean:
    """Files in which nothing was found, each as it was then.

    One that has not changed since cannot hold a secret that was made later.
    """

    def __init__(self) -> None:
        self._status: dict[Path, tuple[int, ...]] = {}

    def is_as_it_was(self, file: Path) -> bool:
        """Whether it was searched, and nobody has written to it since."""
        return self._status.get(file) == _written_at(file)

    def note(self, file: Path, written_at: tuple[int, ...]) -> None:
        """Nothing was found in it; as it was before it was read."""
        self._status[file] = written_at


def in_files(
    planted: Planted,
    folders: Iterable[Path],
    without: Sequence[str] = (),
    clean: Clean | None = None,
) -> list[str]:
    """The files in which a planted secret is, with the secret's name; without those that are clean
    from a search before."""
    clean = clean or Clean()
    leaks: list[str] = []
    for folder in folders:
        for file in files_of(folder, without):
            if clean.is_as_it_was(file):
                continue
            written_at = _written_at(file)
            found = planted.find(file.read_bytes()[:LARGEST])
            leaks += [f"{file}: {each}" for each in found]
            if not found:
                clean.note(file, written_at)
    return leaks


def _written_at(file: Path) -> tuple[int, ...]:
    status = file.stat()
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
