"""The report as JUnit XML: one test case for each point.

What is left to do is a failure, a point that a service kept from being judged is an error.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from clerkstack.checks.finding import Severity
from clerkstack.cutover.model import Line, Report
from clerkstack.report.values import moment, one_line

NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: Report) -> str:
    """As CI systems read it."""
    errors = [line for line in report.open if line.finding.service_failed]
    counts = {
        "tests": str(len(report.lines)),
        "failures": str(len(report.open) - len(errors)),
        "errors": str(len(errors)),
        "time": f"{(report.ended - report.began).total_seconds():.3f}",
    }
    suites = Xml.Element("testsuites", {"name": "clerkstack cutover", **counts})
    suite = Xml.SubElement(
        suites,
        "testsuite",
        {
            "name": f"cutover {report.stack}",
            **counts,
            "skipped": "0",
            "timestamp": moment(report.began).removesuffix("Z"),
        },
    )
    for line in report.lines:
        _case(suite, report, line)
    Xml.indent(suites)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: Xml.Element, report: Report, line: Line) -> None:
    name = f"{line.point.id}: {line.point.title}"
    case = Xml.SubElement(
        suite, "testcase", {"classname": f"cutover.{report.stack}", "name": name, "time": "0"}
    )
    finding = line.finding
    if not line.done:
        tag = "error" if finding.service_failed else "failure"
        found = Xml.SubElement(
            case, tag, {"message": _text(finding.message), "type": finding.severity.value}
        )
        found.text = _text("\n".join(_details(line)))
    if line.signed is not None:
        out = Xml.SubElement(case, "system-out")
        until = moment(line.signed.until)
        out.text = _text(f"signed off by {line.signed.by} until {until}: {finding.message}")


def _details(line: Line) -> list[str]:
    finding = line.finding
    wrong = [
        f"{each.name}: expected {one_line(each.expected)}, found {one_line(each.found)}"
        for each in finding.details
        if each.severity is not Severity.PASSED
    ]
    read = [f"{each.operation} {each.where} {moment(each.at)}" for each in finding.evidence]
    return [*wrong, *([finding.remedy] if finding.remedy else []), *read]


def _text(text: str) -> str:
    """What XML can hold of a text."""
    return NOT_XML.sub("�", text)
