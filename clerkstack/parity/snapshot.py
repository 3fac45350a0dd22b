"""An instance as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clerkstack.checks.finding import Finding
from clerkstack.parity.entities import Entity, Part
from clerkstack.parity.own import Own

ORGANIZATIONS_OFF = "organizations are off"


@dataclass(frozen=True)
class Snapshot:
    """What the instance of a stack has; `unread` says why a part could not be read.

    `exists` is False if the application has no such instance; then nothing was read.
    """

    stack: str
    exists: bool = True
    entities: tuple[Entity, ...] = ()
    needs: tuple[Finding, ...] = ()
    own: Own = field(default_factory=Own)
    unread: Mapping[Part, str] = field(default_factory=dict)
