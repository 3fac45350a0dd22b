"""The review of all stacks as one Markdown text, short enough for a comment."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from clerkstack.report.markdown import code, heading, row
from clerkstack.review.sections import Section, sections
from clerkstack.review.stacks import Review, Verdict
from clerkstack.texts import counted

MARKER = "<!-- clerkstack review -->"
"""The first line of a pull request's comment, by which it is found again."""

LIMIT = 65_536  # characters of a comment, GitHub's own limit
SUMMARY_LIMIT = 250_000  # characters of up to four bytes; GitHub accepts 1 MiB for a summary
NO_LIMIT = 1_000_000_000
MOST_STACKS = 50  # rows of the table on top

WORDS = {
    Verdict.CLEAR: "✅ nothing blocks",
    Verdict.BLOCKED: "⛔ blocked",
    Verdict.BAD_INPUT: "⛔ not reviewed: bad input",
    Verdict.SERVICE_FAILED: "⛔ not reviewed: a service failed",
}
HOW_TO_READ = (
    "This review wrote nothing. **Violations** and **errors** are what `pulumi up` would refuse; "
    "**notes** do not block. **App, catalog, instance** compares what the app's code checks, "
    "what `catalog.yaml` declares and what is live now; the update fixes a difference that only "
    "the instance has. A secret's value is never shown. This commit's own code wrote the review."
)


@dataclass(frozen=True)
class Occasion:
    """What was reviewed, and when. `whole` is the address of the full text, if there is one;
    `marker` is the first line, by which the comment is found again."""

    commit: str
    time: datetime.datetime
    whole: str = ""
    marker: str = MARKER


def comment(reviews: Sequence[Review], occasion: Occasion, limit: int = LIMIT) -> str:
    """The text of the comment, of at most `limit` characters.

    If it would be longer, each part gets an equal share, the unused rest of a short part goes to
    the others, and a part that was cut says so.
    """
    where = f"in [the run's summary]({occasion.whole})" if occasion.whole else "with --output"
    text = "\n".join(_top(reviews, occasion))
    room = limit - len(text) - len(_no_room(reviews, where)) - 2
    parts: list[_Part] = []
    for review in reviews:
        part = _Part(f"### {code(review.stack, 60)}", sections(review))
        room -= part.frame(where)
        if room < 0:
            break
        parts.append(part)
    _share(room, [section for part in parts for section in part.sections])
    for part in parts:
        text += "".join(f"{line}\n" for line in part.lines(where))
    if len(parts) < len(reviews):
        text += _no_room(reviews[len(parts) :], where)
    return text.rstrip() + "\n"


@dataclass(frozen=True)
class _Part:
    """The part about one stack."""

    title: str
    sections: list[Section]

    def frame(self, where: str) -> int:
        """The number of characters without the entries."""
        return len(self.title) + 4 + sum(section.frame(where) + 1 for section in self.sections)

    def lines(self, where: str) -> list[str]:
        """Its Markdown; none if there is nothing to report."""
        if not self.sections:
            return []
        lines = [line for section in self.sections for line in [*section.lines(where), ""]]
        return ["", self.title, "", *lines]


def _share(room: int, sections: list[Section]) -> None:
    """Shorten sections so that together they have at most `room` characters."""
    for index, section in enumerate(sorted(sections, key=Section.size)):
        section.shorten(room // (len(sections) - index))
        room -= section.size()


def _no_room(reviews: Sequence[Review], where: str) -> str:
    return f"\n{len(reviews)} more stacks are omitted here; all are {where}.\n"


def verdict(reviews: Sequence[Review]) -> Verdict:
    """The worst verdict of all."""
    return max((review.verdict for review in reviews), default=Verdict.CLEAR)


def _top(reviews: Sequence[Review], occasion: Occasion) -> list[str]:
    lines = [occasion.marker, f"## clerkstack: {WORDS[verdict(reviews)]}", ""]
    lines += heading("stack", "changes", "violations", "app · catalog · instance", "")
    for review in reviews[:MOST_STACKS]:
        lines.append(
            row(
                code(review.stack, 60),
                _changes(review),
                _violations(review),
                _agree(review),
                WORDS[review.verdict],
            )
        )
    if len(reviews) > MOST_STACKS:
        lines.append(row(f"{len(reviews) - MOST_STACKS} more", "", "", "", ""))
    time = occasion.time.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return [*lines, "", f"Commit {code(occasion.commit, 60)}, {time}. {HOW_TO_READ}", ""]


def _changes(review: Review) -> str:
    if review.preview is None:
        return "could not be previewed"
    operations = [f"{number} {operation}" for operation, number in review.preview.count().items()]
    return ", ".join(operations) or "none"


def _violations(review: Review) -> str:
    if review.preview is None:
        return "not judged"
    blocking = review.preview.refused
    notes = len(review.preview.violations) - len(blocking)
    words = [f"**{len(blocking)}**"] if blocking else []
    words += [counted(notes, "note")] if notes else []
    words += ["refused"] if review.preview.errors and not blocking else []
    return ", ".join(words) or "none"


def _agree(review: Review) -> str:
    agreement = review.agreement
    if agreement is None:
        return "could not be compared"
    blocking, all_found = len(agreement.blocking), len(agreement.findings)
    words = [f"**{blocking}** blocking"] if blocking else []
    words += [f"{all_found - blocking} that the update changes"] if all_found > blocking else []
    words += [] if agreement.app else ["app not read"]
    words += [] if agreement.instance.read else ["instance not read"]
    words += ["no instance yet"] if agreement.instance.read and not agreement.live else []
    return ", ".join(words) or "agree"
