"""A point of the cutover, what was found, and the report of all points."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from clerkstack.cutover.signoffs import SignOff

if TYPE_CHECKING:
    from clerkstack.cutover.read import Readings


class Outcome(StrEnum):
    """How a point was judged."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    MANUAL = "manual"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Fact:
    """One thing that was compared. `right` is None where a person has to say whether it is."""

    what: str
    expected: str
    found: str
    right: bool | None


@dataclass(frozen=True)
class Evidence:
    """One request: which operation, where (without anything secret), when (UTC)."""

    operation: str
    where: str
    at: datetime
    failed: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the judge of a point says. `mend` says what to do where it is not passed.

    `service_failed` says that it was not judged because a service failed.
    """

    outcome: Outcome
    summary: str
    facts: tuple[Fact, ...] = ()
    mend: str = ""
    service_failed: bool = False


@dataclass(frozen=True)
class Point:
    """One thing that has to be right before production gets traffic.

    `number` is its place in the checklist, None for what is beyond it; `setting` is the path in
    Pulumi.<stack>.yaml that decides about it, empty where it is the catalog or nothing declared.
    """

    id: str
    title: str
    why: str
    how: str
    judge: Callable[[Readings], Verdict]
    number: int | None = None
    setting: tuple[str, ...] = ()
    in_catalog: bool = False


@dataclass(frozen=True)
class Line:
    """A point with its verdict, what was read for it, and the sign-off that holds, if any."""

    point: Point
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    signed: SignOff | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is left to do about it."""
        return self.verdict.outcome == Outcome.PASSED or self.signed is not None

    @property
    def status(self) -> str:
        """In a word or two."""
        return "signed off" if self.signed is not None else self.verdict.outcome.value


@dataclass(frozen=True)
class Report:
    """All points of one stack. `began` and `ended` are UTC; `reads` counts what was read."""

    stack: str
    application: str
    instance: str
    app_url: str
    began: datetime
    ended: datetime
    reads: int
    lines: tuple[Line, ...] = field(default=())

    @property
    def open(self) -> tuple[Line, ...]:
        """The points about which something is left to do."""
        return tuple(line for line in self.lines if not line.done)

    @property
    def ready(self) -> bool:
        """Whether production may get traffic."""
        return not self.open

    @property
    def service_failed(self) -> bool:
        """Whether a point could not be judged because a service failed."""
        return any(line.verdict.service_failed for line in self.open)

    def counts(self) -> dict[str, int]:
        """How many points there are of each status that occurs, the worst first."""
        order = ["failed", "not judged", "warned", "manual", "signed off", "passed"]
        return {
            status: count
            for status in order
            if (count := sum(line.status == status for line in self.lines))
        }

    def summary(self) -> str:
        """In one sentence."""
        counted = ", ".join(f"{count} {status}" for status, count in self.counts().items())
        word = "ready" if self.ready else "not ready"
        return f"{self.stack} is {word} for traffic: {counted}"


def of_facts(facts: Iterable[Fact], *, passed: str, otherwise: str, mend: str) -> Verdict:
    """Failed where a fact is wrong, warned where a person has to look at one, else passed."""
    found = tuple(facts)
    wrong = [each for each in found if each.right is False]
    unsure = [each for each in found if each.right is None]
    if not wrong and not unsure:
        return Verdict(Outcome.PASSED, passed, found)
    outcome = Outcome.FAILED if wrong else Outcome.WARNED
    named = ", ".join(dict.fromkeys(each.what for each in wrong or unsure))
    return Verdict(outcome, f"{otherwise}: {named}", found, mend)


def same(what: str, expected: str, found: str | None) -> Fact:
    """Whether something is what it has to be; None is: it is not there."""
    return Fact(what, expected, "–" if found is None else found, found == expected)
