"""The report as SARIF 2.1.0: what is left to do, at the line that decides about it.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0. A point that is signed off is a
result that is suppressed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from clerkstack import version
from clerkstack.checks.finding import Severity
from clerkstack.cutover.model import Line, Point, Report
from clerkstack.report.values import moment, one_line
from clerkstack.settings.places import Places

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {Severity.FAILED: "error", Severity.WARNING: "warning"}
KINDS = {Severity.FAILED: "fail", Severity.WARNING: "fail", Severity.MANUAL: "review"}


def sarif_text(report: Report, folder: Path) -> str:
    """As code scanning reads it; `folder` holds Pulumi.<stack>.yaml, for line numbers."""
    rules = [_rule(line.point) for line in report.lines]
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    places = Places(folder / f"Pulumi.{report.stack}.yaml", report.stack)
    run = {
        "tool": {"driver": {"name": "clerkstack", "version": version(), "rules": rules}},
        "automationDetails": {"id": f"clerkstack/cutover/{report.stack}/"},
        "invocations": [
            {
                "executionSuccessful": not report.service_failed,
                "startTimeUtc": moment(report.began),
                "endTimeUtc": moment(report.ended),
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(line, index[line.point.id], places, folder)
            for line in report.lines
            if line.finding.severity is not Severity.PASSED
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(point: Point) -> dict[str, Any]:
    return {
        "id": point.id,
        "name": "".join(part.capitalize() for part in point.id.split("-")),
        "shortDescription": {"text": point.title},
        "fullDescription": {"text": point.why},
        "help": {"text": f"Judged by: {point.how}"},
        "defaultConfiguration": {"level": "error"},
    }


def _result(line: Line, index: int, places: Places, folder: Path) -> dict[str, Any]:
    finding = line.finding
    wrong = [
        f"{each.name}: expected {one_line(each.expected)}, found {one_line(each.found)}."
        for each in finding.details
        if each.severity is not Severity.PASSED
    ]
    # A level has a meaning only beside the kind `fail`.
    kind = KINDS.get(finding.severity, "open")
    result: dict[str, Any] = {
        "ruleId": line.point.id,
        "ruleIndex": index,
        "kind": kind,
        "level": LEVELS.get(finding.severity, "none"),
        "message": {"text": " ".join([f"{finding.message}.", *wrong, finding.remedy]).strip()},
        "locations": [_location(line.point, places, folder)],
        "partialFingerprints": {"point/v1": line.point.id},
    }
    if line.signed is not None:
        until = moment(line.signed.until)
        reason = f"Signed off by {line.signed.by} until {until}. {line.signed.reason}".strip()
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": reason}
        ]
    return result


def _location(point: Point, places: Places, folder: Path) -> dict[str, Any]:
    if point.in_catalog:
        uri, number = "catalog.yaml", _line_of(folder / "catalog.yaml", r"plans:")
    else:
        uri = places.name
        number = places.line(point.setting) or _line_of(folder / uri, r"config:")
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": number or 1}}
    return {"physicalLocation": place}


def _line_of(file: Path, form: str) -> int | None:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return next((number for number, line in enumerate(lines, 1) if re.match(form, line)), None)
