"""Reads changes, violations and errors of `pulumi preview` from the engine's events.

`pulumi preview --json` prints one event per line if PULUMI_ENABLE_STREAMING_JSON_PREVIEW is set
(`pulumi preview --help`), in the form of sdk/go/common/apitype/events.go. Only this form has both
changes and violations, and it goes through a pipe: it is never written to a file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StrictBool

from clerkstack.checks.finding import Finding, Severity
from clerkstack.state.cleaning import Cleaning, plain
from clerkstack.state.model import name_of
from clerkstack.state.properties import Property, changed, named, secret_leaves, top_of

# A replacement has three steps; only `replace` is counted.
Operation = Literal["create", "update", "replace", "delete", "import"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
MANDATORY = "mandatory"
CHECK = "preview"
# Messages that only repeat a more exact one.
_ENDINGS = (
    "preview failed",
    "update failed",
    "an unhandled error occurred: program exited",
    # From a program that was still running when the engine gave up.
    "Resource monitor has terminated",
)


@dataclass(frozen=True)
class Change:
    """A resource that would be created, changed, replaced or removed."""

    operation: Operation
    resource: str
    type: str
    properties: tuple[Property, ...]


@dataclass
class Preview:
    """The result of one preview.

    A violation's `check` is the policy; it has failed if `pulumi up` would refuse it. `ended` is
    False if the engine stopped before it had a result.
    """

    changes: list[Change] = field(default_factory=list)
    unchanged: Annotated[int, Field(ge=0, strict=True)] = 0
    violations: list[Finding] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    ended: StrictBool = False
    failed: StrictBool = False

    @property
    def refused(self) -> list[Finding]:
        """The violations for which `pulumi up` would refuse."""
        return [violation for violation in self.violations if violation.severity is Severity.FAILED]

    def count(self) -> dict[str, int]:
        """The number of changes by operation, without zeros."""
        counted = Counter(change.operation for change in self.changes)
        return {operation: counted[operation] for operation in OPERATIONS if counted[operation]}


def read_preview(lines: Iterable[str], clean: Cleaning) -> Preview:
    """Read the events of a preview, one per line; other lines are skipped."""
    preview = Preview()
    for event in filter(None, map(event_of, lines)):
        if details := event.get("resourcePreEvent"):
            _read_step(preview, details.get("metadata") or {}, clean)
        elif details := event.get("policyEvent"):
            violation = _violation(details, clean)
            if violation not in preview.violations:
                preview.violations.append(violation)
        elif details := event.get("diagnosticEvent"):
            _read_diagnostic(preview, details, clean)
        elif details := event.get("summaryEvent"):
            preview.ended = True
            preview.failed = details.get("result") == "failed"
    told_more = [error for error in preview.errors if not error.message.startswith(_ENDINGS)]
    if told_more or preview.refused:
        preview.errors = told_more
    return preview


def event_of(line: str) -> dict[str, Any] | None:
    """The event in a line, None if it is another text."""
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _read_step(preview: Preview, step: dict[str, Any], clean: Cleaning) -> None:
    operation, urn = step.get("op"), str(step.get("urn"))
    if not (step.get("new") or step.get("old") or {}).get("custom"):
        return  # a component: its children have their own steps
    if operation == "same":
        preview.unchanged += 1
    if operation not in OPERATIONS:
        return
    properties = tuple(
        Property(*map(clean, (property_.path, property_.before, property_.after)))
        for property_ in _properties(step)
    )
    preview.changes.append(
        Change(operation, clean(name_of(urn)), str(step.get("type")).rpartition(":")[2], properties)
    )


def _properties(step: dict[str, Any]) -> list[Property]:
    old, new = (plain(step.get(side) or {}) for side in ("old", "new"))
    before, after = old.get("inputs") or {}, new.get("inputs") or {}
    if step.get("op") == "delete":
        return []
    if step.get("op") in ("create", "import"):
        return list(changed({}, after))
    # The engine also names properties that only the provider sets; there is nothing to show of
    # them. (The engine's own, which begin with __, are already left out.)
    declared = {*before, *after}
    detailed = step.get("detailedDiff") or {}
    if detailed:
        shown = sorted(path for path in detailed if top_of(path) in declared)
        properties = list(named(shown, {**(old.get("outputs") or {}), **before}, after))
    else:
        properties = list(changed(before, after))
        # The engine names only top-level properties, and for a dynamic provider not those that the
        # program changed.
        missing = [path for path in step.get("diffs") or [] if path in declared]
        missing = [
            path for path in missing if not any(top_of(one.path) == path for one in properties)
        ]
        properties += named(missing, {**before, **(old.get("outputs") or {})}, after)
    known = [one for one in properties if one.before is not None or one.after is not None]
    return known or list(secret_leaves(after))


def _violation(event: dict[str, Any], clean: Cleaning) -> Finding:
    refused = event.get("enforcementLevel") == MANDATORY
    return Finding(
        clean(str(event.get("policyName", ""))),
        clean(name_of(str(event.get("resourceUrn", "")))),
        severity=Severity.FAILED if refused else Severity.WARNING,
        message=clean(str(event.get("message", "")).strip()),
    )


def _read_diagnostic(preview: Preview, event: dict[str, Any], clean: Cleaning) -> None:
    message = clean(str(event.get("message", "")).strip())
    kinds = {
        "error": (preview.errors, Severity.FAILED),
        "warning": (preview.warnings, Severity.WARNING),
    }
    place, severity = kinds.get(str(event.get("severity")), (None, Severity.NOTE))
    if place is None or not message:
        return
    subject = clean(name_of(str(event.get("urn") or "")))
    finding = Finding(CHECK, subject, severity=severity, message=message)
    if finding not in place:
        place.append(finding)
