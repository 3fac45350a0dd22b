"""Runs `clerkstack rotate` and interrupts it with a signal at a step, a request or a moment."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal
from unittest import mock

from local.killing import kill_tree
from local.rotation.testbed import STACK, RotationTestbed
from local.world.faults import Fault
from local.world.journal import Entry

How = Literal["killed, with all it started", "killed alone", "SIGTERM", "Ctrl-C"]
TREE, ALONE, TERM, INTERRUPT = HOWS = (
    "killed, with all it started",
    "killed alone",
    "SIGTERM",
    "Ctrl-C",
)
TIME_LIMIT = 240  # seconds that a run may take
SECONDS_TO_HEAR = 5  # a process that it left behind may keep its output open
# Requests of the app itself, caused by the traffic.
OF_THE_APP = ("/api_keys/verify", "/v1/jwks")


@dataclass
class Run:
    """A run in progress, and its result. `struck` says whether it was interrupted."""

    process: subprocess.Popen[str]
    began: float
    lines: list[str] = field(default_factory=list)
    said: str = ""
    seconds: float = 0.0
    struck: bool = False
    readers: list[threading.Thread] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code."""
        return int(self.process.returncode)

    @property
    def last_words(self) -> str:
        """The most informative line of the result."""
        told = [line for line in self.lines if line.startswith("error:")] or self.lines or [""]
        return told[-1].strip()

    def end(self, how: str) -> None:
        """Interrupt it, once."""
        if self.struck or self.process.poll() is not None:
            return
        self.struck = True
        if how == TREE:
            kill_tree(self.process.pid)
        elif how == ALONE:
            self.process.kill()
        elif how == TERM:
            self.process.terminate()
        else:  # a terminal sends it to its whole foreground group
            os.killpg(self.process.pid, signal.SIGINT)


@dataclass(frozen=True)
class Interruption:
    """When and how to interrupt. `around` is entered before the run begins; `at_line` sees each
    line of output; `beside` runs in its own thread."""

    around: Callable[[RotationTestbed, list[Run]], AbstractContextManager[Any]] = lambda *_: (
        nullcontext()
    )
    at_line: Callable[[Run, str], None] = lambda *_: None
    beside: Callable[[Run], None] | None = None


def at_step(step: str, how: str, after: float = 0.0) -> Interruption:
    """Interrupt when the run reports a step, or so many seconds later."""

    def seen(run: Run, line: str) -> None:
        if line.startswith(f"rotate: {step} "):
            time.sleep(after)
            run.end(how)

    return Interruption(at_line=seen)


def at_moment(seconds: float, how: str) -> Interruption:
    """Interrupt so many seconds after the start."""

    def beside(run: Run) -> None:
        time.sleep(seconds)
        run.end(how)

    return Interruption(beside=beside)


def at_request(number: int, moment: Literal["before", "after"], how: str) -> Interruption:
    """Interrupt at the run's n-th request: before the service gets it (it never does), or after the
    service has acted and before it answers."""

    @contextmanager
    def around(testbed: RotationTestbed, runs: list[Run]) -> Iterator[None]:
        take, add = testbed.world.faults.take, testbed.world.requests.add
        seen = 0

        def is_it(path: str) -> bool:
            nonlocal seen
            seen += not path.endswith(OF_THE_APP)
            if seen != number or path.endswith(OF_THE_APP):
                return False
            runs[0].end(how)
            return True

        def taken(service: Any, method: str, path: str) -> Fault | None:
            lost = Fault.model_validate({"kind": "drop_before", "service": service})
            return lost if is_it(path) else take(service, method, path)

        def added(**entry: Any) -> None:
            add(**entry)
            is_it(entry["path"])

        where = (testbed.world.faults, "take", taken)
        with mock.patch.object(
            *(where if moment == "before" else (testbed.world.requests, "add", added))
        ):
            yield

    return Interruption(around=around)


def run(
    testbed: RotationTestbed, *words: str, interruption: Interruption | None = None, **options: Any
) -> Run:
    """Run it to its end, or until it is interrupted. `options` go to Popen.

    Raises:
        TimeoutError: it does not end.
    """
    what = interruption or Interruption()
    runs: list[Run] = []
    with what.around(testbed, runs):
        started = begin(testbed, *words, runs=runs, at_line=what.at_line, **options)
        if what.beside is not None:
            threading.Thread(target=what.beside, args=(started,), daemon=True).start()
        return ended(started)


def begin(
    testbed: RotationTestbed,
    *words: str,
    runs: list[Run] | None = None,
    at_line: Callable[[Run, str], None] = lambda *_: None,
    **options: Any,
) -> Run:
    """Begin a run in its own session, as in a terminal."""
    testbed.known_history = None
    process = subprocess.Popen(
        ["bin/clerkstack", "rotate", "--stack", STACK, *words],
        cwd=testbed.project.folder,
        env=testbed.project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **{"stdin": subprocess.DEVNULL, **options},
    )
    started = Run(process, time.monotonic())
    if runs is not None:
        runs.append(started)

    def listen() -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                started.lines.append(line.rstrip())
                at_line(started, line)

    def hear() -> None:
        assert process.stdout is not None
        with process.stdout:
            started.said = process.stdout.read()

    started.readers += [threading.Thread(target=each, daemon=True) for each in (listen, hear)]
    for reader in started.readers:
        reader.start()
    return started


def ended(started: Run) -> Run:
    """Wait for the end of a run.

    Raises:
        TimeoutError: it does not end.
    """
    try:
        started.process.wait(TIME_LIMIT)
    except subprocess.TimeoutExpired:
        kill_tree(started.process.pid)
        started.process.wait()
        told = "\n".join(started.lines[-5:])
        raise TimeoutError(f"the run did not end in {TIME_LIMIT} s:\n{told}") from None
    except BaseException:  # this process is interrupted
        kill_tree(started.process.pid)
        raise
    started.seconds = time.monotonic() - started.began
    for reader in started.readers:
        reader.join(SECONDS_TO_HEAR)  # read the last lines
    return started


def own_requests(testbed: RotationTestbed) -> list[Entry]:
    """Return the requests since the journal was cleared, without those of the app."""
    return [each for each in testbed.world.journal() if not each.path.endswith(OF_THE_APP)]
