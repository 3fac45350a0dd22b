"""Skips tests whose part of the set-up is missing, and reports that at the end of the run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import pytest

from local.parts import PARTS, PROJECT, Part, noted


def absent(part: Part) -> NoReturn:
    """Skip a test because a part is missing; in CI fail."""
    missing(part.why_missing())


def missing(why: str) -> NoReturn:
    """Skip a test because something is missing, which `why` names first; in CI fail.

    Tests that need the same thing must give the same reason: the run ends with one line for it.
    """
    pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


def summary(reasons: Iterable[str], project: Path = PROJECT) -> list[str]:
    """Return one line for each reason for skipped tests, and for each missing part.

    `reasons` has one entry for each skipped test; a missing part may have none in this run.
    """
    skipped = Counter(reasons)
    for part in PARTS:
        if part.name in noted(project):
            skipped.setdefault(part.why_missing(project), 0)
    return [
        f"{count} {'test' if count == 1 else 'tests'} skipped: {' '.join(reason.split())}"
        for reason, count in sorted(skipped.items())
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report every skipped test."""
    reports = terminalreporter.stats.get("skipped", [])
    texts = [r.longrepr[2] if isinstance(r.longrepr, tuple) else str(r.longrepr) for r in reports]
    lines = summary(text.removeprefix("Skipped: ") for text in texts)
    if lines:
        terminalreporter.write_sep("=", "skipped, and why")
        for line in lines:
            terminalreporter.write_line(line)
