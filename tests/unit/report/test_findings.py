"""Any finding in each form: its reader gets all of it, as text, at its line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from clerkstack.checks.finding import Finding, Rule, Severity
from clerkstack.report.html import html_page
from clerkstack.report.junit import junit_xml
from clerkstack.report.report import Group, Report
from clerkstack.report.sarif import sarif_text
from tests.unit.cutover.test_outputs import HOSTILE, Page

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def report(*findings: Finding, **changes: Any) -> Report:
    groups = (Group(f"of {HOSTILE}", HOSTILE, findings),)
    made = Report("drift", f"dev {HOSTILE}", HOSTILE, HOSTILE, groups, NOW, NOW)
    return replace(made, facts={HOSTILE: HOSTILE}, stack="dev", **changes)


def hostile(severity: Severity) -> Finding:
    """Return a finding whose every text is foreign."""
    texts = dict.fromkeys(("field", "message", "remedy", "where"), HOSTILE)
    return Finding(HOSTILE, HOSTILE, expected=HOSTILE, found=[HOSTILE], severity=severity, **texts)


@pytest.mark.parametrize("severity", Severity)
def test_text_of_others_stays_text(severity: Severity, tmp_path: Path) -> None:
    made = report(hostile(severity))

    page = Page(html_page(made))
    (suite,) = Xml.fromstring(junit_xml(made))
    (run,) = json.loads(sarif_text(made, tmp_path))["runs"]

    assert "script" not in {tag for tag, _ in page.elements}
    assert "alert(1)" in suite.find("testcase").attrib["name"]  # type: ignore[union-attr]
    assert len(run["results"]) == (0 if severity is Severity.PASSED else 1)
    assert "/" not in run["automationDetails"]["id"].removeprefix("clerkstack/drift/")[:-1]


@pytest.mark.parametrize(
    ("severity", "blocking", "children"),
    [
        (Severity.FAILED, {Severity.FAILED}, ["failure"]),
        (Severity.WARNING, {Severity.FAILED}, ["system-out"]),
        (Severity.WARNING, {Severity.FAILED, Severity.WARNING}, ["failure"]),
        (Severity.NOT_CHECKED, {Severity.FAILED}, ["skipped"]),
        (Severity.NOTE, {Severity.FAILED}, ["system-out"]),
        (Severity.PASSED, {Severity.FAILED}, []),
    ],
)
def test_a_test_case_fails_if_something_is_left_to_do(
    severity: Severity, blocking: set[Severity], children: list[str]
) -> None:
    made = report(Finding("a", "b", severity=severity), blocking=frozenset(blocking))

    (suite,) = Xml.fromstring(junit_xml(made))

    assert [child.tag for child in suite[0]] == children
    assert int(suite.attrib["skipped"]) == len(suite.findall(".//skipped"))
    assert int(suite.attrib["failures"]) == len(suite.findall(".//failure"))


def test_what_only_compares_values_says_which() -> None:
    made = report(Finding("drift", "plan pro", "amount", 6000, 6500))

    shown = Page(html_page(made)).texts["td"]
    (suite,) = Xml.fromstring(junit_xml(made))

    assert {"6000", "6500"} <= {*shown}
    (failure,) = suite.findall(".//failure")
    assert failure.attrib["message"] == "plan pro amount: expected 6000, found 6500"


@pytest.mark.parametrize(
    ("where", "uri", "region"),
    [
        ("catalog.yaml:2", "catalog.yaml", {"startLine": 2}),
        ("catalog.yaml", "catalog.yaml", {"startLine": 1}),
        ("src/a page.tsx:3:7", "app/src/a%20page.tsx", {"startLine": 3, "startColumn": 7}),
        ("clerkstack:billing.userEnabled", "Pulumi.dev.yaml", {"startLine": 4}),
        ("", "Pulumi.dev.yaml", {"startLine": 1}),
        ("src/gone.tsx:3", "Pulumi.dev.yaml", {"startLine": 1}),
        ("../outside.txt:3", "Pulumi.dev.yaml", {"startLine": 1}),
        ("/etc/hostname:1", "Pulumi.dev.yaml", {"startLine": 1}),
        ("a\x00b:1", "Pulumi.dev.yaml", {"startLine": 1}),
        ("catalog.yaml:0", "catalog.yaml", {"startLine": 1}),
    ],
)
def test_a_result_is_at_the_place_that_the_finding_names(
    tmp_path: Path, where: str, uri: str, region: dict[str, int]
) -> None:
    folder = tmp_path / "project"
    (folder / "app" / "src").mkdir(parents=True)
    (folder / "app" / "src" / "a page.tsx").write_text("")
    (folder / "catalog.yaml").write_text("features: {}\nplans: {}\n")
    (tmp_path / "outside.txt").write_text("")
    (folder / "Pulumi.dev.yaml").write_text(
        "config:\n  clerkstack:instance: development\n  clerkstack:billing:\n"
        "    userEnabled: true\n"
    )
    made = report(Finding("a", "b", message="c", where=where), app="app")

    (run,) = json.loads(sarif_text(made, folder))["runs"]

    (place,) = run["results"][0]["locations"]
    physical = place["physicalLocation"]
    assert (physical["artifactLocation"]["uri"], physical["region"]) == (uri, region)
    if where and uri == "Pulumi.dev.yaml":
        assert place["logicalLocations"] == [{"fullyQualifiedName": where}]


def test_each_stack_s_findings_are_at_its_own_settings(tmp_path: Path) -> None:
    groups = tuple(
        Group(stack, "", (Finding("a", "b", message="c"),), stack) for stack in ("dev", "prod")
    )

    (run,) = json.loads(sarif_text(replace(report(), groups=groups), tmp_path))["runs"]

    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [place["artifactLocation"]["uri"] for place in places] == [
        "Pulumi.dev.yaml",
        "Pulumi.prod.yaml",
    ]


def test_without_a_finding_there_is_one_test_that_passed() -> None:
    (suite,) = Xml.fromstring(junit_xml(report()))

    assert (len(suite.findall("testcase")), suite.attrib["tests"]) == (1, "1")
    assert suite.attrib["failures"] == suite.attrib["errors"] == "0"


def test_a_rule_says_what_a_check_is_about(tmp_path: Path) -> None:
    rules = {"a": Rule("a", "Title", "Why", "How")}
    made = report(Finding("a", "b", message="c"), rules=rules)

    shown = "".join(Page(html_page(made)).texts["p"])
    (rule,) = json.loads(sarif_text(made, tmp_path))["runs"][0]["tool"]["driver"]["rules"]

    assert "Why" in shown
    assert (rule["shortDescription"]["text"], rule["help"]["text"]) == ("Title", "Judged by: How")
