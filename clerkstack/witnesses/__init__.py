"""App, catalog and instance: three witnesses of plans and features, compared."""

from __future__ import annotations

from clerkstack.witnesses.compare import Comparison, Finding, Row, Seen, compare
from clerkstack.witnesses.instance import Instance, read_instance

__all__ = ["Comparison", "Finding", "Instance", "Row", "Seen", "compare", "read_instance"]
