"""A record of one request to a service. The HTTP client makes it; reports show it as evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Evidence:
    """One request: its operation, its address without secrets, its time (UTC)."""

    operation: str
    where: str
    at: datetime
    failed: bool = False
