"""A command's report, which each renderer takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from clerkstack.checks.finding import Finding, Rule, Severity, cleaned
from clerkstack.report.values import one_line
from clerkstack.safe import safe

SIGNED = "signed off"
ORDER = (
    *(Severity.FAILED, Severity.NOT_CHECKED, Severity.WARNING, Severity.MANUAL),
    SIGNED,
    *(Severity.NOTE, Severity.PASSED),
)
"""All statuses, the worst first."""
ANY = frozenset({*Severity} - {Severity.PASSED, Severity.NOTE})
"""The severities of everything that is not as it must be."""


@dataclass(frozen=True)
class Group:
    """Findings under a title. `stack` is their stack, if it differs from the report's."""

    title: str
    about: str
    findings: tuple[Finding, ...]
    stack: str = ""


@dataclass(frozen=True)
class Report:
    """The outcome of a command.

    Args:
        command: its name.
        subject: what it looked at: a stack, two stacks, this machine.
        verdict: what it found, in a few words.
        summary: what it found, or what to do about it, in a sentence.
        groups: the findings.
        began, ended: UTC.
        blocking: the severities that leave something to do, and end the command with an error.
        facts: what was looked at, by name.
        rules: the rule of each check, by the check's name.
        by_rule: each check has one finding, which takes the rule's title.
        noun: what a finding is called.
        sides: the titles of `expected` and `found`.
        stack: the stack whose settings decide; empty if none.
        app: the folder of the app's code; empty if unknown.
        reads: the number of reads of the live services; None if not counted.
        short: the verdict in a word or two, if it is longer.
        explained: what it means if nothing is left to do.
        addresses: show addresses whole.
    """

    command: str
    subject: str
    verdict: str
    summary: str
    groups: tuple[Group, ...]
    began: datetime
    ended: datetime
    blocking: frozenset[Severity] = ANY
    facts: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    by_rule: bool = False
    noun: str = "finding"
    sides: tuple[str, str] = ("Expected", "Found")
    stack: str = ""
    app: str = ""
    reads: int | None = None
    short: str = ""
    explained: str = ""
    addresses: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all groups."""
        return tuple(finding for group in self.groups for finding in group.findings)

    def done(self, finding: Finding) -> bool:
        """Whether nothing is left to do about a finding."""
        return finding.severity not in self.blocking or finding.waiver is not None

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that leave something to do."""
        return tuple(finding for finding in self.findings if not self.done(finding))

    @property
    def ready(self) -> bool:
        """Whether nothing is left to do."""
        return not self.open

    @property
    def service_failed(self) -> bool:
        """Whether something could not be checked because a service failed."""
        return any(finding.service_failed for finding in self.open)

    def counts(self) -> dict[str, int]:
        """The number of findings by status, the worst first, without zeros."""
        statuses = [status_of(finding) for finding in self.findings]
        return {str(status): statuses.count(status) for status in ORDER if status in statuses}

    def rule(self, finding: Finding) -> Rule:
        """The rule of a finding's check."""
        return self.rules.get(finding.check, Rule(finding.check, finding.check))

    def title(self, finding: Finding) -> str:
        """A finding's title."""
        return self.rule(finding).title if self.by_rule else finding.name or finding.check


def as_shown(report: Report) -> Report:
    """The report without anything secret: everything a command shows goes through `safe`."""

    def clean(value: object) -> object:
        return safe(value, addresses=report.addresses)

    groups = (
        replace(group, findings=tuple(cleaned(finding, clean) for finding in group.findings))
        for group in report.groups
    )
    facts = {name: safe(value) for name, value in report.facts.items()}
    return replace(report, groups=tuple(groups), facts=facts)


def status_of(finding: Finding) -> str:
    """A finding's status: its severity, or that it is signed off."""
    return SIGNED if finding.waiver is not None else finding.severity.value


def compared(finding: Finding) -> tuple[Finding, ...]:
    """What was compared for a finding: its details, or itself if it compares two values."""
    if finding.details:
        return finding.details
    # If several sides were compared, the message has their values.
    alone = finding.expected is not None or not isinstance(finding.found, dict | None)
    return (finding,) if alone else ()


def wrong_in(finding: Finding) -> list[str]:
    """The comparisons of a finding that failed, one per line."""
    return [
        f"{detail.name}: expected {one_line(detail.expected)}, found {one_line(detail.found)}"
        for detail in compared(finding)
        if detail.severity is not Severity.PASSED
    ]


def sentence(finding: Finding) -> str:
    """A finding's message as a sentence."""
    text = finding.message or finding.name
    return text if text.endswith((".", "!", "?")) else f"{text}."
