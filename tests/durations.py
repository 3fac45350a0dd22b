"""Records how long each file of tests took, for `make measure`: .local/durations.json.

Only a complete run is recorded: all tests in one run to the end. With several workers, the process
that distributes the tests records it.
"""

from __future__ import annotations

import json
import resource
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

# Every option that can select some tests only, with the value that selects all.
WHOLE = {
    "keyword": "",
    "markexpr": "",
    "lf": False,
    "stepwise": False,
    "collectonly": False,
    "deselect": None,
    "ignore": None,
    "ignore_glob": None,
}


class Durations:
    """Adds up the durations as tests end, and writes them at the end."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._began = time.monotonic()
        self._seconds: Counter[str] = Counter()
        self._tests: dict[str, set[str]] = {}
        self._outcomes: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one phase of one test."""
        file = report.nodeid.partition("::")[0]
        self._seconds[file] += report.duration
        self._tests.setdefault(file, set()).add(report.nodeid)
        if report.failed or report.skipped or report.nodeid not in self._outcomes:
            self._outcomes[report.nodeid] = report.outcome

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, object, object]:
        """Write the file. The workers have ended by then, so that their CPU seconds are known."""
        done = yield
        stopped = session.shouldstop or session.shouldfail
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not stopped:
            self._write(session.config)
        return done

    def _write(self, config: pytest.Config) -> None:
        outcomes = Counter(self._outcomes.values())
        document = {
            "wall": time.monotonic() - self._began,
            "cpu": cpu_seconds(),
            "workers": len(getattr(config.option, "tx", None) or []) or 1,
            "passed": outcomes["passed"],
            "failed": outcomes["failed"],
            "skipped": outcomes["skipped"],
            "files": [
                {"name": name, "seconds": self._seconds[name], "tests": len(tests)}
                for name, tests in sorted(self._tests.items())
            ],
        }
        self.file.parent.mkdir(exist_ok=True)
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        fresh.replace(self.file)


def cpu_seconds() -> float:
    """Return user and system seconds of this process, and of all descendants that were waited
    for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def is_whole(config: pytest.Config) -> bool:
    """Return whether the run has every test, in the process that distributes them."""
    if hasattr(config, "workerinput"):
        return False
    options: dict[str, Any] = vars(config.option)
    chosen = [name for name, every in WHOLE.items() if (options.get(name) or every) != every]
    return not chosen and config.args == config.getini("testpaths")


def install(config: pytest.Config) -> None:
    """Record this run, if it is complete."""
    if is_whole(config):
        config.pluginmanager.register(
            Durations(config.rootpath / ".local" / "durations.json"), "durations"
        )
