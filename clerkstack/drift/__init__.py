"""Whether what is live is what the stack declares: `clerkstack drift`."""

from __future__ import annotations

from clerkstack.drift.compare import declared_variables, differences, without_billing
from clerkstack.drift.read import Known, Live, endpoint_of_stack, read_live, roles_of

__all__ = [
    "Known",
    "Live",
    "declared_variables",
    "differences",
    "endpoint_of_stack",
    "read_live",
    "roles_of",
    "without_billing",
]
