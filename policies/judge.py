"""From resources to verdicts: policies, levels and excuses put together. No engine, no network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clerkstack.rotation.rolling_out import is_rolled_out
from policies.excuses import STACK, Excuse, load_excuses, of_stack
from policies.policy import Finding, Kind, Policy
from policies.registry import EXCUSES, POLICIES
from policies.rules import Level, Rules, load_rules
from policies.view import Expected, Resource, Stack

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Verdict:
    """One thing that is told, and whether it stops the run.

    Attributes:
        policy: the policy's id, or `excuses`.
        level: mandatory stops the run, advisory is told.
        message: what is wrong; names keys, never values.
        reason: what happens to people otherwise.
        mend: what to do; empty where there is nothing to do.
        doc: where the policy is described.
        subject: the resource's name, or `stack`.
        urn: the resource's, empty where there is none.
        kind: what it is.
        excuse: the excuse that holds for it.
    """

    policy: str
    level: Level
    message: str
    reason: str
    mend: str
    doc: str
    subject: str
    urn: str
    kind: Kind
    excuse: Excuse | None = None

    @property
    def told(self) -> str:
        """All of it as one text."""
        if self.excuse is not None:
            until = f"excused until {self.excuse.expires} by {self.excuse.by}: {self.excuse.reason}"
            return f"{self.message}. {until} ({self.excuse.place})"
        if self.kind is not Kind.OFFENCE:
            return self.message
        reason = f"{self.reason}\n" if self.reason else ""
        return f"{self.message}.\n{reason}{self.mend} ({self.doc})"


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
) -> list[Verdict]:
    """What the policies say of a whole deployment.

    Args:
        resources: type, inputs, and where they are there name, urn, outputs and protect; as
            `pulumi stack export` has them, with or without `--show-secrets`. A value that is
            encrypted is not judged.
        stack: the stack's name, for excuses.
        instance: development or production, as the settings name it.
        parts: names of the settings in clerkstack:components that are on; None: what is missing
            is not judged.
        projects: what the stack's Vercel projects have to have by its settings.
        names_app: whether the settings name the app's code; None: it is not judged.
        now: for dates and ages.
        folder: where config.yaml and excuses.yaml are.

    Raises:
        InputError: one of the two files is wrong.
    """
    now = now or datetime.now(UTC)
    rules = load_rules(folder / "config.yaml")
    found = load_excuses(folder / "excuses.yaml", today=now.date(), max_days=rules.max_excuse_days)
    seen = [Resource.of(each) for each in resources]
    whole = Stack(stack, seen, instance, parts, projects, now, names_app)
    bench = Judge(stack, rules, found, now)
    verdicts = [verdict for each in whole.resources for verdict in bench.one(each)]
    return [*verdicts, *bench.all(whole)]


@dataclass
class Judge:
    """Judges one run: resource by resource, then the stack. Remembers what excuses were for.

    `secrets_only` is an update that rolls out rotated secrets and can write nothing else
    (clerkstack/rotation/rolling_out.py): what it leaves as it is stops it from nothing.
    """

    stack: str
    rules: Rules
    excuses: Collection[Excuse]
    now: datetime
    secrets_only: bool = False
    _used: set[Excuse] = field(default_factory=set)
    _unjudged: set[str] = field(default_factory=set)

    def one(self, resource: Resource) -> list[Verdict]:
        """The verdicts over a resource by itself."""
        environment = resource.environment
        if environment is None:
            return []
        return [
            verdict
            for policy in POLICIES
            if policy.each is not None
            for finding in policy.each(resource, self.rules.of(policy))
            for verdict in self._verdicts(policy, finding, environment, resource)
        ]

    def all(self, stack: Stack) -> list[Verdict]:
        """The verdicts over the stack as a whole, and over its excuses."""
        environment = stack.environment
        found = [
            verdict
            for policy in POLICIES
            if policy.whole is not None and environment is not None
            for finding in policy.whole(stack, self.rules.of(policy))
            for verdict in self._verdicts(policy, finding, environment, finding.resource)
        ]
        return [*found, *self._of_excuses()]

    def _verdicts(
        self, policy: Policy, finding: Finding, environment: str, about: Resource | None
    ) -> Iterator[Verdict]:
        level = self.rules.level(policy, finding.environment or environment)
        if level is Level.DISABLED:
            return
        if finding.kind is Kind.UNJUDGED:
            self._unjudged.add(policy.id)
        if finding.kind is not Kind.OFFENCE or self._leaves(about):
            level = Level.ADVISORY
        subject, urn = (about.name, about.urn) if about else (STACK, "")
        excuse = None
        if finding.kind is Kind.OFFENCE:
            excuse = self._excuse(policy.id, subject, finding.message)
        yield Verdict(
            policy.id,
            Level.ADVISORY if excuse else level,
            finding.message,
            policy.reason,
            policy.mend,
            policy.doc,
            subject,
            urn,
            finding.kind,
            excuse,
        )

    def _leaves(self, about: Resource | None) -> bool:
        """Whether the update can't change what a finding is about."""
        if not self.secrets_only:
            return False
        return about is None or not is_rolled_out(about.type, about.name, about.inputs.get("key"))

    def _excuse(self, policy: str, subject: str, message: str) -> Excuse | None:
        found = [
            each
            for each in of_stack(self.excuses, self.stack)
            if each.covers(policy, subject, message)
        ]
        self._used.update(found)
        return next((each for each in found if not each.expired(self.now.date())), None)

    def _of_excuses(self) -> Iterator[Verdict]:
        for each in of_stack(self.excuses, self.stack):
            about = f"the excuse of {each.policy} for {each.subject} ({each.place}, by {each.by})"
            if each.expired(self.now.date()):
                message, kind = f"{about} expired on {each.expires}", Kind.OFFENCE
                mend = "Mend what it excuses, or decide anew and write another day"
            elif each not in self._used and each.policy not in self._unjudged:
                message, kind = f"{about} excuses nothing any more: remove it", Kind.NOTE
                mend = ""
            else:
                continue
            stops = kind is Kind.OFFENCE and not self.secrets_only
            level = Level.MANDATORY if stops else Level.ADVISORY
            doc = f"docs/policies.md#{EXCUSES}"
            yield Verdict(EXCUSES, level, message, "", mend, doc, STACK, "", kind)
