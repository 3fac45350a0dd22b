"""The review as a stranger's file: what we write is readable, and nothing else is."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerkstack.checks.finding import Finding
from clerkstack.problems import ClerkstackError
from clerkstack.review.comment import LIMIT, Occasion, comment
from clerkstack.review.document import (
    LONGEST_TEXT,
    MOST_BYTES,
    MOST_STACKS,
    document,
    read_document,
)
from clerkstack.review.stacks import Review, Verdict
from clerkstack.state.preview import Change, Preview
from clerkstack.state.properties import Property
from tests.clock import within
from tests.unit.review.test_comment import HOSTILE, assert_harmless, everywhere

OCCASION = Occasion("0123abc", datetime.datetime(2026, 11, 29, tzinfo=datetime.UTC))


def written(*reviews: Review) -> bytes:
    return json.dumps(document(reviews, OCCASION)).encode()


def sample() -> dict[str, Any]:
    """A document as the command writes it; a test breaks one thing in it."""
    read: dict[str, Any] = json.loads(written(everywhere("pro")))
    return read


def test_what_is_written_is_read_as_the_same_comment() -> None:
    reviews = [everywhere("pro", 3), Review("dev"), Review("x", verdict=Verdict.SERVICE_FAILED)]

    read = read_document(written(*reviews))

    assert comment(read, OCCASION) == comment(reviews, OCCASION)
    assert [each.verdict for each in read] == [review.verdict for review in reviews]


def test_a_long_message_is_shortened_and_read() -> None:
    long = Review("dev", Preview(violations=[Finding("p", "r", message="x" * 100_000)]))

    (read,) = read_document(written(long))

    assert read.preview is not None
    assert len(read.preview.violations[0].message) == LONGEST_TEXT


def test_a_large_review_of_a_large_catalog_is_read() -> None:
    properties = tuple(Property(f"plans.p{i}.amount", 6000, 6500) for i in range(2000))
    changes = [Change("update", f"billing-{i}", "Billing", properties) for i in range(20)]

    (read,) = read_document(written(Review("dev", Preview(changes=changes, ended=True))))

    assert read.preview is not None
    assert len(read.preview.changes) == 20


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_of_a_stranger_is_no_command_to_github(text: str) -> None:
    read = read_document(written(everywhere(text, 2)))

    assert_harmless(comment(read, OCCASION))


@pytest.mark.parametrize("text", HOSTILE)
def test_nor_is_it_where_a_stranger_wrote_the_file(text: str) -> None:
    """Without our own shortening and cleaning."""
    raw = json.dumps(sample()).replace('"pro"', json.dumps(text)).encode()

    assert_harmless(comment(read_document(raw), OCCASION))


KEY = "sk_" + "live_" + "abcdefghijklmnopqrstuvwx0123"


def test_a_secret_in_it_is_taken_out_once_more() -> None:
    raw = json.dumps(sample()).replace('"pro"', json.dumps(f"is {KEY}")).encode()

    assert KEY not in comment(read_document(raw), OCCASION)


def test_commit_and_time_are_not_taken_from_it() -> None:
    raw = json.dumps({**sample(), "commit": "other0commit", "time": "1999"}).encode()
    text = comment(read_document(raw), OCCASION)

    assert "other0commit" not in text
    assert "1999" not in text
    assert "`0123abc`" in text


def set_at(*path: str | int) -> Callable[[Any], bytes]:
    """Return a document with another value at a place."""

    def broken(value: Any) -> bytes:
        whole = sample()
        place: Any = whole
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        return json.dumps(whole).encode()

    return broken


STACK = ("stacks", 0)
CHANGE = (*STACK, "preview", "changes", 0)
deep: Any = "x"
for _ in range(200):
    deep = [deep]
WRONG: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<html>",
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "another form": b'{"hello": "world"}',
    "more than its form": set_at("pull_request")(7),
    "another operation": set_at(*CHANGE, "operation")("<b>delete</b>"),
    "another verdict": set_at(*STACK, "verdict")("✅ approved"),
    "a number for a text": set_at(*STACK, "stack")(7),
    "no name": set_at(*STACK, "stack")(""),
    "a text for a number": set_at(*STACK, "preview", "unchanged")("7"),
    "less than nothing": set_at(*STACK, "preview", "unchanged")(-1),
    "a text for a truth": set_at(*STACK, "preview", "ended")("yes"),
    "a list for an object": set_at(*STACK, "agreement")([]),
    "a row without a slug": set_at(*STACK, "agreement", "plans")([{"agree": False}]),
    "no stack": set_at("stacks")([]),
    "too many stacks": set_at("stacks")([{"stack": "a"}] * (MOST_STACKS + 1)),
    "a long text": set_at(*STACK, "stack")("x" * 201),
    "a longer text": set_at(*CHANGE, "resource")("x" * (LONGEST_TEXT + 1)),
    "a long text where anything may stand": set_at(*CHANGE, "properties", 0, "after")("x" * 10**5),
    "a long name": set_at(*STACK, "agreement", "x" * 10**5)(1),
    "a huge number": set_at(*CHANGE, "properties", 0, "after")(10**3000),
    "a number beyond all": json.dumps(sample()).replace('"pro"', "1e999", 1).encode(),
    "not a number": json.dumps(sample()).replace('"pro"', "NaN", 1).encode(),
    "a number of many digits": json.dumps(sample()).replace('"pro"', "9" * 10**5, 1).encode(),
    "many levels": set_at(*CHANGE, "properties", 0, "after")(deep),
    "levels without end": b"[" * 100_000,
    "too large": b" " * (MOST_BYTES + 1),
}


@pytest.mark.parametrize("raw", WRONG.values(), ids=WRONG)
def test_what_is_not_of_the_form_is_refused(raw: bytes) -> None:
    def refusal() -> str:
        with pytest.raises(ClerkstackError, match="not read") as caught:
            read_document(raw)
        return str(caught.value)

    said = within(5, refusal)

    assert len(said) < 300
    assert "approved" not in said


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths of everything in a JSON value."""
    inner = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    return [path, *(found for key, each in inner for found in places(each, (*path, key)))]


