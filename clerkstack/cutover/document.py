"""The report as data, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from clerkstack import version
from clerkstack.cutover.model import Line, Report


def document(report: Report) -> dict[str, Any]:
    """As `--json` prints it. Times are UTC."""
    return {
        "clerkstack": version(),
        "stack": report.stack,
        "application": report.application,
        "instance": report.instance,
        "app_url": report.app_url,
        "began": moment(report.began),
        "ended": moment(report.ended),
        "ready": report.ready,
        "counts": report.counts(),
        "points": [_line(line) for line in report.lines],
    }


def moment(at: datetime) -> str:
    """A time in the form 2026-01-31T12:00:00Z."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _line(line: Line) -> dict[str, Any]:
    verdict, signed = line.verdict, line.signed
    return {
        "point": line.point.id,
        "number": line.point.number,
        "title": line.point.title,
        "outcome": verdict.outcome.value,
        "status": line.status,
        "done": line.done,
        "service_failed": verdict.service_failed,
        "summary": verdict.summary,
        "mend": verdict.mend,
        "facts": [
            {
                "what": each.what,
                "expected": each.expected,
                "found": each.found,
                "right": each.right,
            }
            for each in verdict.facts
        ],
        "evidence": [
            {
                "operation": each.operation,
                "where": each.where,
                "at": moment(each.at),
                "failed": each.failed,
            }
            for each in line.evidence
        ],
        "signed": None
        if signed is None
        else {
            "by": signed.by,
            "date": moment(signed.date),
            "until": moment(signed.until),
            "note": signed.note,
        },
    }
