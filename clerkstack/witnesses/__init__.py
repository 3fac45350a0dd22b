"""App, catalog and instance: three witnesses of plans and features, compared."""

from __future__ import annotations

from clerkstack.witnesses.compare import Comparison, Row, Seen, compare, kind_of
from clerkstack.witnesses.instance import Instance
from clerkstack.witnesses.wired import LiveWiring, Wired, wired

__all__ = [
    "Comparison",
    "Instance",
    "LiveWiring",
    "Row",
    "Seen",
    "Wired",
    "compare",
    "kind_of",
    "wired",
]
