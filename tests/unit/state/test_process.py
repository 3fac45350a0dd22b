"""Commands that are run to their end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from clerkstack.state import process
from clerkstack.state.locks import is_alive
from clerkstack.state.process import Commands, Ran, Stopped
from tests.clock import wait_until

# Each prints its arguments; the last waits for an interrupt, and prints much before it ends.
ECHO = "import sys; print(sys.stdin.read()); print('aside', file=sys.stderr); sys.exit(3)"
DEAF = "print('as it is')"
PATIENT = """
import pathlib, signal, sys, time
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
print("ready", flush=True)
while not seen:
    time.sleep(0.01)
print("x" * 1_000_000, flush=True)
pathlib.Path(sys.argv[1]).write_text(f"ended after {len(seen)}")
"""

# Ends at the second interrupt.
STUBBORN = """
import pathlib, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print("ready", flush=True)
for times in "once", "twice":
    signal.sigwait({signal.SIGINT})
    pathlib.Path(sys.argv[1]).write_text(times)
"""

# As the engine: what it starts has a process group of its own and prints elsewhere. The argument
# says what an interrupt does.
PARENT = """
import signal, subprocess, sys, time
began = subprocess.Popen(
    ["sleep", "1000"], process_group=0, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
)
signal.signal(signal.SIGINT, getattr(signal, sys.argv[1]))
print(began.pid, flush=True)
time.sleep(1000)
"""


def python(script: str, *words: str) -> list[str]:
    return [sys.executable, "-c", script, *words]


def test_a_command_ends_with_all_that_it_printed() -> None:
    lines: list[str] = []
    given = "state " * 100_000

    ran = Commands().run(python(ECHO), given=given, on_line=lines.append)

    assert ran == Ran(3, f"{given}\n", "aside")
    assert lines == [f"{given}\n"]


def test_what_a_command_does_not_read_stops_nobody() -> None:
    assert Commands().run(python(DEAF), given="x" * 1_000_000) == Ran(0, "as it is\n", "")


def test_an_interrupt_reaches_it_once_and_its_end_is_waited_for(tmp_path: Path) -> None:
    def interrupt(_line: str) -> None:
        signal.raise_signal(signal.SIGINT)

    end = tmp_path / "end"
    with pytest.raises(KeyboardInterrupt):
        Commands().run(python(PATIENT, str(end)), on_line=interrupt)

    assert end.read_text() == "ended after 1"


@pytest.mark.parametrize("moment", ["as it starts", "before it is read"])
def test_an_interrupt_while_it_is_started_reaches_it(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else could end it."""
    started: list[subprocess.Popen[str]] = []

    class Started(subprocess.Popen[str]):
        def __init__(self, *words: Any, **options: Any) -> None:
            super().__init__(*words, **options)
            started.append(self)
            if moment == "as it starts":
                signal.raise_signal(signal.SIGINT)

    class Aside(threading.Thread):
        def start(self) -> None:
            super().start()
            if moment == "before it is read":
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(process.subprocess, "Popen", Started)
    monkeypatch.setattr(process.threading, "Thread", Aside)
    before = signal.getsignal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        Commands().run(["sleep", "100"])

    assert [each.returncode for each in started] == [-signal.SIGINT]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_reaches_it_too(tmp_path: Path) -> None:
    """As the engine, which stops at once then."""
    seen = tmp_path / "seen"
    main = threading.main_thread().ident
    assert main is not None

    def interrupt_again() -> None:
        wait_until(seen.exists)
        signal.pthread_kill(main, signal.SIGINT)

    def interrupt(_line: str) -> None:
        pool.submit(interrupt_again)
        signal.raise_signal(signal.SIGINT)

    with ThreadPoolExecutor() as pool, pytest.raises(KeyboardInterrupt):
        Commands().run(python(STUBBORN, str(seen)), on_line=interrupt)

    assert seen.read_text() == "twice"


@pytest.mark.parametrize("does", ["SIG_DFL", "SIG_IGN"])
def test_what_dies_of_an_interrupt_or_ignores_two_leaves_nothing_behind(
    does: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class InterruptedTwice(subprocess.Popen[str]):
        interrupts = 0

        def send_signal(self, sig: int) -> None:
            super().send_signal(sig)
            self.interrupts += 1
            if self.interrupts < 2:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(process.subprocess, "Popen", InterruptedTwice)
    monkeypatch.setattr(process, "SECONDS_TO_END", 0.1)
    began: list[int] = []

    def interrupt(line: str) -> None:
        began.append(int(line))
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        Commands().run(python(PARENT, does), on_line=interrupt)

    wait_until(lambda: not is_alive(*began))


@pytest.mark.parametrize("does", ["SIG_DFL", "SIG_IGN"])
def test_what_dies_as_it_is_stopped_leaves_nothing_behind(
    does: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SECONDS_TO_END", 0.1)
    commands, began = Commands(), Queue[int]()

    with ThreadPoolExecutor() as pool:
        running = pool.submit(
            commands.run, python(PARENT, does), on_line=lambda line: began.put(int(line))
        )
        child = began.get()
        commands.stop()

        with pytest.raises(Stopped):
            running.result()
    wait_until(lambda: not is_alive(child))


def test_a_further_interrupt_ends_the_wait_for_what_is_stopped(tmp_path: Path) -> None:
    seen, main = tmp_path / "seen", threading.main_thread().ident
    assert main is not None
    commands, ready = Commands(), threading.Event()
    words = python(STUBBORN, str(seen))

    def interrupt() -> None:
        wait_until(seen.exists)
        signal.pthread_kill(main, signal.SIGINT)

    with ThreadPoolExecutor() as pool:
        running = pool.submit(commands.run, words, on_line=lambda _line: ready.set())
        ready.wait()
        pool.submit(interrupt)
        commands.stop()

        with pytest.raises(Stopped):
            running.result()
    assert seen.read_text() == "once"


def test_what_runs_in_other_threads_is_stopped(tmp_path: Path) -> None:
    commands, end = Commands(), tmp_path / "end"
    ready = threading.Event()
    ended: list[BaseException] = []

    def work() -> None:
        try:
            commands.run(python(PATIENT, str(end)), on_line=lambda _line: ready.set())
        except Stopped as stopped:
            ended.append(stopped)

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    commands.stop()
    thread.join()

    assert end.read_text() == "ended after 1"
    assert len(ended) == 1
    with pytest.raises(Stopped):
        commands.run(python(DEAF))
