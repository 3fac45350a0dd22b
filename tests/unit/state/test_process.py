"""Commands that are run to their end."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import pytest

from clerkstack.state.process import Commands, Ran, Stopped

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
