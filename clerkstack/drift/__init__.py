"""Whether what is live is what the stack declares: `clerkstack drift`."""

from __future__ import annotations

from clerkstack.drift.compare import (
    declared_variables,
    differences,
    endpoint_of_stack,
    roles_of_stack,
    signing_secret_of,
    variable_differences,
    without_billing,
)

__all__ = [
    "declared_variables",
    "differences",
    "endpoint_of_stack",
    "roles_of_stack",
    "signing_secret_of",
    "variable_differences",
    "without_billing",
]
