"""What one live instance has and another has not: `clerkstack parity`."""

from __future__ import annotations

from clerkstack.parity.compare import Compared, Unread, compare
from clerkstack.parity.entities import Part
from clerkstack.parity.read import read_snapshot
from clerkstack.parity.snapshot import Snapshot

__all__ = ["Compared", "Part", "Snapshot", "Unread", "compare", "read_snapshot"]
