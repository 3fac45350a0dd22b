"""The comment: what it shows, that foreign text stays text, that it fits."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from clerkstack.checks.finding import Finding, Severity
from clerkstack.report.documents import CheckDocument
from clerkstack.review.comment import LIMIT, MARKER, Occasion, comment
from clerkstack.review.stacks import Review, Verdict
from clerkstack.state.preview import OPERATIONS, Change, Preview
from clerkstack.state.properties import Property

NOW = datetime.datetime(2026, 11, 25, 17, 5, tzinfo=datetime.UTC)
OCCASION = Occasion(commit="0123abc", time=NOW)
GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OWN_HTML = re.compile(
    r"<!-- clerkstack review -->|<details><summary>[^<>`@\[]*</summary>|</details>"
)
HOSTILE = [
    "@everyone look",
    "</details></summary><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b | c",
    "a \\| b",
    "ends with a backslash \\",
    "```\nout of the fence",
    "`` ` ``",
    "`starts and ends`",
    "[click](https://phish.example)",
    "![](https://track.example/pixel)",
    "https://phish.example and www.phish.example",
    "# a heading\n\n- a list\n\n> a quote",
    f"{MARKER}\nanother comment",
    "--> out of the comment",
    "&lt;b&gt; &#64;everyone",
    "right\u202eto left, zero\u200bwidth, bell\x07, lone\ud800",
    "$(rm -rf /) `whoami`",
    "#1 GH-2 owner/repo#3",
    "| --- | --- |",
    "~~~\ntilde fence",
    "\r\nwindows\rline ends",
    "\x85next\u2028line",
]


def everywhere(text: str, count: int = 1) -> Review:
    """Return a review in which every foreign text is this one."""
    finding = {"check": text, "subject": text, "field": text, "message": text, "remedy": text}
    row: dict[str, Any] = {
        "slug": text,
        "app": {text: text},
        "catalog": {text: "else"},
        "instance": None,
        "agree": False,
    }
    place = {"file": text, "line": 1, "column": 2}
    agreement = {
        "app": {"path": text, "commit": text},
        "instance": {"read": True},
        "plans": [row] * count,
        "features": [{**row, "agree": True}] * count,
        "uses": [{"kind": text, "slug": text, "known": False, **place}] * count,
        "unresolved": [{**place, "message": text}] * count,
        "notes_on_code": [text] * count,
        "findings": [{**finding, "where": text}] * count,
    }
    properties = (Property(f"plans.{text}", text, [text]), Property(text, [text], ["b"]))
    return Review(
        text,
        Preview(
            changes=[Change(operation, text, text, properties) for operation in OPERATIONS] * count,
            violations=[Finding(text, text, message=text)] * count
            + [Finding(text, text, severity=Severity.WARNING, message=text)] * count,
            errors=[Finding(text, text, message=text), Finding(text, "", message=text)] * count,
            warnings=[Finding(text, "", message=text)] * count,
            ended=True,
        ),
        CheckDocument.model_validate(agreement),
        [Finding(text, text, message=text)] * count,
        Verdict.BLOCKED,
    )


def flat(tokens: list[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *flat(token.children or []))]


def outside_of_code(text: str) -> list[Token]:
    """Return what GitHub would read as more than code."""
    return [each for each in flat(GITHUB.parse(text)) if each.type not in ("fence", "code_inline")]


def assert_harmless(text: str) -> None:
    """Assert that only our own words are outside of code, and that no table row is torn."""
    others = outside_of_code(text)
    for other in others:
        if other.type in ("html_block", "html_inline"):
            assert OWN_HTML.sub("", other.content).strip() == "", other.content
    assert {"link_open", "image", "blockquote_open", "hr", "code_block"} & {
        other.type for other in others
    } == set()
    words = " ".join(other.content for other in others if other.type == "text")
    for sign in ("@", "http", "www.", "GH-", "script", "\u202e", "phish"):
        assert sign not in words, words
    assert {other.tag for other in others if other.type == "heading_open"} <= {"h2", "h3"}


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_wrote_is_shown_and_never_obeyed(text: str) -> None:
    written = comment([everywhere(text)], OCCASION)

    assert_harmless(written)
    written.encode("utf-8")
    assert written.startswith(MARKER + "\n")


def cells(text: str) -> list[list[list[str]]]:
    """Return the rows of all tables, as GitHub reads them: the kinds of content of each cell."""
    rows: list[list[list[str]]] = []
    tokens = GITHUB.parse(text)
    for index, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            rows[-1].append([child.type for child in tokens[index + 1].children or []])
    return rows


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_stays_in_its_cell(text: str) -> None:
    hostile = comment([everywhere(text)], OCCASION)
    harmless = comment([everywhere("harmless")], OCCASION)

    assert cells(hostile) == cells(harmless)


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
@settings(max_examples=150)
def test_no_text_at_all_is_obeyed(text: str) -> None:
    written = comment([everywhere(text)], OCCASION)

    assert_harmless(written)
    written.encode("utf-8")


@pytest.mark.parametrize("count", [1, 40, 400])
@pytest.mark.parametrize("stacks", [1, 3])
def test_it_fits_and_says_what_was_left_out(count: int, stacks: int) -> None:
    long = "a sentence that goes on and on " * 300
    reviews = [everywhere(long, count) for _ in range(stacks)]
    occasion = Occasion(commit="0123abc", time=NOW, whole="https://github.test/a/b/actions/runs/1")

    written = comment(reviews, occasion)

    assert len(written) <= LIMIT
    assert written.startswith(MARKER)
    assert_harmless(written.replace(f"[the run's summary]({occasion.whole})", "the summary"))
    assert written.count("<details>") == written.count("</details>")
    if count > 1:
        assert re.search(r"… and \d+ more, omitted here", written)
        assert occasion.whole in written
    assert "Violations" in written


def test_very_many_stacks_fit_too() -> None:
    written = comment([everywhere("x" * 500)] * 700, OCCASION)

    assert len(written) <= LIMIT
    assert re.search(r"\d+ more stacks are omitted here", written)


def test_it_says_what_changes_and_what_blocks() -> None:
    preview = Preview(
        changes=[
            Change(
                "update",
                "billing-catalog",
                "Billing",
                (
                    Property("plans.pro.amount", 6000.0, 6500.0),
                    Property("plans.pro.features", ["a", "b"], ["b", "c"]),
                    Property("secret", "(secret)", "(secret)"),
                ),
            ),
            Change("delete", "webhook-endpoint", "WebhookEndpoint", ()),
        ],
        unchanged=30,
        violations=[
            Finding("trial-card", "billing-catalog", message="asks for a card"),
            Finding("webhook-https", "webhook", severity=Severity.WARNING, message="is http"),
        ],
        ended=True,
    )
    review = Review("prod", preview, None, [], Verdict.BLOCKED)

    written = comment([review], OCCASION)

    assert "Commit `0123abc`, 2026-11-25 17:05 UTC" in written
    assert "| `prod` | 1 update, 1 delete | **1**, 1 note | could not be compared |" in written
    assert "| **update** | `billing-catalog` | `plans.pro.amount` | `6000` | `6500` |" in written
    assert "|  |  | `plans.pro.features` | `-a` | `+c` |" in written
    assert "| `(secret)` | `(secret), may change` |" in written
    assert "| **delete** | `webhook-endpoint` |" in written
    assert written.index("asks for a card") < written.index("is http")
    assert "Changes (2 of 32 resources)" in written


def test_a_clear_review_is_short() -> None:
    preview = Preview(unchanged=32, ended=True)
    told = CheckDocument.model_validate({"app": {"path": "app"}, "instance": {"read": True}})

    written = comment([Review("dev", preview, told)], OCCASION)

    assert "✅ nothing blocks" in written
    assert "| `dev` | none | none | agree | ✅ nothing blocks |" in written
    assert "###" not in written


def test_of_lists_that_differ_only_the_rest_is_shown() -> None:
    row = {
        "slug": "pro",
        "app": {"features": ["a", "b", "x"], "amount": 6500},
        "catalog": {"features": ["a", "b"], "amount": 6000},
        "instance": None,
        "agree": False,
    }
    told = CheckDocument.model_validate(
        {"app": {"path": "app"}, "instance": {"read": True}, "plans": [row]}
    )

    written = comment([Review("dev", None, told)], OCCASION)

    assert "| plan | `pro` | exists | yes | yes | **no** |" in written
    assert "| plan | `pro` | `features` | 2 in common, `+x` | 2 in common | – |" in written
    assert "| plan | `pro` | `amount` | `6500` | `6000` | – |" in written
