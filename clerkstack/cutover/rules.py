"""What the cutover takes from the policies: each breach, in the stack's state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class Breach(NamedTuple):
    """A rule that a resource breaks; the message names keys, never values."""

    rule: str
    resource: str
    message: str


Policies = Callable[[Sequence[Mapping[str, Any]]], Sequence[Breach]]
"""Judges the resources of an exported state, as the policy pack would."""
