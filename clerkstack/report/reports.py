"""The report of each command that returns findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from clerkstack.checks.finding import Finding, Rule, Severity
from clerkstack.report.report import Group, Report
from clerkstack.texts import counted

if TYPE_CHECKING:
    from clerkstack.parity.compare import Compared
    from clerkstack.problems import Problem
    from clerkstack.settings.models import Settings

STOPS = frozenset({Severity.FAILED})
APP, APPLICATION, INSTANCE = "App", "Application", "Instance"
"""Names of facts."""
DRIFT = {
    "drift": Rule(
        "drift",
        "Everything live is as declared",
        "A change by hand was a mistake, or the next pulumi up undoes it.",
        "Compares what the stack declares with what is live at Clerk, Svix and Vercel.",
    )
}
THREE_WAY = {
    "three-way": Rule(
        "three-way",
        "App, catalog and instance agree",
        "has() returns false for a slug that differs, silently: a customer pays and gets nothing.",
        "Compares what the app's code declares and checks, the catalog, and the live instance if "
        "it is read.",
    ),
    "file": Rule("file", "Hand-written files are valid"),
}


def drift(
    stack: str,
    settings: Settings,
    findings: Iterable[Finding],
    began: datetime,
    *,
    addresses: bool = False,
) -> Report:
    """The report of `clerkstack drift`; the findings must be safe to show."""
    differences = tuple(findings)
    return Report(
        "drift",
        stack,
        _counted(differences, "difference"),
        f"To restore what is declared: pulumi up --refresh --stack {stack}."
        if differences
        else "Everything live is as declared.",
        (Group("Differences", "What the stack declares, and what is live.", differences),),
        began,
        datetime.now(UTC),
        facts=_of_stack(settings),
        rules=DRIFT,
        sides=("Declared", "Live"),
        stack=stack,
        app=settings.app.path or "",
        addresses=addresses,
    )


def parity(
    stacks: Mapping[str, Settings],
    compared: Compared,
    began: datetime,
    *,
    addresses: bool = False,
) -> Report:
    """The report of `clerkstack parity`. A part that could not be read is a finding that was not
    checked."""
    one, other = stacks
    groups = [
        Group(kind, f"What {one} has, and what {other} has.", tuple(findings))
        for kind, findings in groupby(compared.findings, lambda finding: finding.check)
    ]
    unread = tuple(
        Finding(
            item.part,
            f"{item.part} of {item.stack}",
            severity=Severity.NOT_CHECKED,
            message=item.reason,
            remedy=f"To leave it out: --without {item.part}",
        )
        for item in compared.unread
    )
    return Report(
        "parity",
        f"{one} and {other}",
        _counted(compared.findings, "difference"),
        f"{one} is the reference, {other} is compared with it.",
        (*groups, Group("Not compared", "What could not be read.", unread)),
        began,
        datetime.now(UTC),
        facts={name: f"{each.application_id}, {each.instance}" for name, each in stacks.items()},
        sides=(one, other),
        stack=other,
        addresses=addresses,
    )


def check(
    findings: Iterable[Finding],
    began: datetime,
    *,
    stack: str = "",
    settings: Settings | None = None,
    problems: Iterable[Problem] = (),
) -> Report:
    """The report of `clerkstack check`; `problems` are mistakes in the files that it reads."""
    disagreements, of_files = tuple(findings), tuple(map(_of_file, problems))
    return Report(
        "check",
        stack or "the catalog",
        _counted((*disagreements, *of_files), "finding"),
        "App, catalog and instance side by side." if stack else "The catalog and the app's code.",
        (
            Group("Files", "Mistakes in hand-written files.", of_files),
            Group("App, catalog, instance", "Where they disagree.", disagreements),
        ),
        began,
        datetime.now(UTC),
        facts={} if settings is None else _of_stack(settings),
        rules=THREE_WAY,
        stack=stack,
        app="" if settings is None else settings.app.path or "",
    )


def doctor(
    stack: str | None, findings: Sequence[Finding], facts: Mapping[str, str], began: datetime
) -> Report:
    """The report of `clerkstack doctor`: each check of this machine and of a stack."""
    failed = [finding for finding in findings if finding.severity is Severity.FAILED]
    return Report(
        "doctor",
        stack or "this machine",
        f"{counted(len(failed), 'check')} failed" if failed else "Nothing is wrong",
        f"{len(findings)} checks of this machine{f' and of {stack}' if stack else ''}.",
        tuple(
            Group(subject, "Each check, and what it found.", tuple(of_it))
            for subject, of_it in groupby(findings, lambda finding: finding.subject)
        ),
        began,
        datetime.now(UTC),
        blocking=STOPS,
        facts=facts,
        rules={finding.check: Rule(finding.check, finding.check) for finding in findings},
        by_rule=True,
        noun="check",
        stack=stack or "",
    )


def cutover(
    stack: str,
    points: Sequence[Rule],
    findings: Iterable[Finding],
    facts: Mapping[str, str],
    began: datetime,
    ended: datetime,
    reads: int,
) -> Report:
    """Of `clerkstack cutover`: a finding of each point; `facts` are those of `APP`, `APPLICATION`
    and `INSTANCE`."""
    rules = {point.id: point for point in points}
    first: list[Finding] = []
    further: list[Finding] = []
    for finding in findings:
        (further if rules[finding.check].number is None else first).append(finding)
    report = Report(
        "cutover",
        stack,
        "",
        "",
        (
            Group(
                "The checklist", "What must be right before production gets traffic.", tuple(first)
            ),
            Group("Beyond the checklist", "What else fails on launch day.", tuple(further)),
        ),
        began,
        ended,
        facts=facts,
        rules=rules,
        by_rule=True,
        noun="point",
        sides=("Must be", "Is"),
        stack=stack,
        reads=reads,
        explained="Everything that a machine can judge was read from the live services and is "
        "right.",
    )
    short = "ready" if report.ready else "not ready"
    done = len(report.findings) - len(report.open)
    return replace(
        report,
        verdict=f"{short.capitalize()} for traffic",
        summary=f"{done} of {len(report.findings)} points are done",
        short=short,
    )


def _of_file(problem: Problem) -> Finding:
    where = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
    message = f"{problem.path}: {problem.message}" if problem.path else problem.message
    return Finding("file", problem.file, message=message, remedy=problem.remedy, where=where)


def _of_stack(settings: Settings) -> dict[str, str]:
    return {APPLICATION: settings.application_id, INSTANCE: settings.instance}


def _counted(found: Sequence[Finding], noun: str) -> str:
    return counted(len(found), noun) if found else f"No {noun}"
