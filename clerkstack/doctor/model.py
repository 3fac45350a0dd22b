"""A check, its findings, and how a list of checks is run."""

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
    """A check. `needs` are the checks that must pass first."""

    name: str
    look: Callable[[Place], Finding]
    needs: tuple[str, ...] = ()


def ok(message: str) -> Finding:
    """Everything is right."""
    return _found(Severity.PASSED, message)


def warning(message: str, remedy: str = "") -> Finding:
    """It works, but should be fixed."""
    return _found(Severity.WARNING, message, remedy)


def failed(message: str, remedy: str = "") -> Finding:
    """It does not work."""
    return _found(Severity.FAILED, message, remedy)


def not_checked(message: str, remedy: str = "") -> Finding:
    """It could not be checked."""
    return _found(Severity.NOT_CHECKED, message, remedy)


def _found(severity: Severity, message: str, remedy: str = "") -> Finding:
    # `examined` fills in the check.
    return Finding("", "", severity=severity, message=message, remedy=remedy)


def together(findings: Iterable[tuple[str, Finding]]) -> Finding:
    """Several findings as one: the worst severity, and the remedies of all that are not right. Each
    comes with the prefix of its message."""
    listed = list(findings)
    worst = max((finding.severity for _, finding in listed), key=list(Severity).index)
    remedies = dict.fromkeys(finding.remedy for _, finding in listed if finding.remedy)
    message = "; ".join(f"{of}{finding.message}" for of, finding in listed)
    service = any(finding.service_failed for _, finding in listed)
    return replace(_found(worst, message, "; ".join(remedies)), service_failed=service)


def of_failure(error: ClerkstackError) -> Finding:
    """The finding of a check that raised."""
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
    """Run the checks; an error is a finding too. `before` are the names of earlier checks that
    failed, `subject` is what is examined."""
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
