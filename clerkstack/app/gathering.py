"""Collects the facts of many files: unchanged files from the cache, the others in several
processes."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from clerkstack.app.kept import Kept, digest_of
from clerkstack.app.looking import at_once, look
from clerkstack.app.reading import Allowance, NotRead, Reader, TooMuch

SEARCHED = 32 * 1024 * 1024
"""The largest file, in bytes, that is searched for possible checks."""

# Below these numbers, parsing is faster than starting a process.
_MANY_FILES, _MANY_BYTES = 48, 512 * 1024
_MOST_PROCESSES = 8
_STARTS = (
    "import json, sys\n"
    "sys.path[:] = json.loads(sys.argv[1])\n"
    "from clerkstack.app.gathering import work\n"
    "work()\n"
)

Job = tuple[str, tuple[str, ...]]


class Gathering:
    """Collects the facts of an app's files.

    Args:
        root: the app's checkout, resolved.
        allowance: the limits for reading the app.
        kept: the cache of earlier results; None for no cache.
    """

    def __init__(self, root: Path, allowance: Allowance, kept: Kept | None) -> None:
        self._root = root
        self._allowance = allowance
        self._kept = kept
        self._reader = Reader(root)

    def found(self, jobs: Iterable[Job]) -> Iterator[tuple[str, list[Any]]]:
        """Yield each file's path and facts, in any order.

        Args:
            jobs: the paths within the root, and the wanted names for each (see `look`).

        Raises:
            TooMuch: the app exceeds the allowance.
        """
        left: list[tuple[int, str, tuple[str, ...]]] = []
        digests: dict[str, str] = {}
        for name, wanted in jobs:
            self._allowance.look(name)
            found = None if wanted else self._unchanged(name)
            if found is not None:
                yield name, found
                continue
            mark = "" if wanted else self._reader.mark(name)
            try:
                text = self._reader.read(name, SEARCHED)
            except NotRead as error:
                yield name, ["unresolved", 1, 1, str(error)]
                continue
            digest = digest_of(text, _suffix(name), wanted)
            if self._kept is not None:
                self._kept.mark(name, mark, digest)
                found = self._kept.get(digest)
            if found is None and not wanted:
                found = at_once(text)
                if found is not None:
                    self._keep(digest, found)
            if found is not None:
                yield name, found
                continue
            self._allowance.keep(name, len(text))
            digests[name] = digest
            left.append((len(text), name, wanted))
        for name, found in self._parsed(left):
            self._keep(digests[name], found)
            yield name, found

    def texts(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the path and text of each readable file."""
        for name in names:
            self._allowance.look(name)
            try:
                yield name, self._reader.read(name, SEARCHED)
            except NotRead:
                continue

    def _unchanged(self, name: str) -> list[Any] | None:
        """Return the cached facts of an unchanged file, without opening it."""
        if self._kept is None:
            return None
        digest = self._kept.digest(name, self._reader.mark(name))
        return None if digest is None else self._kept.get(digest)

    def _keep(self, digest: str, found: list[Any]) -> None:
        # A time-out depends on the machine and the moment.
        is_whole = found[0] != "facts" or "stopped" not in found[1]
        if self._kept is not None and is_whole and found[0] != "unresolved":
            self._kept.put(digest, found)

    def _parsed(
        self, jobs: list[tuple[int, str, tuple[str, ...]]]
    ) -> Iterator[tuple[str, list[Any]]]:
        processes = min(_cores(), _MOST_PROCESSES, len(jobs))
        is_much = len(jobs) >= _MANY_FILES and sum(size for size, _, _ in jobs) >= _MANY_BYTES
        left = [(name, wanted) for _, name, wanted in sorted(jobs)]
        if is_much and processes > 1:
            done: set[str] = set()
            parts = [left[number::processes] for number in range(processes)]
            with contextlib.ExitStack() as stack:
                for process in [stack.enter_context(self._started(part)) for part in parts]:
                    answers, seconds = _answer(process)
                    self._allowance.spend(seconds)
                    for name, found in answers:
                        done.add(name)
                        yield name, found
            left = [each for each in left if each[0] not in done]
        for name, wanted in left:
            self._allowance.look(name)
            try:
                yield name, look(self._reader.read(name, SEARCHED), _suffix(name), wanted)
            except NotRead as error:
                yield name, ["unresolved", 1, 1, str(error)]

    @contextlib.contextmanager
    def _started(self, jobs: Sequence[Job]) -> Iterator[subprocess.Popen[bytes]]:
        """Start a process that parses files; kill it at the end.

        It is not forked, because the parent may run threads of the engine's library. Its
        environment is empty, because the parent's holds the stack's secrets.
        """
        asked = json.dumps([str(self._root), self._allowance.seconds_left(), jobs])
        with subprocess.Popen(
            [sys.executable, "-I", "-c", _STARTS, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
        ) as process:
            try:
                assert process.stdin is not None
                with contextlib.suppress(OSError):  # it has exited
                    process.stdin.write(asked.encode())  # it reads all before it writes
                    process.stdin.close()
                yield process
            finally:
                process.kill()


def _answer(process: subprocess.Popen[bytes]) -> tuple[list[tuple[str, list[Any]]], float]:
    """Return a process's results and its seconds of CPU; failed files are missing."""
    assert process.stdout is not None
    out = process.stdout.read()
    try:
        found, seconds = json.loads(out) if process.wait() == 0 else ([], 0.0)
    except ValueError:
        return [], 0.0
    return found, seconds


def work() -> None:
    """Run a worker of `Gathering`: files on standard input, facts on standard output."""
    root, seconds, jobs = json.load(sys.stdin)
    allowance, reader = Allowance(seconds), Reader(Path(root))
    found = []
    for name, wanted in jobs:
        try:
            allowance.look(name)
            found.append((name, look(reader.read(name, SEARCHED), _suffix(name), wanted)))
        except (NotRead, TooMuch):
            continue  # the parent reports it
    json.dump([found, time.process_time()], sys.stdout, separators=(",", ":"))


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1]  # noqa: PTH122 (for each file of a monorepo)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1
