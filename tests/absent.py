"""What a test does without the part of the set-up it needs, and what the run says at its end."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import pytest

from local.parts import PARTS, PROJECT, Part, noted


def absent(part: Part) -> NoReturn:
    """Skip for a part that is not there; in CI fail."""
    missing(part.why_missing())


def missing(why: str) -> NoReturn:
    """Skip for want of something, which `why` names first; in CI fail.

    All tests that want the same say the same: the run ends with one line for it.
    """
    pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


def summary(reasons: Iterable[str], project: Path = PROJECT) -> list[str]:
    """One line for each reason for which tests were skipped, and for each part that is missing.

    `reasons` has one for each skipped test; a missing part may have none in this run.
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
    """Nothing is skipped in silence."""
    reports = terminalreporter.stats.get("skipped", [])
    texts = [r.longrepr[2] if isinstance(r.longrepr, tuple) else str(r.longrepr) for r in reports]
    lines = summary(text.removeprefix("Skipped: ") for text in texts)
    if lines:
        terminalreporter.write_sep("=", "skipped, and why")
        for line in lines:
            terminalreporter.write_line(line)
