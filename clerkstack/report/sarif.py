"""A report as SARIF 2.1.0: what is left to do, at the line that decides it.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0. A waived finding is a suppressed
result.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from clerkstack import version
from clerkstack.checks.finding import Finding, Rule, Severity
from clerkstack.report.report import Group, Report, sentence, wrong_in
from clerkstack.report.values import moment
from clerkstack.settings.names import PREFIX
from clerkstack.settings.source_map import SourceMap

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {Severity.FAILED: "error", Severity.WARNING: "warning"}
KINDS = {
    Severity.FAILED: "fail",
    Severity.WARNING: "fail",
    Severity.MANUAL: "review",
    Severity.NOTE: "informational",
}
# A file with a line and maybe a column, as in a finding's `where`.
_IN_FILE = re.compile(r"(?P<file>[^:\n]+)(?::(?P<line>[0-9]{1,9})(?::(?P<column>[0-9]{1,9}))?)?")
_NO_PART_OF_AN_ID = re.compile(r"[^\w.-]+")


def sarif_text(report: Report, folder: Path) -> str:
    """The report as SARIF; `folder` is the project's, for files and line numbers."""
    rules = {finding.check: report.rule(finding) for finding in report.findings}
    index = {name: number for number, name in enumerate(rules)}
    subject = _NO_PART_OF_AN_ID.sub("-", report.subject)
    run = {
        "tool": {
            "driver": {
                "name": "clerkstack",
                "version": version(),
                "rules": [_rule(name, rule) for name, rule in rules.items()],
            }
        },
        "automationDetails": {"id": f"clerkstack/{report.command}/{subject}/"},
        "invocations": [
            {
                "executionSuccessful": not report.service_failed,
                "startTimeUtc": moment(report.began),
                "endTimeUtc": moment(report.ended),
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [
            result for group in report.groups for result in _results(report, group, index, folder)
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(name: str, rule: Rule) -> dict[str, Any]:
    about: dict[str, Any] = {
        "id": name,
        "name": "".join(part.capitalize() for part in re.split(r"[\s-]+", name)),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why or rule.title},
        "defaultConfiguration": {"level": "error"},
    }
    return {**about, "help": {"text": f"Judged by: {rule.how}"}} if rule.how else about


def _results(
    report: Report, group: Group, index: dict[str, int], folder: Path
) -> list[dict[str, Any]]:
    stack = group.stack or report.stack
    files = _Files(
        folder, report.app, SourceMap(folder / f"Pulumi.{stack}.yaml", stack) if stack else None
    )
    return [
        _result(report, finding, index[finding.check], files)
        for finding in group.findings
        if finding.severity is not Severity.PASSED
    ]


def _result(report: Report, finding: Finding, index: int, files: _Files) -> dict[str, Any]:
    lines = [f"{line}." for line in wrong_in(finding)]
    text = " ".join([sentence(finding), *lines, finding.remedy]).strip()
    name = "|".join((finding.check, finding.subject, finding.field))
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": index,
        # A level is meaningful only with the kind `fail`.
        "kind": KINDS.get(finding.severity, "open"),
        "level": LEVELS.get(finding.severity, "none"),
        "message": {"text": text},
        "locations": [files.location(finding.where, report.rule(finding))],
        "partialFingerprints": {"finding/v1": name},
    }
    if finding.waiver is not None:
        until = moment(finding.waiver.until)
        reason = f"Signed off by {finding.waiver.by} until {until}. {finding.waiver.reason}".strip()
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": reason}
        ]
    return result


class _Files(NamedTuple):
    """Finds the files that findings are about. `settings` is the source map of the settings."""

    folder: Path
    app: str
    settings: SourceMap | None

    def location(self, where: str, rule: Rule) -> dict[str, Any]:
        """A finding's location; if `where` is not a file, it is added to the place that decides."""
        at = _IN_FILE.fullmatch(where)
        file = self._file(at["file"]) if at else None
        if at is not None and file is not None:
            found = {"line": at["line"], "column": at["column"]}
            region = {f"start{name.title()}": max(1, int(n)) for name, n in found.items() if n}
            return _physical(file, region or {"startLine": 1})
        uri, number = self._deciding(where, rule)
        place = _physical(uri, {"startLine": number or 1})
        return {**place, "logicalLocations": [{"fullyQualifiedName": where}]} if where else place

    def _file(self, name: str) -> str | None:
        """A file of the project as a relative URI; None if it does not exist."""
        top = self.folder.resolve()
        for base in dict.fromkeys((self.folder / self.app, self.folder)):
            try:
                path = (base / name).resolve()
                if path.is_file() and path.is_relative_to(top):
                    return path.relative_to(top).as_posix()
            except (OSError, ValueError, RuntimeError):
                continue
        return None

    def _deciding(self, where: str, rule: Rule) -> tuple[str, int | None]:
        if rule.in_catalog or self.settings is None:
            return "catalog.yaml", _line_of(self.folder / "catalog.yaml", r"plans:")
        setting = rule.setting
        if where.startswith(PREFIX):
            setting = tuple(where.removeprefix(PREFIX).split("."))
        uri = self.settings.name
        return uri, self.settings.line(setting) or _line_of(self.folder / uri, r"config:")


def _physical(file: str, region: dict[str, int]) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": quote(file)}, "region": region}}


def _line_of(file: Path, form: str) -> int | None:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return next((number for number, line in enumerate(lines, 1) if re.match(form, line)), None)
