"""What `pulumi preview` would change, refuses and complains of, read from the engine's events.

`pulumi preview --json` prints one event a line where PULUMI_ENABLE_STREAMING_JSON_PREVIEW is set
(`pulumi preview --help`), of the form of sdk/go/common/apitype/events.go. It is the one form that
has both changes and violations, and it goes through a pipe: no file with it is ever written.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StrictBool

from clerkstack.checks.finding import Finding, Severity
from clerkstack.state.cleaning import Cleaning, plain
from clerkstack.state.properties import Property, changed, named, secret_leaves, top_of

# A replacement is told in three steps; `replace` is the one that stands for it.
Operation = Literal["create", "update", "replace", "delete", "import"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
MANDATORY = "mandatory"
CHECK = "preview"
# Said beside what is told more exactly.
_ENDINGS = (
    "preview failed",
    "update failed",
    "an unhandled error occurred: program exited",
    # Of a program that was still declaring when the engine gave up.
    "Resource monitor has terminated",
)


@dataclass(frozen=True)
class Change:
    """A resource that would be made, changed, replaced or removed."""

    operation: Operation
    resource: str
    type: str
    properties: tuple[Property, ...]


@dataclass
class Preview:
    """What one preview told.

    Of a violation, `check` is the policy; it has failed if `pulumi up` would refuse. `ended` is
    False where the engine stopped before it had a result.
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
        """How many changes there are of each operation, those that there are."""
        counted = Counter(change.operation for change in self.changes)
        return {each: counted[each] for each in OPERATIONS if counted[each]}


def read_preview(lines: Iterable[str], clean: Cleaning) -> Preview:
    """Read the events of a preview, one a line; what is no event is passed over."""
    found = Preview()
    for event in _events(lines):
        if told := event.get("resourcePreEvent"):
            _read_step(found, told.get("metadata") or {}, clean)
        elif told := event.get("policyEvent"):
            violation = _violation(told, clean)
            if violation not in found.violations:
                found.violations.append(violation)
        elif told := event.get("diagnosticEvent"):
            _read_diagnostic(found, told, clean)
        elif told := event.get("summaryEvent"):
            found.ended = True
            found.failed = told.get("result") == "failed"
    told_more = [error for error in found.errors if not error.message.startswith(_ENDINGS)]
    if told_more or found.refused:
        found.errors = told_more
    return found


def _events(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def _read_step(found: Preview, step: dict[str, Any], clean: Cleaning) -> None:
    operation, urn = step.get("op"), str(step.get("urn"))
    if not (step.get("new") or step.get("old") or {}).get("custom"):
        return  # a component: what it holds is told by itself
    if operation == "same":
        found.unchanged += 1
    if operation not in OPERATIONS:
        return
    properties = tuple(
        Property(*map(clean, (property_.path, property_.before, property_.after)))
        for property_ in _properties(step)
    )
    found.changes.append(
        Change(operation, clean(_name(urn)), str(step.get("type")).rpartition(":")[2], properties)
    )


def _properties(step: dict[str, Any]) -> list[Property]:
    old, new = (plain(step.get(each) or {}) for each in ("old", "new"))
    before, after = old.get("inputs") or {}, new.get("inputs") or {}
    if step.get("op") == "delete":
        return []
    if step.get("op") in ("create", "import"):
        return list(changed({}, after))
    # What neither side declares is the provider's to fill in: the engine names it, and there is
    # nothing to tell of it. (What begins with __ is the engine's own, and left out already.)
    declared = {*before, *after}
    detailed = step.get("detailedDiff") or {}
    if detailed:
        shown = sorted(path for path in detailed if top_of(path) in declared)
        found = list(named(shown, {**(old.get("outputs") or {}), **before}, after))
    else:
        found = list(changed(before, after))
        # The engine names top-level properties only, and a dynamic provider none of those that the
        # program changed.
        missing = [each for each in step.get("diffs") or [] if each in declared]
        missing = [each for each in missing if not any(top_of(one.path) == each for one in found)]
        found += named(missing, {**before, **(old.get("outputs") or {})}, after)
    told = [each for each in found if each.before is not None or each.after is not None]
    return told or list(secret_leaves(after))


def _violation(told: dict[str, Any], clean: Cleaning) -> Finding:
    refused = told.get("enforcementLevel") == MANDATORY
    return Finding(
        clean(str(told.get("policyName", ""))),
        clean(_name(str(told.get("resourceUrn", "")))),
        severity=Severity.FAILED if refused else Severity.WARNING,
        message=clean(str(told.get("message", "")).strip()),
    )


def _read_diagnostic(found: Preview, told: dict[str, Any], clean: Cleaning) -> None:
    message = clean(str(told.get("message", "")).strip())
    kinds = {
        "error": (found.errors, Severity.FAILED),
        "warning": (found.warnings, Severity.WARNING),
    }
    place, severity = kinds.get(str(told.get("severity")), (None, Severity.NOTE))
    if place is None or not message:
        return
    subject = clean(_name(str(told.get("urn") or "")))
    finding = Finding(CHECK, subject, severity=severity, message=message)
    if finding not in place:
        place.append(finding)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
