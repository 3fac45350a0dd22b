"""A check, what it finds, and how a list of them is gone through."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from clerkstack.checks.finding import Finding, Severity
from clerkstack.clients.errors import ApiError, UnexpectedAnswer, Unreachable
from clerkstack.problems import ClerkstackError

Place = TypeVar("Place")


@dataclass(frozen=True)
class Check(Generic[Place]):
    """One thing to look at. `needs` are checks without which it is not checked."""

    name: str
    look: Callable[[Place], Finding]
    needs: tuple[str, ...] = ()


def ok(message: str) -> Finding:
    """It is as it should be."""
    return _found(Severity.PASSED, message)


def warning(message: str, remedy: str = "") -> Finding:
    """It works, and should not stay so."""
    return _found(Severity.WARNING, message, remedy)


def failed(message: str, remedy: str = "") -> Finding:
    """It does not work."""
    return _found(Severity.FAILED, message, remedy)


def not_checked(message: str, remedy: str = "") -> Finding:
    """It could not be checked."""
    return _found(Severity.NOT_CHECKED, message, remedy)


def _found(severity: Severity, message: str, remedy: str = "") -> Finding:
    # `examined` knows which check it is of.
    return Finding("", "", severity=severity, message=message, remedy=remedy)


def together(findings: Iterable[tuple[str, Finding]]) -> Finding:
    """What was found of several things as one: how the worst of them is, and what to do about each
    that is not well. Each comes with what its words begin with."""
    found = list(findings)
    worst = max((each.severity for _, each in found), key=list(Severity).index)
    remedies = dict.fromkeys(each.remedy for _, each in found if each.remedy)
    message = "; ".join(f"{of}{each.message}" for of, each in found)
    service = any(each.service_failed for _, each in found)
    return replace(_found(worst, message, "; ".join(remedies)), service_failed=service)


def of_failure(error: ClerkstackError) -> Finding:
    """What a look that raised has found."""
    services = (ApiError, Unreachable, UnexpectedAnswer)
    failing = isinstance(error, services) and getattr(error, "status", 500) >= 500
    return replace(failed(str(error)), service_failed=failing)


def examined(
    checks: Sequence[Check[Place]],
    place: Place,
    progress: Callable[[str], None],
    before: Collection[str] = (),
    *,
    subject: str = "this machine",
) -> Iterator[Finding]:
    """Go through the checks; what raises is what it found. `before` are the names of earlier ones
    that failed, `subject` is what is examined."""
    unwell = set(before)
    for check in checks:
        missing = [name for name in check.needs if name in unwell]
        if missing:
            finding = not_checked(f"unknown without {', '.join(missing)}")
        else:
            progress(check.name)
            try:
                finding = check.look(place)
            except ClerkstackError as error:
                finding = of_failure(error)
        if finding.severity in (Severity.FAILED, Severity.NOT_CHECKED):
            unwell.add(check.name)
        yield replace(finding, check=check.name, subject=subject)
