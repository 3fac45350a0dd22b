"""--html, --junit and --sarif of each command hold every finding, and no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import typer

from clerkstack.cli import app
from clerkstack.cli.commands import COMMANDS
from tests.unit.cli.engine_of_memory import ended
from tests.unit.cli.secret_addresses import DECLARED, HEADER, LIVE, Here
from tests.unit.cutover.test_outputs import Page

DEV = ("--stack", "dev")
RUNS: dict[str, list[tuple[str, ...]]] = {
    "check": [(), (*DEV, "--live"), ("--catalog", "wrong.yaml")],
    "drift": [DEV],
    "doctor": [DEV, ()],
    "parity": [("--from", "dev", "--to", "prod")],
    "review": [DEV],
    "cutover": [("--stack", "prod")],
}
WITHOUT_FINDINGS = {
    *("probe", "dry-run", "adopt", "take-over", "redeploy", "recover", "move", "comment"),
    *("rotate", "smoke"),
}
FILES = ("--html", "r.html", "--junit", "r.xml", "--sarif", "r.sarif")


@pytest.fixture
def here(here: Here) -> Here:
    Path("wrong.yaml").write_text("plans:\n  pro: {name: Pro, amont: 1}\n")
    return here


def test_every_command_with_findings_has_the_same_options() -> None:
    program: Any = typer.main.get_command(app)
    having = {
        name
        for name in program.commands
        if {*FILES[::2]}
        <= {opt for parameter in program.commands[name].params for opt in parameter.opts}
    }

    assert having == {*RUNS}
    assert {*COMMANDS} == {*RUNS, *WITHOUT_FINDINGS}


def findings_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the findings in a command's JSON, wherever they are."""
    found: list[dict[str, Any]] = [*document.get("findings", ())]
    found += [each["finding"] for each in document.get("points", ())]
    for each in document.get("stacks", ()):
        found += each["troubles"]
        preview, agreement = each["preview"] or {}, each["agreement"] or {}
        found += [
            one for name in ("violations", "errors", "warnings") for one in preview.get(name, ())
        ]
        found += agreement.get("findings", ())
    return found


@pytest.mark.parametrize(("name", "words"), [(n, w) for n in RUNS for w in RUNS[n]])
def test_each_form_has_every_finding_and_no_secret(
    here: Here,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    words: tuple[str, ...],
) -> None:
    code = ended(monkeypatch, name, *words, "--json", *FILES)

    printed = capsys.readouterr()
    document = json.loads(printed.out)
    findings = findings_of(document)
    more = len(document.get("problems", ())) + len(document.get("unread", ()))
    texts = {file: Path(file).read_text() for file in FILES[1::2]}
    (suite,) = Xml.fromstring(texts["r.xml"])
    cases = suite.findall("testcase")
    failing = suite.findall(".//failure") + suite.findall(".//error")
    assert len(cases) == int(suite.attrib["tests"]) == (len(findings) + more or 1)
    assert (code != 0) == bool(failing), printed.err
    (run,) = json.loads(texts["r.sarif"])["runs"]
    worse = [finding for finding in findings if finding["severity"] != "passed"]
    assert len(run["results"]) == len(worse) + more
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert (result["level"] != "none") == (result["kind"] == "fail")
        place = result["locations"][0]["physicalLocation"]
        assert not place["artifactLocation"]["uri"].startswith(("/", "file:", ".."))
        assert place["region"]["startLine"] >= 1
    page = Page(texts["r.html"])
    assert len(page.named("details")) == len(findings) + more
    assert page.empty == []
    assert ("✗" in page.texts["span"]) == bool(code)
    for file, text in texts.items():
        assert not [each for each in (DECLARED, LIVE, HEADER) if each in text], file


def test_addresses_are_whole_where_a_person_asks_for_it(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(monkeypatch, "drift", *DEV, "--show-addresses", *FILES)

    for file in FILES[1::2]:
        text = Path(file).read_text()
        assert LIVE in text, file
        assert DECLARED not in text
    assert "without user, password and query" not in Path("r.html").read_text()


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("option", FILES[::2])
def test_a_file_that_can_t_be_written_is_reported_before_anything_is_asked(
    here: Here, monkeypatch: pytest.MonkeyPatch, name: str, option: str
) -> None:
    here.world.clear_journal()

    code = ended(monkeypatch, name, *RUNS[name][0], option, "nowhere/r")

    assert code == 2
    assert here.world.journal() == []
    assert here.stacks.ran == []


def test_a_mistake_in_the_catalog_is_shown_at_its_line(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ended(monkeypatch, "check", "--catalog", "wrong.yaml", *FILES) == 2

    results = json.loads(Path("r.sarif").read_text())["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert {place["artifactLocation"]["uri"] for place in places} == {"wrong.yaml"}
    assert {place["region"]["startLine"] for place in places} == {2}
