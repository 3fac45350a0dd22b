"""A point of the cutover, and the findings of its judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clerkstack.checks.finding import Finding, Rule, Severity

if TYPE_CHECKING:
    from clerkstack.cutover.read import Readings


@dataclass(frozen=True)
class Point(Rule):
    """A condition for production to get traffic. `number` is None for points beyond the
    checklist."""

    judge: Callable[[Readings], Finding] = field(kw_only=True)


def passed(message: str, details: Iterable[Finding] = ()) -> Finding:
    """The point has passed."""
    return _found(Severity.PASSED, message, "", details)


def failed(message: str, remedy: str = "", details: Iterable[Finding] = ()) -> Finding:
    """The point has failed."""
    return _found(Severity.FAILED, message, remedy, details)


def warned(message: str, remedy: str = "", details: Iterable[Finding] = ()) -> Finding:
    """The point may be wrong; a person should look."""
    return _found(Severity.WARNING, message, remedy, details)


def manual(message: str, remedy: str, details: Iterable[Finding] = ()) -> Finding:
    """A person must judge the point."""
    return _found(Severity.MANUAL, message, remedy, details)


def not_checked(
    message: str, remedy: str, details: Iterable[Finding] = (), *, service_failed: bool = False
) -> Finding:
    """The point could not be judged, because a service failed or for another reason."""
    found = _found(Severity.NOT_CHECKED, message, remedy, details)
    return replace(found, service_failed=service_failed)


def _found(
    severity: Severity, message: str, remedy: str, details: Iterable[Finding] = ()
) -> Finding:
    # `judge` fills in point and stack.
    return Finding(
        "", "", severity=severity, message=message, remedy=remedy, details=tuple(details)
    )


def fact(subject: str, expected: str, found: str, right: bool | None) -> Finding:
    """One comparison. `right` is None if a person must judge it."""
    severity = {True: Severity.PASSED, False: Severity.FAILED, None: Severity.WARNING}[right]
    return Finding("", subject, "", expected, found, severity)


def same(subject: str, expected: str, found: str | None) -> Finding:
    """Compare a value with the expected one; None is a missing value."""
    return fact(subject, expected, "–" if found is None else found, found == expected)


def of_facts(details: Iterable[Finding], *, well: str, otherwise: str, remedy: str) -> Finding:
    """Sum up details: failed if one is wrong, a warning if a person must look at one, else
    passed."""
    found = tuple(details)
    wrong = [each for each in found if each.severity is Severity.FAILED]
    unsure = [each for each in found if each.severity is Severity.WARNING]
    if not wrong and not unsure:
        return passed(well, found)
    named = ", ".join(dict.fromkeys(each.name for each in wrong or unsure))
    return (failed if wrong else warned)(f"{otherwise}: {named}", remedy, found)
