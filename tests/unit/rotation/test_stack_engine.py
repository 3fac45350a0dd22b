"""The engine in a rotation: what is read from a state, and when it is read again."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from clerkstack.rotation.run import Refused
from clerkstack.rotation.stack_engine import RollOutFailed, StackEngine
from clerkstack.state import engine, locks
from clerkstack.state.locks import HalfDone, Locked, Owner, when_unlocked
from clerkstack.state.model import State
from clerkstack.state.process import Ran

URNS = ["urn:pulumi:dev::p::x::a"]
FOREIGN = {"urn": "urn:x", "type": "pulumi-nodejs:dynamic:Resource"}
GONE = f"created by ann@{socket.gethostname()} (pid {2**22 + 1})"
LOCKED = f"error: the stack is currently locked by 1 lock(s). {GONE}"


class Engine:
    """A backend with one state, in place of the engine's command."""

    def __init__(self) -> None:
        self.state = State.of([{"urn": "urn:a", "type": "t"}])
        self.ran: list[str] = []
        self.fails: dict[str, list[Ran]] = {}

    def __call__(self, words: tuple[str, ...], given: str | None, *_: Any) -> Ran:
        word = words[1] if words[0] == "stack" else words[0]
        self.ran.append(word)
        if self.fails.get(word):
            return self.fails[word].pop(0)
        if word == "import":
            self.state = State.parse(given or "")
        return Ran(0, self.state.text() if word == "export" else "", "")


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Engine:
    found = Engine()
    monkeypatch.setattr(engine, "start", found)
    monkeypatch.setattr(locks, "PAUSE", 0)
    return found


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> StackEngine:
    settings: Any = SimpleNamespace(vercel_projects=())
    found = StackEngine("dev", settings)
    monkeypatch.setattr(found, "recover", lambda: None)
    return found


def edit(state: State) -> None:
    state.entries[0]["id"] = "1"


def test_what_was_just_written_is_not_read_again_to_be_judged(
    backend: Engine, stack: StackEngine
) -> None:
    stack.change(edit)
    stack.foresee(URNS, unchanged=True)
    stack.roll_out(URNS)

    assert backend.ran == ["export", "import", "preview", "up"]
    # An update wrote the state: the next command is judged by the new content.
    stack.roll_out(URNS)
    assert backend.ran[4:] == ["export", "up"]


def test_a_change_that_changes_nothing_writes_nothing(backend: Engine, stack: StackEngine) -> None:
    assert stack.change(lambda _state: None).entries == backend.state.entries

    assert backend.ran == ["export"]


@pytest.mark.parametrize("word", ["preview", "up"])
def test_after_a_lock_the_state_is_read_again(
    backend: Engine, stack: StackEngine, word: str
) -> None:
    """Whoever held the lock may have written code into the state."""
    stack.change(edit)
    backend.fails[word] = [Ran(255, "", LOCKED)]
    backend.state.entries.append(FOREIGN)

    act: Callable[[], None] = {
        "preview": lambda: stack.foresee(URNS, unchanged=False),
        "up": lambda: stack.roll_out(URNS),
    }[word]
    with pytest.raises((Refused, engine.ForeignCode), match="code that is not this project's"):
        act()

    assert backend.ran == ["export", "import", word, "export"]


def test_an_update_that_fails_says_why(backend: Engine, stack: StackEngine) -> None:
    backend.fails["up"] = [Ran(255, "", "error: quota")]

    with pytest.raises(RollOutFailed, match=r"pulumi up failed:\nerror: quota"):
        stack.roll_out(URNS)


class Recovery:
    def __init__(self, over: bool = True) -> None:
        self.over, self.recovered = over, 0

    def is_over(self) -> bool:
        return self.over

    def recover(self) -> None:
        self.recovered += 1


def failing(*failures: Exception) -> Callable[[], str]:
    left = [*failures]

    def act() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return act


def test_a_lock_is_waited_for_and_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PAUSE", 0)
    other = Locked("locked", Owner("ann", "elsewhere", 7))
    recovery, told = Recovery(), list[str]()

    assert when_unlocked(failing(other, other, other), recovery, told.append) == "done"

    assert told == ["waiting for pulumi, process 7 of elsewhere, to end"]
    assert recovery.recovered == 0


@pytest.mark.parametrize(
    "left", [Locked("locked", Owner("ann", socket.gethostname(), 2**22 + 1)), HalfDone("half")]
)
def test_what_a_killed_run_left_is_recovered(
    monkeypatch: pytest.MonkeyPatch, left: Exception
) -> None:
    monkeypatch.setattr(locks, "PAUSE", 0)
    recovery, told = Recovery(), list[str]()

    assert when_unlocked(failing(left), recovery, told.append) == "done"

    assert (recovery.recovered, told) == (1, [])


@pytest.mark.parametrize(
    "left", [Locked("locked", Owner("ann", "elsewhere", 7)), Locked("locked"), HalfDone("half")]
)
def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch, left: Exception) -> None:
    monkeypatch.setattr(locks, "PAUSE", 0)
    monkeypatch.setattr(locks, "SECONDS", 0.02)
    recovery = Recovery(over=False)

    def act() -> str:
        raise left

    with pytest.raises(type(left)):
        when_unlocked(act, recovery, print)
    assert recovery.recovered == 0
