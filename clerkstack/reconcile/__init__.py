"""Pure reconcilers: what is declared, what is live, what must change. No network, no engine."""

from __future__ import annotations

from clerkstack.reconcile.changes import Change, Json, JsonObject, changes_between, live_view
from clerkstack.reconcile.write import WritePlan

__all__ = [
    "Change",
    "Json",
    "JsonObject",
    "WritePlan",
    "changes_between",
    "live_view",
]
