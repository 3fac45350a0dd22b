"""The sections about one stack, which can be folded and shortened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from clerkstack.checks.finding import Finding, Severity
from clerkstack.comparison.compare import Row
from clerkstack.report.documents import CheckDocument
from clerkstack.report.markdown import block, code, heading, row
from clerkstack.report.values import NOTHING
from clerkstack.review.stacks import Review
from clerkstack.shapes import whole_numbers
from clerkstack.state.preview import Change, Preview
from clerkstack.state.properties import Property, top_of
from clerkstack.texts import text_of

Side = dict[str, Any] | None
LONG = 12  # entries; more are folded
LONGEST_SENTENCE = 500  # characters of a sentence in a table


@dataclass
class Section:
    """A title, what precedes the entries (a table's head), and the entries.

    An entry is a table row or a paragraph, already in Markdown.
    """

    title: str
    entries: list[str]
    head: list[str] = field(default_factory=list)
    folded: bool = False
    left_out: int = 0

    def __post_init__(self) -> None:
        self.folded = self.folded or len(self.entries) > LONG

    def size(self) -> int:
        """The number of characters of its entries, including line breaks."""
        return sum(len(entry) + 2 for entry in self.entries)

    def shorten(self, size: int) -> None:
        """Drop entries from the end until the rest has at most `size` characters."""
        now = self.size()
        while self.entries and now > size:
            now -= len(self.entries.pop()) + 2
            self.left_out += 1

    def frame(self, where: str) -> int:
        """The most characters that everything but its entries can have."""
        empty = Section(self.title, [], folded=self.folded, left_out=self.left_out + 10**6)
        return sum(len(line) + 1 for line in [*empty.lines(where), *self.head, ""])

    def lines(self, where: str) -> list[str]:
        """Its Markdown. `where` says where to read what was cut."""
        first = f"<details><summary>{self.title}</summary>" if self.folded else f"**{self.title}**"
        table = [*self.head, *self.entries] if self.head else _paragraphs(self.entries)
        lines = [first, "", *(table if self.entries else [])]
        if self.left_out:
            lines += ["", f"… and {self.left_out} more, omitted here; all are {where}."]
        return [*lines, "", "</details>"] if self.folded else lines


def sections(review: Review) -> list[Section]:
    """All sections about a stack, blocking ones first."""
    parts = [_complaints("Could not be checked", review.troubles)]
    if review.preview is not None:
        preview = review.preview
        notes = [violation for violation in preview.violations if violation not in preview.refused]
        parts += [
            _violations("⛔ Violations", preview.refused, "mandatory"),
            _complaints("⛔ Errors", preview.errors),
            _violations("Notes from policies", notes, "advisory"),
        ]
    if review.agreement is not None:
        parts += _agreement(review.agreement)
    if review.preview is not None:
        parts += [_changes(review.preview), _complaints("Warnings", review.preview.warnings)]
        parts[-1].folded = True
    return [part for part in parts if part.entries]


def _counted(title: str, entries: Sequence[object]) -> str:
    return f"{title} ({len(entries)})"


def _violations(title: str, violations: Sequence[Finding], level: str) -> Section:
    entries = [
        f"- {code(violation.check)} on {code(violation.subject)} ({code(level)})\n\n"
        + _indented(block(violation.message))
        for violation in violations
    ]
    return Section(_counted(title, entries), entries)


def _complaints(title: str, complaints: Sequence[Finding]) -> Section:
    entries = [
        f"- {code(complaint.subject)}\n\n" + _indented(block(complaint.message))
        if complaint.subject
        else block(complaint.message)
        for complaint in complaints
    ]
    return Section(_counted(title, entries), entries)


def _changes(preview: Preview) -> Section:
    entries = [line for change in preview.changes for line in _change(change)]
    count = len(preview.changes)
    title = f"Changes ({count} of {count + preview.unchanged} resources)"
    return Section(title, entries, heading("", "resource", "property", "now", "after"))


def _change(change: Change) -> Iterator[str]:
    first = [f"**{change.operation}**", code(change.resource)]
    if change.operation in ("create", "import"):
        # Everything is new: names are enough, except for plans and features, which show values.
        tops = list(dict.fromkeys(top_of(property_.path) for property_ in change.properties))
        yield row(*first, code(", ".join(tops)), NOTHING, f"new {code(change.type)}")
        for property_ in change.properties:
            if top_of(property_.path) in ("plans", "features"):
                yield row("", "", code(property_.path), NOTHING, code(shown(property_.after)))
        return
    if not change.properties:
        gone = "removed" if change.operation == "delete" else "no property is named"
        yield row(*first, NOTHING, code(change.type), gone)
    for property_ in change.properties:
        yield row(*first, code(property_.path), *(code(one) for one in _pair(property_)))
        first = ["", ""]


def _pair(changed: Property) -> tuple[str, str]:
    """How a property is shown before and after; for a list, only added and removed values."""
    old, new = changed.before, changed.after
    if isinstance(old, list) and isinstance(new, list):
        gone, come = _without(old, new), _without(new, old)
        if gone or come:
            return _signed("-", gone), _signed("+", come)
    if old == new and old is not None:
        return shown(old), f"{shown(new)}, may change"
    return shown(old), shown(new)


def _without(values: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """The values that are not among the others."""
    texts = {shown(other) for other in others}
    return [value for value in values if shown(value) not in texts]


def _signed(sign: str, values: Sequence[Any]) -> str:
    return ", ".join(f"{sign}{shown(value)}" for value in values)


def shown(value: Any) -> str:
    """A value in a cell: text as it is, empty for None, anything else as JSON."""
    return "" if value is None else text_of(whole_numbers(value)) or '""'


def _agreement(document: CheckDocument) -> list[Section]:
    brought = [finding for finding in document.findings if finding.severity is not Severity.FAILED]
    differing = [(kind, item) for kind, item in document.rows() if not item.agree]
    agreeing = [(kind, item) for kind, item in document.rows() if item.agree]
    titles = heading("", "slug", "field", "app", "catalog", "instance")
    rows = [line for kind, item in differing for line in _differing(document, kind, item)]
    total = len(differing) + len(agreeing)
    agreed = [row(kind, code(item.slug), *_there(document, item)) for kind, item in agreeing]
    unknown = [use for use in document.uses if not use.known]
    return [
        _findings("⛔ The app's code disagrees", document.blocking),
        Section(f"App, catalog, instance: {len(differing)} of {total} differ", rows, titles),
        _findings("Fixed by the update", brought, folded=True),
        Section(
            _counted("Uses of a slug that nobody has", unknown),
            [row(code(item.kind), code(item.slug), code(item.where)) for item in unknown],
            heading("", "slug", "where"),
        ),
        Section(
            _counted("Unresolved without running the app", document.unresolved),
            [row(code(item.where), code(item.message)) for item in document.unresolved],
            heading("where", "what"),
            folded=True,
        ),
        Section(
            _counted("Notes on the app's webhook and variables", document.notes_on_code),
            [f"- {code(item, LONGEST_SENTENCE)}" for item in document.notes_on_code],
            folded=True,
        ),
        Section(
            f"App, catalog, instance agree on {len(agreeing)} of {total}",
            agreed,
            heading("", "slug", "app", "catalog", "instance"),
            folded=True,
        ),
    ]


def _differing(document: CheckDocument, kind: str, one: Row) -> Iterator[str]:
    sides = (one.app, one.catalog, one.instance)
    read = (document.app_declares, True, document.live)
    if any(side is None and is_read for side, is_read in zip(sides, read, strict=True)):
        yield row(kind, code(one.slug), "exists", *_there(document, one))
    for name in one.differing():
        common = _common([side[name] for side in sides if side and side.get(name) is not None])
        cells = [
            _field(side, name, common) if is_read else "not read"
            for side, is_read in zip(sides, read, strict=True)
        ]
        yield row(kind, code(one.slug), code(name), *cells)


def _there(document: CheckDocument, one: Row) -> list[str]:
    def word(side: Side, is_read: bool) -> str:
        return ("yes" if side is not None else "**no**") if is_read else "not read"

    return [
        word(one.app, document.app_declares),
        word(one.catalog, True),
        word(one.instance, document.live),
    ]


def _common(values: Sequence[Any]) -> list[Any]:
    """What all lists have in common; empty if a value is not a list."""
    if not values or not all(isinstance(value, list) for value in values):
        return []
    texts = [{shown(item) for item in other} for other in values]
    return [item for item in values[0] if all(shown(item) in other for other in texts)]


def _field(side: Side, name: str, common: Sequence[Any]) -> str:
    """A side's value of a field; for lists with much in common, only the rest."""
    value = None if side is None else side.get(name)
    if isinstance(value, list) and common:
        rest = _without(value, common)
        return f"{len(common)} in common" + (f", {code(_signed('+', rest))}" if rest else "")
    return code(shown(value))


def _findings(title: str, findings: Sequence[Finding], *, folded: bool = False) -> Section:
    entries = [
        row(
            code(finding.subject),
            code(finding.message, LONGEST_SENTENCE),
            code(finding.remedy, LONGEST_SENTENCE),
            code(finding.where),
        )
        for finding in findings
    ]
    titles = heading("", "what", "fix", "where")
    return Section(_counted(title, findings), entries, titles, folded)


def _paragraphs(entries: Sequence[str]) -> list[str]:
    return [line for entry in entries for line in (entry, "")]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
