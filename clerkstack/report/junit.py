"""A report as JUnit XML: one test case for each finding.

Something left to do is a failure; a check that a failed service prevented is an error. A report
without findings has one test case, which passed.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from clerkstack.checks.finding import Finding, Severity
from clerkstack.report.report import Report, wrong_in
from clerkstack.report.values import moment

NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: Report) -> str:
    """The report as JUnit XML."""
    errors = [finding for finding in report.open if finding.service_failed]
    counts = {
        "tests": str(len(report.findings) or 1),
        "failures": str(len(report.open) - len(errors)),
        "errors": str(len(errors)),
        "time": f"{(report.ended - report.began).total_seconds():.3f}",
    }
    skipped = sum(_skipped(report, finding) for finding in report.findings)
    suites = Xml.Element("testsuites", {"name": f"clerkstack {report.command}", **counts})
    suite = Xml.SubElement(
        suites,
        "testsuite",
        {
            "name": _text(f"{report.command} {report.subject}"),
            **counts,
            "skipped": str(skipped),
            "timestamp": moment(report.began).removesuffix("Z"),
        },
    )
    for group in report.groups:
        for finding in group.findings:
            _case(suite, report, finding, group.stack or report.subject)
    if not report.findings:
        _empty(suite, report)
    Xml.indent(suites)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _empty(suite: Xml.Element, report: Report) -> None:
    names = {"classname": f"{report.command}.{report.subject}", "name": report.verdict}
    texts = {name: _text(text) for name, text in names.items()}
    Xml.SubElement(suite, "testcase", {**texts, "time": "0"})


def _case(suite: Xml.Element, report: Report, finding: Finding, subject: str) -> None:
    title = report.title(finding)
    name = title if title == finding.check else f"{finding.check}: {title}"
    texts = {"classname": _text(f"{report.command}.{subject}"), "name": _text(name), "time": "0"}
    case = Xml.SubElement(suite, "testcase", texts)
    message = {"message": _text(finding.message or "; ".join(wrong_in(finding)))}
    if not report.done(finding):
        tag = "error" if finding.service_failed else "failure"
        outcome = Xml.SubElement(case, tag, {**message, "type": finding.severity.value})
        outcome.text = _text("\n".join(_details(finding)))
    elif _skipped(report, finding):
        Xml.SubElement(case, "skipped", message)
    elif finding.waiver is not None:
        until = moment(finding.waiver.until)
        text = f"signed off by {finding.waiver.by} until {until}: {finding.message}"
        Xml.SubElement(case, "system-out").text = _text(text)
    elif finding.severity is not Severity.PASSED:
        text = "\n".join([f"{finding.severity.value}: {finding.message}", *_details(finding)])
        Xml.SubElement(case, "system-out").text = _text(text)


def _skipped(report: Report, finding: Finding) -> bool:
    """Whether it was not checked and leaves nothing to do."""
    unchecked = finding.severity is Severity.NOT_CHECKED and finding.waiver is None
    return unchecked and report.done(finding)


def _details(finding: Finding) -> list[str]:
    read = [
        f"{evidence.operation} {evidence.where} {moment(evidence.at)}"
        for evidence in finding.evidence
    ]
    return [*wrong_in(finding), *filter(None, (finding.remedy, finding.where)), *read]


def _text(text: str) -> str:
    """The text without characters that XML can't hold."""
    return NOT_XML.sub("�", text)
