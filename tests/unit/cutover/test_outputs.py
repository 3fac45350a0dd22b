"""The report in each form, parsed as its readers parse it: nothing hostile, no secret."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import jsonschema
import pytest

from clerkstack.checks.finding import Evidence, Finding, Severity
from clerkstack.cutover.judge import judge
from clerkstack.cutover.model import Point, fact, manual
from clerkstack.cutover.points import POINTS, point_named
from clerkstack.report import reports
from clerkstack.report.documents import CutoverDocument
from clerkstack.report.html import html_page
from clerkstack.report.junit import junit_xml
from clerkstack.report.report import Report, as_shown
from clerkstack.report.sarif import sarif_text
from clerkstack.safe import hide, safe
from tests.descriptions import FOLDER as DESCRIPTIONS
from tests.unit.cutover.seen import NOW, SECRET_KEY, SIGNING, Seen
from tests.unit.cutover.test_signoffs import signoff

HOSTILE = "</td><script>alert(1)</script>&\"'\x00\x1b[31m ü 🙂"
PLANTED = "sk_live_plantedplantedplanted1"
VOID = {"meta", "link", "br", "img", "input", "hr"}
ALL = (Severity.PASSED, Severity.FAILED, Severity.WARNING, Severity.MANUAL, Severity.NOT_CHECKED)


def hostile(
    point: str, severity: Severity, *, failed: bool = False, signed: bool = False
) -> Finding:
    """Return a finding with hostile text wherever foreign text can appear."""
    details = (fact(HOSTILE, HOSTILE, HOSTILE, right=severity is Severity.PASSED),)
    evidence = (Evidence("ListDomains", f"https://api.example/{HOSTILE}", NOW, failed=failed),)
    word = signoff(by=f"Ana {HOSTILE}", reason=f"looked {HOSTILE}") if signed else None
    return Finding(
        point,
        "prod",
        severity=severity,
        message=f"seen {HOSTILE}",
        remedy=f"mend {HOSTILE}",
        evidence=evidence,
        details=details,
        service_failed=failed,
        waiver=word,
    )


def made(*findings: Finding) -> Report:
    """Return the report of these findings."""
    facts = {
        reports.APP: "https://acme.example",
        reports.APPLICATION: "app_1",
        reports.INSTANCE: "ins_1",
    }
    points = [point_named(finding.check) for finding in findings]
    ended = NOW + timedelta(seconds=4.5)
    return reports.cutover("prod", points, findings, facts, NOW, ended, 7)


@pytest.fixture
def report() -> Report:
    """Return one finding of each status, each with untrusted text."""
    return made(
        hostile("live-keys", Severity.PASSED),
        hostile("webhook", Severity.FAILED),
        hostile("smoke", Severity.NOT_CHECKED, signed=True),
        hostile("sign-up", Severity.MANUAL),
        hostile("deliveries", Severity.WARNING),
        hostile("redirect-urls", Severity.NOT_CHECKED, failed=True),
    )


def ready(report: Report) -> Report:
    return made(*(finding for finding in report.findings if report.done(finding)))


# -- JSON -----------------------------------------------------------------------------------------


def test_json_has_every_point_with_facts_evidence_and_who_signed(report: Report) -> None:
    read = json.loads(CutoverDocument.of(report).text())

    assert (read["ready"], read["began"]) == (False, "2026-03-01T12:00:00Z")
    assert read["counts"] == {
        "failed": 1,
        "not checked": 1,
        "warning": 1,
        "manual": 1,
        "signed off": 1,
        "passed": 1,
    }
    points = {point["point"]: point for point in read["points"]}
    assert [*points] == [finding.check for finding in report.findings]
    assert {name for name, each in points.items() if each["done"]} == {"live-keys", "smoke"}
    assert points["smoke"]["finding"]["waiver"]["reason"] == f"looked {HOSTILE}"
    assert points["webhook"]["finding"]["waiver"] is None
    assert points["webhook"]["finding"]["details"][0]["found"] == HOSTILE
    assert points["redirect-urls"]["finding"]["evidence"][0]["failed"] is True
    assert CutoverDocument.of(ready(report)).ready is True


# -- JUnit ----------------------------------------------------------------------------------------


def test_junit_counts_what_it_holds(report: Report) -> None:
    suites = Xml.fromstring(junit_xml(report))

    (suite,) = suites
    cases = suite.findall("testcase")
    assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
    for each in (suites, suite):
        assert int(each.attrib["tests"]) == len(cases) == len(report.findings)
        assert int(each.attrib["failures"]) == len(suite.findall(".//failure")) == 3
        assert int(each.attrib["errors"]) == len(suite.findall(".//error")) == 1
        assert float(each.attrib["time"]) == 4.5
    assert int(suite.attrib["skipped"]) == len(suite.findall(".//skipped")) == 0
    assert suite.attrib["timestamp"] == "2026-03-01T12:00:00"
    by_name = {case.attrib["name"].partition(":")[0]: case for case in cases}
    assert [child.tag for child in by_name["live-keys"]] == []
    assert [child.tag for child in by_name["redirect-urls"]] == ["error"]
    assert "Ana </td><script>" in by_name["smoke"].findtext("system-out", "")
    (failure,) = by_name["webhook"].findall("failure")
    assert failure.attrib["type"] == "failed"
    assert "expected" in (failure.text or "")


def test_junit_of_a_ready_stack_has_no_failure(report: Report) -> None:
    (suite,) = Xml.fromstring(junit_xml(ready(report)))

    assert (suite.attrib["failures"], suite.attrib["errors"]) == ("0", "0")
    assert suite.findall(".//failure") == suite.findall(".//error") == []


# -- SARIF ----------------------------------------------------------------------------------------


def sarif(report: Report, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sarif_text(report, folder))
    return found


def test_sarif_is_valid_by_the_schema_of_its_standard(report: Report, tmp_path: Path) -> None:
    file = Path(os.environ.get("SARIF_SCHEMA", DESCRIPTIONS / "sarif-schema-2.1.0.json"))
    if not file.exists():
        pytest.skip("SARIF_SCHEMA names no copy of OASIS's sarif-schema-2.1.0.json")
    schema = json.loads(file.read_text())
    validator = jsonschema.validators.validator_for(schema)(
        schema, format_checker=jsonschema.FormatChecker()
    )

    for each in (report, ready(report), made()):
        assert [error.message for error in validator.iter_errors(sarif(each, tmp_path))] == []


def test_sarif_has_what_the_standard_requires(report: Report, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  clerkstack:webhook:\n    path: /x\n")

    log = sarif(report, tmp_path)

    # Sections 3.13, 3.14, 3.18, 3.19, 3.20, 3.27, 3.35 of the standard.
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids)) == len(report.findings)
    assert run["automationDetails"]["id"] == "clerkstack/cutover/prod/"
    assert run["invocations"][0]["executionSuccessful"] is False
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        assert result["kind"] in {"fail", "review", "open"}
        # A level other than none goes with the kind `fail` only (3.27.10).
        assert (result["level"] != "none") == (result["kind"] == "fail")
        place = result["locations"][0]["physicalLocation"]
        assert not place["artifactLocation"]["uri"].startswith(("/", "file:"))
        assert place["region"]["startLine"] >= 1
    found = {each["ruleId"]: each for each in run["results"]}
    assert {*found} == {*ids} - {"live-keys"}
    levels = {name: each["level"] for name, each in found.items()}
    assert (levels["webhook"], levels["deliveries"], levels["sign-up"]) == (
        "error",
        "warning",
        "none",
    )
    (suppressed,) = found["smoke"]["suppressions"]
    assert (suppressed["kind"], suppressed["status"]) == ("external", "accepted")
    assert all("suppressions" not in each for name, each in found.items() if name != "smoke")


# -- HTML -----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a browser would find: elements with attributes in order, open elements, all text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.empty: list[str] = []
        self._begun: list[bool] = []
        self.feed(text)
        self.close()
        assert self.open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self._begun.append(False)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if not self._begun.pop() and tag in ("th", "a", "h1", "h2", "h3", "caption", "summary"):
            self.empty.append(tag)

    def handle_data(self, data: str) -> None:
        inner = self.open[-1] if self.open else ""
        if data.strip():
            self._begun = [True] * len(self._begun)
        self.texts.setdefault(inner, []).append(data)

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.elements if tag in tags]


@pytest.fixture
def page(report: Report) -> Page:
    return Page(html_page(report))


def test_the_page_says_at_the_top_whether_it_is_ready(report: Report, page: Page) -> None:
    assert page.texts["h1"] == ["Not ready for traffic"]
    assert page.texts["title"] == ["Cutover of prod: not ready"]
    done = Page(html_page(ready(report)))
    assert done.texts["h1"] == ["Ready for traffic"]
    assert done.texts["title"] == ["Cutover of prod: ready"]
    order = [tag for tag, _ in page.elements]
    assert order.index("h1") < order.index("h2") < order.index("table")


def test_the_page_is_read_in_order_by_those_who_can_t_see_it(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.named("html")[0]["lang"] == "en"
    assert {each.get("scope") for each in page.named("th")} == {"col", "row"}
    ids = [str(attrs["id"]) for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for attrs in page.named("a"):
        assert str(attrs["href"]).removeprefix("#") in ids
    for _, attrs in page.elements:
        if "aria-labelledby" in attrs:
            assert attrs["aria-labelledby"] in ids
    # Every column, link and heading has a name.
    assert page.empty == []


def test_the_page_has_no_script_and_takes_nothing_from_outside(page: Page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "svg"}
    for tag, attrs in page.elements:
        assert not [name for name in attrs if name.startswith("on") or name in {"src", "style"}], (
            tag
        )
    (style,) = page.texts["style"]
    assert "url(" not in style
    assert "@import" not in style
    policy = next(
        each["content"] or ""
        for each in page.named("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_hostile_text_stays_text(report: Report, page: Page) -> None:
    shown = "".join(text for texts in page.texts.values() for text in texts)

    for where in ("seen", "mend", "looked", "Ana", "https://api.example/"):
        text = f"{where} {HOSTILE}" if "/" not in where else f"{where}{HOSTILE}"
        assert text.partition("\x00")[0] in shown, where
    for finding in report.findings:
        assert point_named(finding.check).title in shown


# -- secrets --------------------------------------------------------------------------------------


def test_no_form_of_the_report_holds_a_secret(tmp_path: Path) -> None:
    def careless(readings: Any) -> Finding:
        readings.live.instance()
        text = f"{PLANTED} {SECRET_KEY} {SIGNING}"
        return manual(f"seen {text}", "look", (fact(text, text, text, right=False),))

    point = Point("sign-up", "Sign-up", "why", "how", judge=careless)
    seen = Seen()
    # As the real reads do when they meet a secret.
    hide([SECRET_KEY, SIGNING, PLANTED])
    word = signoff(by=f"Ana {SECRET_KEY}", reason=f"with {SIGNING} and {PLANTED}")

    report = judge("prod", [point], seen, {"sign-up": word})

    shown = as_shown(report)  # as the files have it
    texts = {
        "html": html_page(shown),
        "json": safe(CutoverDocument.of(report).text()),  # as `say` prints it
        "junit": junit_xml(shown),
        "sarif": sarif_text(shown, tmp_path),
    }
    for name, text in texts.items():
        assert "Ana" in text, name
        for value in (PLANTED, SECRET_KEY, SIGNING):
            assert value not in text, (name, value[:8])


def test_every_form_takes_every_point(tmp_path: Path) -> None:
    outcomes = zip(POINTS, ALL * len(POINTS), strict=False)
    report = made(*(hostile(point.id, outcome) for point, outcome in outcomes))

    assert len(CutoverDocument.of(report).points) == len(POINTS)
    assert len(Xml.fromstring(junit_xml(report))[0]) == len(POINTS)
    assert len(sarif(report, tmp_path)["runs"][0]["tool"]["driver"]["rules"]) == len(POINTS)
    assert Page(html_page(report)).named("details")
