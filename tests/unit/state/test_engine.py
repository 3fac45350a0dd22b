"""The engine's command: its environment, and what its failures mean and say."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

import pytest

from clerkstack.problems import ClerkstackError
from clerkstack.state import engine
from clerkstack.state.engine import ForeignCode, pulumi
from clerkstack.state.failures import (
    BackendFailed,
    Damaged,
    NoSuchTarget,
    UnknownStack,
    failure,
)
from clerkstack.state.locks import Locked, Owner
from clerkstack.state.model import State
from clerkstack.state.process import Ran

PLAN = {
    "steps": [{"op": "create", "urn": "urn:pulumi:dev::x"}],
    "diagnostics": [
        {"severity": "warning", "message": "a plugin of the PATH"},
        {"severity": "error", "message": "slugs differ: pro"},
    ],
}
LOCK = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to "
    "end or delete the lock file with `pulumi cancel`.\n  file:///state/.pulumi/locks/a.json: "
    "created by ann@elsewhere (pid 7) at 2026-11-30T00:00:00Z"
)
CLOUD_LOCK = "error: [409] Conflict: Another update is currently in progress."


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"),
    [
        (json.dumps(PLAN), "", "pulumi preview failed:\nslugs differ: pro"),
        (json.dumps(PLAN), "error: no stack named 'x' found", "no stack named"),
        ("plain words", "", "plain words"),
        (json.dumps([1]), "", "[1]"),
        (json.dumps({"diagnostics": None}), "", "diagnostics"),
    ],
)
def test_a_failure_is_reported_without_the_whole_plan(
    monkeypatch: pytest.MonkeyPatch, stdout: str, stderr: str, said: str
) -> None:
    monkeypatch.setattr(engine, "start", lambda *_: Ran(255, stdout, stderr))

    with pytest.raises(ClerkstackError) as told:
        pulumi("preview", "--json")
    assert said in str(told.value)
    if stdout == json.dumps(PLAN):
        assert "urn:pulumi" not in str(told.value)


@pytest.mark.parametrize(
    ("stderr", "kind", "remedy"),
    [
        ("error: no stack named 'x' found", UnknownStack, "pulumi stack init"),
        (LOCK, Locked, ""),
        (CLOUD_LOCK, Locked, ""),
        ("error: failed to load checkpoint: EOF", Damaged, "clerkstack recover"),
        ("error: no resource named 'urn:x' found", NoSuchTarget, ""),
        ("error: dial tcp: connection refused", BackendFailed, "Nothing answers"),
        ("error: no Pulumi.yaml project file found", ClerkstackError, "the project's folder"),
        ("error: anything else", ClerkstackError, ""),
    ],
)
def test_a_failure_has_its_type(stderr: str, kind: type[ClerkstackError], remedy: str) -> None:
    found = failure("up", Ran(255, "", stderr))

    assert type(found) is kind
    assert str(found).startswith(f"pulumi up failed:\n{stderr}")
    assert remedy in str(found)


@pytest.mark.parametrize("printed", ["error", "json"])
def test_a_lock_is_known_by_its_owner(printed: str) -> None:
    ran = Ran(255, "", LOCK) if printed == "error" else Ran(255, LOCK, "")
    found = failure("up", ran)

    assert isinstance(found, Locked)
    assert found.owner == Owner("ann", "elsewhere", 7)
    assert str(found.owner) == "ann@elsewhere, process 7"
    assert not found.owner.is_gone, "nobody here can know"
    assert Owner("ann", socket.gethostname(), 2**22 + 1).is_gone
    assert not Owner("ann", socket.gethostname(), os.getpid()).is_gone


def test_a_cut_off_checkpoint_is_loaded_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [Ran(255, "", "failed to load checkpoint: EOF"), Ran(0, "{}", "")]
    dropped: list[str] = []
    monkeypatch.setattr(engine, "start", lambda *_: answers.pop(0))
    monkeypatch.setattr("clerkstack.state.engine.drop_what_a_kill_cut_off", dropped.append)

    assert pulumi("stack", "export", "--stack", "dev") == "{}"
    assert dropped == ["dev"]


FOREIGN = State.of([{"urn": "urn:x", "type": "pulumi-nodejs:dynamic:Resource"}])


class Started:
    """Records how the engine is started; its export is the backend's state."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.words: list[tuple[str, ...]] = []

    def __call__(self, words: tuple[str, ...], *_: Any) -> Ran:
        self.words.append(words)
        return Ran(0, self.state.text(), "")


@pytest.mark.parametrize("word", sorted(engine.RUNS_CODE))
def test_a_state_is_read_once_and_judged_before_anything_of_it_runs(
    monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    started = Started(State())
    monkeypatch.setattr(engine, "start", started)

    pulumi(word, "--stack", "dev", state=State())
    assert [each[0] for each in started.words] == [word], "it was handed on"

    pulumi(word, "--stack", "dev")
    assert [each[0] for each in started.words[1:]] == ["stack", word], "nobody had read it"

    started.words.clear()
    with pytest.raises(ForeignCode):
        pulumi(word, "--stack", "dev", state=FOREIGN)
    assert started.words == []

    started.state = FOREIGN
    with pytest.raises(ForeignCode):
        pulumi(word, "--stack", "dev")
    assert [each[0] for each in started.words] == ["stack"]


def test_no_state_with_code_of_others_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    started = Started(State())
    monkeypatch.setattr(engine, "start", started)

    with pytest.raises(ForeignCode):
        engine.import_state("dev", FOREIGN)

    assert started.words == []
