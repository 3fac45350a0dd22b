"""Judges resources by the policies, their levels and waivers. No engine, no network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clerkstack.checks.finding import Finding, Severity, Waiver
from clerkstack.checks.waiver_file import load_waivers
from clerkstack.checks.waivers import EXCUSES, FILE, POINT, STACK, covers, of_stack
from clerkstack.desired.rolling_out import is_rolled_out
from policies.config_file import load_rules
from policies.policy import Policy
from policies.registry import BY_ID, POLICIES
from policies.registry import WAIVERS as OF_WAIVERS
from policies.rules import Level, Rules
from policies.view import Expected, Resource, Stack

FOLDER = Path(__file__).resolve().parent
WAIVERS = FOLDER.parent / FILE


def is_violation(finding: Finding) -> bool:
    """Whether a policy is violated, at whatever level."""
    return finding.severity in (Severity.FAILED, Severity.WARNING)


def level_of(finding: Finding) -> Level:
    """Mandatory stops the run, advisory is reported."""
    return Level.MANDATORY if finding.severity is Severity.FAILED else Level.ADVISORY


def text_of(finding: Finding) -> str:
    """The whole finding as one text."""
    waiver = finding.waiver
    if waiver is not None:
        until = f"waived until {waiver.last} by {waiver.by}: {waiver.reason}"
        return f"{finding.message}. {until} ({waiver.where})"
    if not is_violation(finding):
        return finding.message
    policy = BY_ID.get(finding.check)
    reason = f"{policy.reason}\n" if policy is not None else ""
    return f"{finding.message}.\n{reason}{finding.remedy} (docs/policies.md#{finding.check})"


def judge(
    resources: Iterable[Mapping[str, Any]],
    *,
    stack: str,
    instance: str | None = None,
    parts: Collection[str] | None = None,
    projects: Sequence[Expected] = (Expected(),),
    names_app: bool | None = None,
    now: datetime | None = None,
    folder: Path = FOLDER,
    waivers: Path = WAIVERS,
) -> list[Finding]:
    """Judge a whole deployment.

    A finding's `check` is the policy, its `where` the resource's URN. Its severity is failed if it
    stops the run.

    Args:
        resources: type and inputs, and if present name, urn, outputs and protect, as in
            `pulumi stack export`, with or without `--show-secrets`. Encrypted values are not
            judged.
        stack: the stack's name, for waivers.
        instance: development or production, as in the settings.
        parts: names of the settings in clerkstack:components that are on; None: missing parts are
            not judged.
        projects: what the settings require of the stack's Vercel projects.
        names_app: whether the settings name the app's code; None: not judged.
        now: for dates and ages.
        folder: where config.yaml is.
        waivers: the file with the waivers.

    Raises:
        InputError: config.yaml or the file with the waivers is wrong.
    """
    now = now or datetime.now(UTC)
    rules = load_rules(folder / "config.yaml")
    active = waivers_of(folder, waivers, now, rules)
    seen = [Resource.of(resource) for resource in resources]
    whole = Stack(stack, seen, instance, parts, projects, now, names_app)
    bench = Judge(stack, rules, active, now)
    findings = [finding for resource in whole.resources for finding in bench.one(resource)]
    return [*findings, *bench.all(whole)]


def waivers_of(folder: Path, file: Path, now: datetime, rules: Rules) -> tuple[Waiver, ...]:
    """The waivers of policies in waivers.yaml, and in the deprecated file.

    Raises:
        InputError: one of the files is wrong.
    """
    today, most = now.date(), rules.max_waiver_days
    old = folder / Path(EXCUSES).name
    entries = (
        *load_waivers(old, today=today, max_days=most, policies=BY_ID, form=EXCUSES),
        *load_waivers(file, today=today, max_days=most, policies=BY_ID),
    )
    return tuple(waiver for waiver in entries if not waiver.id.startswith(POINT))


@dataclass
class Judge:
    """Judges one run: resource by resource, then the stack. Remembers which waivers were used.

    `secrets_only` is an update that rolls out rotated secrets and can write nothing else
    (clerkstack/desired/rolling_out.py): a violation that it cannot change does not stop it.
    """

    stack: str
    rules: Rules
    waivers: Collection[Waiver]
    now: datetime
    secrets_only: bool = False
    _used: set[Waiver] = field(default_factory=set)
    _unjudged: set[str] = field(default_factory=set)

    def one(self, resource: Resource) -> list[Finding]:
        """The findings on a single resource."""
        environment = resource.environment
        if environment is None:
            return []
        return [
            judged
            for policy in POLICIES
            if policy.check_resource is not None
            for finding in policy.check_resource(resource, self.rules.of(policy))
            for judged in self._judged(policy, finding, environment, resource)
        ]

    def all(self, stack: Stack) -> list[Finding]:
        """The findings on the whole stack, and on its waivers."""
        environment = stack.environment
        named = {(resource.name, resource.urn): resource for resource in stack.resources}
        findings = [
            judged
            for policy in POLICIES
            if policy.check_stack is not None and environment is not None
            for finding in policy.check_stack(stack, self.rules.of(policy))
            for judged in self._judged(
                policy, finding, environment, named.get((finding.subject, finding.where))
            )
        ]
        return [*findings, *self._of_waivers()]

    def _judged(
        self, policy: Policy, finding: Finding, environment: str, about: Resource | None
    ) -> Iterator[Finding]:
        """A policy's finding with level and waiver applied; nothing if the policy is disabled."""
        level = self.rules.level(policy, policy.judged_in or environment)
        if level is Level.DISABLED:
            return
        severity, waiver = finding.severity, None
        if severity is Severity.NOT_CHECKED:
            self._unjudged.add(policy.id)
        subject, urn = (about.name, about.urn) if about else (STACK, "")
        if severity is Severity.FAILED:
            waiver = self._waiver(policy.id, subject, finding.message)
            if waiver or level is not Level.MANDATORY or self._leaves(about):
                severity = Severity.WARNING
        yield replace(
            finding,
            check=policy.id,
            subject=subject,
            severity=severity,
            remedy=policy.remedy,
            where=urn,
            waiver=waiver,
        )

    def _leaves(self, about: Resource | None) -> bool:
        """Whether the update cannot change what a finding is about."""
        if not self.secrets_only:
            return False
        return about is None or not is_rolled_out(about.type, about.name, about.inputs.get("key"))

    def _waiver(self, policy: str, subject: str, message: str) -> Waiver | None:
        matching = [
            waiver
            for waiver in of_stack(self.waivers, self.stack)
            if covers(waiver, policy, subject, message)
        ]
        self._used.update(matching)
        return next((entry for entry in matching if not entry.over(self.now)), None)

    def _of_waivers(self) -> Iterator[Finding]:
        mine = of_stack(self.waivers, self.stack)
        for waiver in mine:
            about = (
                f"the waiver of {waiver.id} for {waiver.subject} ({waiver.where}, by {waiver.by})"
            )
            if waiver.over(self.now):
                message, severity = f"{about} expired on {waiver.last}", Severity.FAILED
                remedy = "Fix what it waives, or decide again and write a later day"
            elif waiver not in self._used and waiver.id not in self._unjudged:
                message, severity = f"{about} no longer waives anything: remove it", Severity.NOTE
                remedy = ""
            else:
                continue
            if self.secrets_only and severity is Severity.FAILED:
                severity = Severity.WARNING
            yield Finding(OF_WAIVERS, STACK, severity=severity, message=message, remedy=remedy)
        if any(waiver.where.startswith(EXCUSES) for waiver in mine):
            message = (
                f"{EXCUSES} is deprecated: move its entries to {FILE} (`excuses` becomes "
                "`waivers`, `policy` becomes `id`, `expires` becomes `until`), and remove it"
            )
            yield Finding(OF_WAIVERS, STACK, severity=Severity.NOTE, message=message)
