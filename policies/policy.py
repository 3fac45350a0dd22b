"""What a policy is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from clerkstack.checks.finding import Severity
from policies.view import Resource, Stack


class Violation(NamedTuple):
    """What a policy says of a resource, or of the stack where `resource` is None.

    `message` names keys, never values. A violation has failed; a note and what a preview can't know
    are no violation. `environment` is whose level holds where it is not that of the resource or the
    stack.
    """

    message: str
    resource: Resource | None = None
    severity: Severity = Severity.FAILED
    environment: str | None = None


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
Each: TypeAlias = Callable[[Resource, Values], Iterator[Violation]]
Whole: TypeAlias = Callable[[Stack, Values], Iterator[Violation]]


@dataclass(frozen=True)
class Policy:
    """One thing that may not be deployed.

    Attributes:
        id: its name, everywhere.
        summary: what holds where nobody offends.
        reason: what happens to people otherwise.
        mend: what to do.
        each: judges a resource by itself, before it is written.
        whole: judges all resources together: at preview before anything, in `up` after it.
        promise: what the deployment promises to paying customers: no configuration turns it off
            in production.
        advisory: whether a violation is told and stops nothing, unless configured otherwise.
        production_only: whether a development instance may do as it likes.
        options: values that can be configured.
    """

    id: str
    summary: str
    reason: str
    mend: str
    each: Each | None = None
    whole: Whole | None = None
    promise: bool = False
    advisory: bool = False
    production_only: bool = False
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def doc(self) -> str:
        """Where it is described."""
        return f"docs/policies.md#{self.id}"


def note(message: str, resource: Resource | None = None) -> Violation:
    """What is worth knowing, and refuses nothing."""
    return Violation(message, resource, Severity.NOTE)


def unjudged(what: str, resource: Resource | None = None) -> Violation:
    """What a preview can't know."""
    message = f"{what} is known only at `up`, and is judged there, before the write"
    return Violation(message, resource, Severity.NOT_CHECKED)
