"""App, catalog and instance: three witnesses of plans and features, compared."""

from __future__ import annotations

from clerkstack.witnesses.compare import Comparison, Row, Seen, compare, kind_of
from clerkstack.witnesses.instance import Instance, read_instance

__all__ = ["Comparison", "Instance", "Row", "Seen", "compare", "kind_of", "read_instance"]
