"""A record belongs to one stack of one backend, and goes when the state has its content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clerkstack.backend import backend
from clerkstack.intent_log import FOLDER, IntentLog, records_of

RESOURCE = "app_one/development/billing"
ONE, TWO = "organization/clerkstack/one", "organization/clerkstack/two"
STATE: dict[str, Any] = {"made": {"plans": ["pro"]}, "before": {}}


@pytest.fixture(autouse=True)
def _shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///one")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PULUMI_CREDENTIALS_PATH", raising=False)


def older(facts: dict[str, Any]) -> None:
    """A record as older versions wrote it, without a stack."""
    IntentLog(RESOURCE).record({})
    [file] = FOLDER.glob("*.json")
    file.write_text(json.dumps({**facts, "resource": RESOURCE}))


def test_a_record_is_of_one_stack() -> None:
    IntentLog(RESOURCE, ONE).record({"plans": ["pro"]})

    assert IntentLog(RESOURCE, ONE).pending({})["plans"] == ["pro"]
    assert IntentLog(RESOURCE, TWO).pending({}) == {}
    assert IntentLog(RESOURCE).pending({}) == {}


def test_a_record_is_of_one_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    IntentLog(RESOURCE, ONE).record({"plans": ["pro"]})

    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket")

    assert IntentLog(RESOURCE, ONE).pending({}) == {}
    assert records_of(RESOURCE) == []


def test_a_record_is_heeded_only_where_the_state_is_the_one_it_names() -> None:
    IntentLog(RESOURCE, ONE).record({}, since=STATE)

    assert IntentLog(RESOURCE, ONE).pending(STATE)
    assert IntentLog(RESOURCE, ONE).pending({}) == {}
    assert IntentLog(RESOURCE, ONE).pending({**STATE, "noted": "a later mark"}) == {}


def test_a_record_goes_where_the_state_has_its_mark() -> None:
    log = IntentLog(RESOURCE, ONE)
    log.record({})

    for mark in ("the mark of another run", "", None):
        IntentLog(RESOURCE, ONE).forget_known(mark)
        assert log.read()

    IntentLog(RESOURCE, ONE).forget_known(log.mark)
    assert log.read() == {}


def test_where_the_stack_is_not_known_the_state_finds_the_record() -> None:
    IntentLog(RESOURCE, ONE).record({"plans": ["team"]}, since=STATE)

    assert IntentLog(RESOURCE).pending(STATE)["plans"] == ["team"]


def test_an_older_record_is_heeded_by_the_state_that_it_names() -> None:
    older({"plans": ["team"], "since": STATE})

    assert IntentLog(RESOURCE, ONE).pending(STATE)["plans"] == ["team"]
    assert IntentLog(RESOURCE).pending(STATE)["plans"] == ["team"]
    assert IntentLog(RESOURCE, ONE).pending({**STATE, "noted": "mark"}) == {}


def test_an_older_record_is_never_heeded_by_a_stack_that_has_nothing() -> None:
    older({"plans": ["team"], "since": {}})

    assert IntentLog(RESOURCE, ONE).pending({}) == {}


def test_the_backend_is_found_as_the_engine_finds_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert backend() == "file:///one"

    monkeypatch.delenv("PULUMI_BACKEND_URL")
    assert backend() == ""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "credentials.json").write_text('{"current": "https://api.pulumi.com"}')
    assert backend() == "https://api.pulumi.com"
    Path("Pulumi.yaml").write_text("name: clerkstack\nbackend:\n  url: gs://state\n")
    assert backend() == "gs://state"
