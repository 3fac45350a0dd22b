"""The review of one stack: its preview with the policy pack, and the three-way comparison."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING

from clerkstack.checks.finding import Finding, Severity
from clerkstack.clients.read_only import READ_ONLY
from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.billing import TRIAL
from clerkstack.state import engine
from clerkstack.state.cleaning import Cleaning, secrets_of
from clerkstack.state.failures import is_unreached
from clerkstack.state.preview import Preview, read_preview
from clerkstack.state.process import Commands
from clerkstack.state.properties import top_of
from clerkstack.texts import counted

if TYPE_CHECKING:
    from clerkstack.report.documents import CheckDocument

Progress = Callable[[str], None]
BILLING = "Billing"

# A preview writes nothing; if a provider tries, this makes it refuse.
VARIABLES = {**engine.EVENTS, READ_ONLY: "1"}


class NotCompared(ClerkstackError):
    """App, catalog and instance could not be compared; `service`: a service failed."""

    def __init__(self, message: str, *, service: bool) -> None:
        self.service = service
        super().__init__(message)


class Verdict(IntEnum):
    """How a review ends, worst last."""

    CLEAR = 0
    BLOCKED = 1  # a violation, a refusal or a disagreement
    BAD_INPUT = 2  # the input itself is wrong
    SERVICE_FAILED = 3


@dataclass
class Review:
    """The findings on one stack. A part is None if it failed: `troubles` says why."""

    stack: str
    preview: Preview | None = None
    agreement: CheckDocument | None = None
    troubles: list[Finding] = field(default_factory=list)
    verdict: Verdict = Verdict.CLEAR
    clean: Cleaning = field(default_factory=Cleaning)

    def worsen(self, verdict: Verdict) -> None:
        """Keep the worse of two verdicts."""
        self.verdict = max(self.verdict, verdict)

    def trouble(self, what: str, message: str, verdict: Verdict) -> None:
        """Record that a part failed."""
        self.troubles.append(Finding("review", what, message=message))
        self.worsen(verdict)


def previewed(stack: str, pack: str, commands: Commands, progress: Progress) -> Review:
    """Preview a stack with the policy pack. Nothing is written anywhere.

    Failures are part of the result, so that they are shown in the comment.
    """
    review = Review(stack)
    try:
        review.clean = _cleaning(stack, commands)
        _preview(review, pack, commands, progress, review.clean)
    except ClerkstackError as error:
        review.trouble("preview", str(error), Verdict.BAD_INPUT)
    return review


def _cleaning(stack: str, commands: Commands) -> Cleaning:
    """The cleaning of the stack's secrets. If they cannot be read, the preview fails too, and says
    why."""
    words = ("config", "--json", "--show-secrets", "--stack", stack)
    ran = engine.start(words, None, VARIABLES, lambda _line: None, commands)
    try:
        shown = json.loads(ran.out)
        raw = {key: str(setting.get("value", "")) for key, setting in shown.items()}
    except (ValueError, AttributeError):
        return Cleaning()
    return Cleaning(
        secrets_of(raw, [key for key, setting in shown.items() if setting.get("secret")])
    )


def _preview(
    review: Review, pack: str, commands: Commands, progress: Progress, clean: Cleaning
) -> None:
    progress(f"{review.stack}: previewing with {pack}")
    seen = _Seen(partial(_report, progress, review.stack))
    options = ("--policy-pack", pack) if pack else ()
    words = ("preview", "--json", "--stack", review.stack, *options)
    ran = engine.start(words, None, VARIABLES, seen, commands)
    preview = read_preview(ran.out.splitlines(), clean)
    if not preview.ended:
        message = clean(ran.err) or f"pulumi preview ended with {ran.code} and printed nothing."
        review.trouble("preview", message, _why(message))
        return
    review.preview = preview
    if preview.refused:
        review.worsen(Verdict.BLOCKED)
    for error in preview.errors:
        refused = Verdict.BLOCKED if error.subject else Verdict.BAD_INPUT
        reached = not is_unreached(error.message)
        review.worsen(refused if reached else Verdict.SERVICE_FAILED)
    if ran.code and review.verdict is Verdict.CLEAR:
        review.trouble("preview", f"pulumi preview ended with {ran.code}.", Verdict.BAD_INPUT)


def agree(review: Review, compared: CheckDocument | NotCompared) -> None:
    """Add the three-way comparison to a review that has its preview."""
    if isinstance(compared, NotCompared):
        verdict = Verdict.SERVICE_FAILED if compared.service else Verdict.BAD_INPUT
        review.trouble("clerkstack check", review.clean(str(compared)), verdict)
        return
    document = type(compared).model_validate(review.clean(compared.data()))
    if _toggles_come(review.preview):
        findings = (_brought(finding) for finding in document.findings)
        document = document.model_copy(update={"findings": tuple(findings)})
    review.agreement = document
    if document.blocking:
        review.worsen(Verdict.BLOCKED)


def _brought(finding: Finding) -> Finding:
    """A finding, given that the update writes billing's toggles, which turns the trial card off."""
    return replace(finding, severity=Severity.WARNING) if finding.field == TRIAL else finding


def _toggles_come(preview: Preview | None) -> bool:
    """Whether the update writes billing's toggles: the resource is new, or they change."""
    return preview is not None and any(
        change.type == BILLING
        and (
            change.operation == "create"
            or any(top_of(property_.path) == "settings" for property_ in change.properties)
        )
        for change in preview.changes
    )


def _why(message: str) -> Verdict:
    return Verdict.SERVICE_FAILED if is_unreached(message) else Verdict.BAD_INPUT


def _report(progress: Progress, stack: str, count: int) -> None:
    progress(f"{stack}: {counted(count, 'resource')} checked")


class _Seen:
    """Counts the resources that a preview has checked, and reports progress now and then."""

    EVERY = 25

    def __init__(self, progress: Callable[[int], None]) -> None:
        self._progress = progress
        self._count = 0

    def __call__(self, line: str) -> None:
        if '"resourcePreEvent"' in line:
            self._count += 1
            if self._count % self.EVERY == 0:
                self._progress(self._count)
