"""Whether what is live is what the stack declares: `clerkstack drift`."""

from __future__ import annotations

from clerkstack.drift.compare import declared_variables, differences
from clerkstack.drift.difference import Difference
from clerkstack.drift.read import Known, Live, read_live

__all__ = ["Difference", "Known", "Live", "declared_variables", "differences", "read_live"]
