"""Every point judged by what was read, one after the other; a failed read stops only its points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from clerkstack.cutover.model import Evidence, Line, Outcome, Point, Report, Verdict
from clerkstack.cutover.read import NoEndpoint, Readings
from clerkstack.cutover.read_of_clerk import NoInstance
from clerkstack.cutover.reads import Unread
from clerkstack.cutover.signoffs import SignOff

MAKE_INSTANCE = (
    "Set clerkstack:production.create and .domain, then run pulumi up: it makes the instance."
)


def judge(
    stack: str,
    points: Sequence[Point],
    readings: Readings,
    signoffs: Mapping[str, SignOff],
) -> Report:
    """The report of a stack. Of a sign-off only counts what is for this instance and not over."""
    began = readings.now()
    lines = [_line(point, readings, signoffs.get(point.id)) for point in points]
    # What is read late may show a secret that an earlier line repeats.
    lines = [_clean(line, readings.clean) for line in lines]
    return Report(
        stack=stack,
        application=readings.settings.application_id,
        instance=_instance(readings),
        app_url=readings.settings.app_url,
        began=began,
        ended=readings.now(),
        reads=readings.count,
        lines=tuple(lines),
    )


def _line(point: Point, readings: Readings, signoff: SignOff | None) -> Line:
    readings.begin()
    verdict = _verdict(point, readings)
    evidence = readings.used()
    holds = signoff is not None and may_be_signed(verdict.outcome)
    signed = signoff if holds and _counts(signoff, readings) else None
    return Line(point, verdict, evidence, signed)


def may_be_signed(outcome: Outcome) -> bool:
    """Whether a person may take it on themselves: never what has failed, and what has passed needs
    nobody."""
    return outcome not in (Outcome.FAILED, Outcome.PASSED)


def _verdict(point: Point, readings: Readings) -> Verdict:
    try:
        return point.judge(readings)
    except NoInstance:
        return Verdict(Outcome.FAILED, "there is no production instance yet", mend=MAKE_INSTANCE)
    except NoEndpoint:
        return Verdict(
            Outcome.FAILED,
            "there is no webhook endpoint",
            mend="Run pulumi up on this stack: it makes the endpoint.",
        )
    except Unread as error:
        return Verdict(
            Outcome.NOT_JUDGED,
            str(error),
            mend="Mend what the message says, then run again.",
            service_failed=True,
        )


def _counts(signoff: SignOff | None, readings: Readings) -> bool:
    if signoff is None:
        return False
    now: datetime = readings.now()
    return signoff.date <= now < signoff.until and signoff.instance == _instance(readings)


def _instance(readings: Readings) -> str:
    try:
        return readings.instance().instance_id
    except (NoInstance, Unread):
        return ""


def _clean(line: Line, clean: Callable[[str], str]) -> Line:
    verdict = line.verdict
    facts = tuple(
        replace(each, what=clean(each.what), expected=clean(each.expected), found=clean(each.found))
        for each in verdict.facts
    )
    evidence = tuple(_clean_evidence(each, clean) for each in line.evidence)
    signed = line.signed
    if signed is not None:
        fields: dict[str, Any] = {"by": clean(signed.by), "note": clean(signed.note)}
        signed = signed.model_copy(update=fields)
    told = replace(verdict, summary=clean(verdict.summary), facts=facts)
    return replace(line, verdict=told, evidence=evidence, signed=signed)


def _clean_evidence(each: Evidence, clean: Callable[[str], str]) -> Evidence:
    return replace(each, where=clean(each.where))