WORDS = st.sampled_from([*HOSTILE, "", "pro", "plans", "slug", "app", "features", "price"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | WORDS, inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_whatever_stands_anywhere_is_refused_or_harmless(data: st.DataObject) -> None:
    whole: Any = {"document": sample()}
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(whole)[1:]))
        place = whole
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = data.draw(JSON)
    raw = json.dumps(whole["document"]).encode()

    try:
        read = read_document(raw)
    except ClerkstackError:
        return
    assert_harmless(comment(read, OCCASION))


def many(kind: str) -> dict[str, Any]:
    """A stack with so many entries of a kind that comparing all pairs would take minutes."""
    stack: dict[str, Any] = {**sample()["stacks"][0]}
    numbers = list(range(40_000))
    row = {"slug": "pro", "agree": False}
    if kind == "values of a list":
        changed = {"path": "a", "before": numbers, "after": [-number for number in numbers]}
        change = {"operation": "update", "resource": "r", "type": "t", "properties": [changed]}
        stack["preview"] = {**stack["preview"], "changes": [change]}
    elif kind == "values of a row":
        app, catalog = {"features": numbers}, {"features": [-number for number in numbers]}
        stack["agreement"] = {"plans": [{**row, "app": app, "catalog": catalog}]}
    elif kind == "findings":
        found = [
            {"check": "a", "subject": str(each), "found": {"app": each, "catalog": 0}}
            for each in range(15_000)
        ]
        stack["agreement"] = {"findings": found}
    else:
        plain = {"operation": "delete", "resource": "r", "type": "t", "properties": []}
        stack["preview"] = {**stack["preview"], "changes": [plain] * 15_000}
    return stack


@pytest.mark.parametrize("kind", ["values of a list", "values of a row", "findings", "changes"])
def test_many_entries_take_no_minutes(kind: str) -> None:
    raw = json.dumps({**sample(), "stacks": [many(kind)]}).encode()

    text = within(20, lambda: comment(read_document(raw), OCCASION))

    assert len(text) <= LIMIT


def test_texts_that_take_long_to_clean_take_no_minutes() -> None:
    """A tenth of the size limit, in much less than a tenth of the job's time."""
    entry = {"check": "a", "subject": "eyJ" * 1600, "message": "@" * 5000}
    count = MOST_BYTES // 99_000
    whole = {**sample(), "stacks": [{**sample()["stacks"][0], "troubles": [entry] * count}]}
    raw = json.dumps(whole).encode()
    assert len(raw) > MOST_BYTES * 0.09

    text = within(30, lambda: comment(read_document(raw), OCCASION))

    assert len(text) <= LIMIT
