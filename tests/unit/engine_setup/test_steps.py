from __future__ import annotations

import io
import os
import signal
import subprocess
from pathlib import Path

import pytest

from clerkstack.signals import ENDING
from local.machine.steps import CommandFailed, Steps, interruptible


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_failed_command_keeps_the_end_of_what_it_printed(tmp_path: Path) -> None:
    steps = Steps("engine", io.StringIO())
    command = ["/bin/sh", "-c", "seq 100; echo the reason >&2; exit 7"]

    with pytest.raises(CommandFailed) as caught:
        steps.run(command, environ=os.environ, cwd=tmp_path)

    assert caught.value.code == 7
    assert caught.value.tail.endswith("the reason")
    assert len(caught.value.tail.splitlines()) == 20


def test_a_terminal_shows_what_a_running_command_is_at_on_one_line(tmp_path: Path) -> None:
    out = Terminal()
    pipe = tmp_path / "shown"
    os.mkfifo(pipe)

    class Watched(Steps):
        def _show(self, text: str) -> None:
            super()._show(text)
            if text:
                pipe.write_text("seen\n")

    steps = Watched("engine", out)
    steps.run(
        ["/bin/sh", "-c", f"echo thing; read line < {pipe}"],
        environ=os.environ,
        cwd=tmp_path,
        describe=lambda line: f"at {line}",
    )
    steps.say("done")

    shown = out.getvalue()
    assert "at thing" in shown.split("\r\x1b[K")[1]
    assert shown.count("\n") == 1
    assert shown.endswith("done\n")


def test_a_command_that_does_not_end_is_ended(tmp_path: Path) -> None:
    steps = Steps("engine", Terminal())

    with pytest.raises(TimeoutError):
        steps.run(["sleep", "600"], environ=os.environ, cwd=tmp_path, limit=0)


def test_a_signal_that_is_ignored_on_purpose_stays_so() -> None:
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

        interruptible()

        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        handler = signal.getsignal(signal.SIGTERM)
        assert callable(handler)
        with pytest.raises(KeyboardInterrupt):
            handler(signal.SIGTERM, None)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_an_interrupt_while_a_command_starts_ends_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[str]] = []
    start = subprocess.Popen

    def interrupted(*arguments: object, **options: object) -> subprocess.Popen[str]:
        started.append(start(*arguments, **options))  # type: ignore[call-overload]
        os.kill(os.getpid(), signal.SIGINT)
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", interrupted)

    with pytest.raises(KeyboardInterrupt):
        Steps("engine", Terminal()).run(["sleep", "600"], environ=os.environ, cwd=tmp_path)

    assert started[0].returncode is not None
