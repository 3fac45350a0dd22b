"""What the terminal shows of a report: the points, and what fails in each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clerkstack.checks.finding import Finding
from clerkstack.cli.cutover import _print
from clerkstack.cutover.model import fact, failed, passed, warned
from clerkstack.cutover.points import point_named
from clerkstack.report import reports

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RECORD = fact("CNAME clerk.a.dev", "frontend-api.clerk.services", "nothing", right=False)
FINE = fact("mail", "complete", "complete", right=True)
UNSURE = fact("proxy", "off", "not told", right=None)


def printed(finding: Finding, capsys: pytest.CaptureFixture[str]) -> str:
    point = point_named("dns-records")
    finding = replace(finding, check=point.id)
    _print(reports.cutover("prod", [point], [finding], {}, NOW, NOW, 1))
    return capsys.readouterr().out


def test_what_is_wrong_is_shown_with_what_it_must_be(capsys: pytest.CaptureFixture[str]) -> None:
    finding = failed("not complete", "Set these records.", (RECORD, FINE, UNSURE))

    found = printed(finding, capsys)

    assert found.endswith(
        "dns-records: Set these records.\n"
        "  CNAME clerk.a.dev: nothing, must be frontend-api.clerk.services\n"
        "prod is not ready for traffic: 1 failed.\n"
    )


def test_what_a_person_must_look_at_is_shown_if_nothing_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = printed(warned("look", "Look.", (FINE, UNSURE)), capsys)

    assert "Look.\n  proxy: not told, must be off\n" in found


def test_where_no_terminal_is_no_line_is_padded(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(passed("all there", (FINE,)), capsys)

    assert all(line == line.rstrip() for line in found.splitlines())
    assert "prod is ready for traffic: 1 passed.\n" in found
