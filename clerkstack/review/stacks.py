"""The review of one stack: its preview with the policy pack, then app, catalog and instance."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial

from pydantic import ValidationError

from clerkstack.clients.read_only import READ_ONLY
from clerkstack.problems import ClerkstackError
from clerkstack.review.agreement import Agreement
from clerkstack.review.cleaning import Cleaning, secrets_of
from clerkstack.review.preview import Complaint, Preview, read_preview
from clerkstack.review.properties import top_of
from clerkstack.state import engine
from clerkstack.state.failures import is_unreached
from clerkstack.state.process import Commands

Tell = Callable[[str], None]
BILLING = "Billing"

# A preview writes nothing; should a provider try, it is refused in this process tree.
VARIABLES = {
    **engine.VARIABLES,
    **engine.EVENTS,
    READ_ONLY: "1",
}


class Verdict(IntEnum):
    """How a review ends, worst last."""

    CLEAR = 0
    BLOCKED = 1  # a violation, a refusal or a disagreement
    BAD_INPUT = 2  # what it should have looked at is wrong itself
    SERVICE_FAILED = 3


@dataclass
class Review:
    """What was found about one stack. A part is None where it could not be told: `troubles` says
    why."""

    stack: str
    preview: Preview | None = None
    agreement: Agreement | None = None
    troubles: list[Complaint] = field(default_factory=list)
    verdict: Verdict = Verdict.CLEAR

    def worsen(self, verdict: Verdict) -> None:
        """Keep the worse of two verdicts."""
        self.verdict = max(self.verdict, verdict)

    def trouble(self, what: str, message: str, verdict: Verdict) -> None:
        """Add a part that could not be told."""
        self.troubles.append(Complaint(what, message))
        self.worsen(verdict)


def review_stack(stack: str, pack: str, commands: Commands, tell: Tell) -> Review:
    """Preview a stack and compare its three witnesses. Nothing is written anywhere.

    What goes wrong is part of what is returned, so that it can be shown where people look.
    """
    review = Review(stack)
    try:
        clean = _cleaning(stack, commands)
        _preview(review, pack, commands, tell, clean)
        _agree(review, commands, tell, clean)
    except FileNotFoundError:
        review.trouble("preview", engine.NO_INSTALLATION, Verdict.BAD_INPUT)
    except ClerkstackError as error:
        review.trouble("preview", str(error), Verdict.BAD_INPUT)
    return review


def _cleaning(stack: str, commands: Commands) -> Cleaning:
    """What hides the stack's secrets. Where they can't be read, nor can a preview: it says why."""
    ran = commands.run(
        engine.command("config", "--json", "--show-secrets", "--stack", stack),
        variables=VARIABLES,
    )
    try:
        shown = json.loads(ran.out)
        raw = {key: str(each.get("value", "")) for key, each in shown.items()}
    except (ValueError, AttributeError):
        return Cleaning()
    return Cleaning(secrets_of(raw, [key for key, each in shown.items() if each.get("secret")]))


def _preview(review: Review, pack: str, commands: Commands, tell: Tell, clean: Cleaning) -> None:
    tell(f"{review.stack}: previewing with {pack}")
    seen = _Seen(partial(_told, tell, review.stack))
    options = ("--policy-pack", pack) if pack else ()
    ran = commands.run(
        engine.command("preview", "--json", "--stack", review.stack, *options),
        variables=VARIABLES,
        on_line=seen,
    )
    found = read_preview(ran.out.splitlines(), clean)
    if not found.ended:
        message = clean(ran.err) or f"pulumi preview ended with {ran.code} and said nothing."
        review.trouble("preview", message, _why(message))
        return
    review.preview = found
    if any(each.blocks for each in found.violations):
        review.worsen(Verdict.BLOCKED)
    for each in found.errors:
        refused = Verdict.BLOCKED if each.resource else Verdict.BAD_INPUT
        reached = not is_unreached(each.message)
        review.worsen(refused if reached else Verdict.SERVICE_FAILED)
    if ran.code and review.verdict is Verdict.CLEAR:
        review.trouble("preview", f"pulumi preview ended with {ran.code}.", Verdict.BAD_INPUT)


def _agree(review: Review, commands: Commands, tell: Tell, clean: Cleaning) -> None:
    tell(f"{review.stack}: comparing app, catalog and instance")
    ran = commands.run(check_command(review.stack))
    if ran.code not in (Verdict.CLEAR, Verdict.BLOCKED):
        verdict = Verdict.SERVICE_FAILED if ran.code == 3 else Verdict.BAD_INPUT
        # Progress goes the same way, and is no complaint.
        said = [line for line in ran.err.splitlines() if not line.startswith("reading ")]
        message = clean("\n".join(said)) or f"it ended with {ran.code} and said nothing."
        review.trouble("clerkstack check", message, verdict)
        return
    try:
        told = Agreement.model_validate(clean(json.loads(ran.out)))
    except (ValueError, ValidationError):
        review.trouble(
            "clerkstack check", "what it printed can't be read as its table.", Verdict.BAD_INPUT
        )
        return
    told = told.model_copy(update={"toggles_come": _toggles_come(review.preview)})
    review.agreement = told
    if told.blocking():
        review.worsen(Verdict.BLOCKED)


def _toggles_come(preview: Preview | None) -> bool:
    """Whether the update brings billing's toggles: the resource is new, or they differ by it."""
    return preview is not None and any(
        change.type == BILLING
        and (
            change.operation == "create"
            or any(top_of(each.path) == "settings" for each in change.properties)
        )
        for change in preview.changes
    )


def check_command(stack: str) -> list[str]:
    """The command that tells the three-way table of a stack as JSON."""
    own = [sys.executable, "-m", "clerkstack"]
    return [*own, "check", "--stack", stack, "--live", "--json"]


def _why(message: str) -> Verdict:
    return Verdict.SERVICE_FAILED if is_unreached(message) else Verdict.BAD_INPUT


def _told(tell: Tell, stack: str, count: int) -> None:
    tell(f"{stack}: {count} resources looked at")


class _Seen:
    """Counts the resources that a preview has looked at, and tells now and then."""

    EVERY = 25

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._count = 0

    def __call__(self, line: str) -> None:
        if '"resourcePreEvent"' in line:
            self._count += 1
            if self._count % self.EVERY == 0:
                self._tell(self._count)
