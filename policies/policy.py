"""What a policy is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from clerkstack.checks.finding import Finding, Severity
from clerkstack.checks.waivers import STACK
from policies.view import Resource, Stack

# A century: dates further away can't be computed with everywhere.
MOST_DAYS = 36_500


@dataclass(frozen=True)
class Option:
    """A value of a policy that can be configured: a list of texts, or a number of days."""

    default: tuple[str, ...] | int
    what: str

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON schema, which the engine checks a configuration with."""
        if isinstance(self.default, int):
            return {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "description": self.what}
        items = {"type": "string", "minLength": 1}
        return {"type": "array", "items": items, "description": self.what}


Values: TypeAlias = Mapping[str, Any]
Each: TypeAlias = Callable[[Resource, Values], Iterator[Finding]]
Whole: TypeAlias = Callable[[Stack, Values], Iterator[Finding]]


@dataclass(frozen=True)
class Policy:
    """One rule about what may be deployed.

    Attributes:
        id: its name, everywhere.
        summary: what holds if there is no violation.
        reason: what happens otherwise.
        remedy: what to do.
        each: judges a resource by itself, before it is written.
        whole: judges all resources together: at preview before anything, in `up` after it.
        promise: promised to paying customers: no configuration turns it off
            in production.
        advisory: whether a violation is told and stops nothing, unless configured otherwise.
        production_only: whether a development instance may do as it likes.
        judged_in: the environment whose level holds; None: that of the resource or the stack.
        options: values that can be configured.
    """

    id: str
    summary: str
    reason: str
    remedy: str
    each: Each | None = None
    whole: Whole | None = None
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
    """What a policy refuses of a resource, or of the stack. `message` names keys, never values."""
    return _found(Severity.FAILED, message, resource)


def note(message: str, resource: Resource | None = None) -> Finding:
    """What is worth knowing, and refuses nothing."""
    return _found(Severity.NOTE, message, resource)


def unjudged(what: str, resource: Resource | None = None) -> Finding:
    """What a preview cannot know."""
    message = f"{what} is known only during `up`, and is checked there before the write"
    return _found(Severity.NOT_CHECKED, message, resource)


def _found(severity: Severity, message: str, resource: Resource | None) -> Finding:
    # The judge knows which policy it is of, and which resource a policy of one was given.
    name, urn = (resource.name, resource.urn) if resource else (STACK, "")
    return Finding("", name, severity=severity, message=message, where=urn)
