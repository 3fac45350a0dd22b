"""A check, what it finds, and how a list of them is gone through."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from clerkstack.clients.errors import ApiError, UnexpectedAnswer, Unreachable
from clerkstack.problems import ClerkstackError

Place = TypeVar("Place")


class State(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Finding:
    """How it is, in words, and what to do about it. `service` names a service that failed."""

    state: State
    detail: str
    mend: str = ""
    service: bool = False


@dataclass(frozen=True)
class Check(Generic[Place]):
    """One thing to look at. `needs` are checks without which it can't be told."""

    name: str
    look: Callable[[Place], Finding]
    needs: tuple[str, ...] = ()


def ok(detail: str) -> Finding:
    """It is as it should be."""
    return Finding(State.OK, detail)


def warning(detail: str, mend: str = "") -> Finding:
    """It works, and should not stay so."""
    return Finding(State.WARNING, detail, mend)


def failed(detail: str, mend: str = "") -> Finding:
    """It does not work."""
    return Finding(State.FAILED, detail, mend)


def together(findings: Iterable[tuple[str, Finding]]) -> Finding:
    """What was found of several things as one: how the worst of them is, and what to do about each
    that is not well. Each comes with what its words begin with."""
    found = list(findings)
    worst = max((each.state for _, each in found), key=list(State).index)
    mends = dict.fromkeys(each.mend for _, each in found if each.mend)
    detail = "; ".join(f"{of}{each.detail}" for of, each in found)
    return Finding(worst, detail, "; ".join(mends), any(each.service for _, each in found))


def of_failure(error: ClerkstackError) -> Finding:
    """What a look that raised has found."""
    services = (ApiError, Unreachable, UnexpectedAnswer)
    failing = isinstance(error, services) and getattr(error, "status", 500) >= 500
    return Finding(State.FAILED, str(error), service=failing)


def examined(
    checks: Sequence[Check[Place]],
    place: Place,
    tell: Callable[[str], None],
    before: Collection[str] = (),
) -> Iterator[tuple[str, Finding]]:
    """Go through the checks; what raises is what it found. `before` are the names of earlier ones
    that failed."""
    unwell = set(before)
    for check in checks:
        missing = [name for name in check.needs if name in unwell]
        if missing:
            finding = Finding(State.NOT_ASKED, f"can't be told without {', '.join(missing)}")
        else:
            tell(check.name)
            try:
                finding = check.look(place)
            except ClerkstackError as error:
                finding = of_failure(error)
        if finding.state in (State.FAILED, State.NOT_ASKED):
            unwell.add(check.name)
        yield check.name, finding
