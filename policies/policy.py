"""What a policy is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from clerkstack.checks.finding import Finding, Severity
from clerkstack.checks.waivers import STACK
from policies.view import Resource, Stack

# A century: not every date further away can be computed.
MOST_DAYS = 36_500


@dataclass(frozen=True)
class Option:
    """A setting of a policy: a list of texts, or a number of days."""

    default: tuple[str, ...] | int
    what: str

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON schema, by which the engine checks a configuration."""
        if isinstance(self.default, int):
            return {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "description": self.what}
        items = {"type": "string", "minLength": 1}
        return {"type": "array", "items": items, "description": self.what}


Values: TypeAlias = Mapping[str, Any]
CheckResource: TypeAlias = Callable[[Resource, Values], Iterator[Finding]]
CheckStack: TypeAlias = Callable[[Stack, Values], Iterator[Finding]]


@dataclass(frozen=True)
class Policy:
    """A rule about what may be deployed.

    Attributes:
        id: its name, everywhere.
        summary: what holds if there is no violation.
        reason: what happens otherwise.
        remedy: what to do.
        check_resource: judges a single resource before it is written.
        check_stack: judges all resources together: at the end of a preview, and after an `up`.
        non_overridable: promised to paying customers: no configuration turns it off in production.
        advisory: whether a violation is only reported, unless configured otherwise.
        production_only: whether it leaves development instances alone.
        judged_in: the environment whose level applies; None: that of the resource or the stack.
        options: values that can be configured.
    """

    id: str
    summary: str
    reason: str
    remedy: str
    check_resource: CheckResource | None = None
    check_stack: CheckStack | None = None
    non_overridable: bool = False
    advisory: bool = False
    production_only: bool = False
    judged_in: str | None = None
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def doc(self) -> str:
        """Where it is described."""
        return f"docs/policies.md#{self.id}"


def violation(message: str, resource: Resource | None = None) -> Finding:
    """A violation by a resource, or by the stack. `message` names keys, never values."""
    return _found(Severity.FAILED, message, resource)


def note(message: str, resource: Resource | None = None) -> Finding:
    """A finding that is worth knowing and stops nothing."""
    return _found(Severity.NOTE, message, resource)


def unjudged(what: str, resource: Resource | None = None) -> Finding:
    """A finding for what a preview cannot know."""
    message = f"{what} is known only during `up`, and is checked there before the write"
    return _found(Severity.NOT_CHECKED, message, resource)


def _found(severity: Severity, message: str, resource: Resource | None) -> Finding:
    # The judge fills in the policy, and the resource of a resource check.
    name, urn = (resource.name, resource.urn) if resource else (STACK, "")
    return Finding("", name, severity=severity, message=message, where=urn)
