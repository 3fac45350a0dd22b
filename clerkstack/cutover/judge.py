"""Judges the points one by one; a failed read stops only the points that need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from clerkstack.checks.finding import Finding, Severity, Waiver
from clerkstack.clients.errors import (
    ApiError,
    ReadOnly,
    UnexpectedAnswer,
    Unreachable,
    UnusableKey,
)
from clerkstack.cutover.model import Point, failed, not_checked
from clerkstack.cutover.read import NoEndpoint, Readings
from clerkstack.failures import ResourceFailed
from clerkstack.live.instance import NoInstance
from clerkstack.problems import ClerkstackError
from clerkstack.report import reports
from clerkstack.report.report import Report

UNREAD = (ApiError, Unreachable, UnexpectedAnswer, UnusableKey, ResourceFailed, ReadOnly)
MAKE_INSTANCE = (
    "Set clerkstack:production.create and .domain, then run pulumi up: it creates the instance."
)


def judge(
    stack: str,
    points: Sequence[Point],
    readings: Readings,
    signoffs: Mapping[str, Waiver],
) -> Report:
    """Return the report of a stack. Only unexpired sign-offs for this instance are valid."""
    began = readings.now()
    findings = [_judged(stack, point, readings, signoffs.get(point.id)) for point in points]
    facts = {
        reports.APP: readings.settings.app_url,
        reports.APPLICATION: readings.settings.application_id,
        reports.INSTANCE: _instance(readings),
    }
    count = readings.live.reads.count
    return reports.cutover(stack, points, findings, facts, began, readings.now(), count)


def _judged(stack: str, point: Point, readings: Readings, signoff: Waiver | None) -> Finding:
    with readings.live.reads.watched() as used:
        found = _found(point, readings)
    found = replace(found, check=point.id, subject=stack, evidence=tuple(used))
    details = (replace(detail, check=detail.check or point.id) for detail in found.details)
    found = replace(found, details=tuple(details))
    holds = signoff is not None and may_be_signed(found.severity)
    waiver = signoff if holds and _holds(signoff, readings) else None
    return replace(found, waiver=waiver)


def may_be_signed(severity: Severity) -> bool:
    """Return whether a person may sign off: never a failed point; a passed one needs no
    sign-off."""
    return severity not in (Severity.FAILED, Severity.PASSED)


def _found(point: Point, readings: Readings) -> Finding:
    try:
        return point.judge(readings)
    except NoInstance:
        return failed("there is no production instance yet", MAKE_INSTANCE)
    except NoEndpoint:
        return failed(
            "there is no webhook endpoint", "Run pulumi up on this stack: it creates the endpoint."
        )
    except UNREAD as error:
        return not_checked(
            _why(error), "Fix what the message says, then run again.", service_failed=True
        )


def _why(error: ClerkstackError) -> str:
    if isinstance(error, ReadOnly):
        return "CLERKSTACK_READ_ONLY is set, and this would send something"
    return str(error)


def _holds(signoff: Waiver | None, readings: Readings) -> bool:
    if signoff is None:
        return False
    now: datetime = readings.now()
    begun = signoff.since is None or signoff.since <= now
    return begun and not signoff.over(now) and signoff.subject == _instance(readings)


def _instance(readings: Readings) -> str:
    try:
        return readings.live.instance().instance_id
    except UNREAD:
        return ""
