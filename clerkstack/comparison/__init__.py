"""App, catalog and instance: a three-way comparison of plans and features."""

from __future__ import annotations

from clerkstack.comparison.compare import Comparison, Row, Seen, compare, kind_of
from clerkstack.comparison.instance import Instance
from clerkstack.comparison.wired import LiveWiring, Wired, wired

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
