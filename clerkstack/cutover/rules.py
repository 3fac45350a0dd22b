"""What the cutover takes from the policies: each violation, in the stack's state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clerkstack.checks.finding import Finding

Policies = Callable[[Sequence[Mapping[str, Any]]], Sequence[Finding]]
"""Judges the resources of an exported state, as the policy pack would."""
