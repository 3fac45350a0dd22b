"""Searches every command that a test runs for secrets: its output and its arguments.

Hooks of the tests: `install` once, `leaks_of` at the end of each test. Commands are those that go
through `subprocess`: `run`, `check_output`, `Popen.communicate`, with files as output too. Captured
output and logs of the test's own process are searched as well.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import project
from local.github import github
from local.world import minted, seed
from tests.leaks.search import Planted

LARGEST = 8_000_000  # bytes of one output that are searched


@dataclass(frozen=True)
class Ran:
    """A command that ran, and its output."""

    words: tuple[str, ...]
    given: str = field(repr=False)


@dataclass(frozen=True)
class Meant:
    """Commands that are meant to show a secret, and why."""

    reason: str
    matches: Callable[[Sequence[str]], bool]


def _has(*wanted: str) -> Callable[[Sequence[str]], bool]:
    return lambda words: all(each in words for each in wanted)


_BY_TESTS = "how a test sets a stack up; users are told the form that asks for the value"
SHOWS = (Meant("asked for by its option; a test or a command reads it", _has("--show-secrets")),)
"""Commands whose output may hold secrets."""
TAKES = (
    Meant(_BY_TESTS, _has("config", "set", "--secret")),
    Meant(_BY_TESTS, _has("config", "set-all")),
)
"""Commands to which a test passes secrets as arguments."""

ALWAYS = (
    ("the platform key", seed.PLATFORM_KEY),
    ("the Vercel token", seed.VERCEL_TOKEN),
    ("the passphrase", project.PASSPHRASE),
    ("the GitHub token", github.TOKEN),
    ("the GitHub token of a fork", github.READ_TOKEN),
)


class Recorder:
    """The commands of the running test so far."""

    def __init__(self) -> None:
        self._planted = Planted(ALWAYS)
        self._forget()

    def _forget(self) -> None:
        self.ran: list[Ran] = []
        self.arguments: list[tuple[str, ...]] = []
        self._files: list[tuple[tuple[str, ...], Path]] = []
        self._more: list[tuple[str, str]] = []

    def plant(self, name: str, value: str) -> None:
        """Search for another secret, until the test ends."""
        self._more.append((name, value))

    def began(self, words: tuple[str, ...], outputs: Iterable[object]) -> None:
        """Record the start of a command; its output files are searched at the end."""
        self.arguments.append(words)
        for output in outputs:
            name = getattr(output, "name", None)
            if isinstance(name, str) and Path(name).is_file():
                self._files.append((words, Path(name)))

    def gave(self, words: tuple[str, ...], outputs: Iterable[str | bytes | None]) -> None:
        """Record the end of a command with its output."""
        for output in outputs:
            if output:
                text = output.decode(errors="replace") if isinstance(output, bytes) else output
                self.ran.append(Ran(words, text[:LARGEST]))

    def leaks(self, captured: Mapping[str, str]) -> list[str]:
        """Return where forbidden secrets are, in everything since the last call."""
        texts = [each for each in self.ran if not _meant(SHOWS, each.words)]
        texts += [
            Ran(words, file.read_text(errors="replace")[:LARGEST])
            for words, file in self._files
            if file.is_file() and not _meant(SHOWS, words)
        ]
        calls = [words for words in self.arguments if not _meant(TAKES, words)]
        found: list[str] = []
        if texts or calls or any(captured.values()):
            searches = self._searches()
            found = [
                f"the output of `{_reported(each.words, searches)}`: {leak}"
                for each in texts
                for leak in _leaks(each.given, searches)
            ]
            found += [
                f"the arguments of `{_reported(words, searches)}`: {leak}"
                for words in calls
                for leak in _leaks("\0".join(words), searches)
            ]
            found += [
                f"{place}: {leak}"
                for place, text in captured.items()
                for leak in _leaks(text, searches)
            ]
        self._forget()
        return list(dict.fromkeys(found))

    def _searches(self) -> tuple[Planted, ...]:
        """Return the secrets to search for: those of all tests, new ones included, and the test's
        own."""
        if len(self._planted) > 2 * minted.MOST:
            self._planted = Planted(ALWAYS)
        for name, value in minted.given_out:
            self._planted.add(name, value)
        more = [(name, value) for name, value in self._more if value not in self._planted]
        return (self._planted, Planted(more)) if more else (self._planted,)


RECORDER = Recorder()


def _meant(table: Iterable[Meant], words: Sequence[str]) -> bool:
    return any(meant.matches(words) for meant in table)


def _leaks(text: str, searches: Sequence[Planted]) -> list[str]:
    return list(dict.fromkeys(str(leak) for planted in searches for leak in planted.find(text)))


def _reported(words: Sequence[str], searches: Sequence[Planted]) -> str:
    return " ".join("…" if _leaks(word, searches) else word for word in words)[:200]


def install() -> None:
    """Record every command from now on."""
    begin, communicate = subprocess.Popen.__init__, subprocess.Popen.communicate
    initialise = project.Project.init

    def began(process: Any, args: Any, *more: Any, **how: Any) -> None:
        RECORDER.began(_words(args), (how.get("stdout"), how.get("stderr")))
        begin(process, args, *more, **how)

    def communicated(process: Any, *more: Any, **how: Any) -> Any:
        outputs = communicate(process, *more, **how)
        RECORDER.gave(_words(process.args), outputs)
        return outputs

    def initialised(
        made: Any, stack: str, settings: Any, secrets: Any = project.SECRETS, *options: str
    ) -> None:
        for key, value in secrets.items():
            if len(value) >= 8:
                RECORDER.plant(f"the setting {key}", value)
        initialise(made, stack, settings, secrets, *options)

    subprocess.Popen.__init__ = began  # type: ignore[method-assign]
    subprocess.Popen.communicate = communicated  # type: ignore[method-assign]
    project.Project.init = initialised  # type: ignore[method-assign]


def _words(args: Any) -> tuple[str, ...]:
    return (args,) if isinstance(args, str) else tuple(str(argument) for argument in args)
