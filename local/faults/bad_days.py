"""The failures that can happen to a write, as faults of the local world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PATIENCE = 0.25  # seconds that the clients wait for a slow answer
SLOW = 0.5  # seconds that a slow answer takes


@dataclass(frozen=True)
class BadDay:
    """One kind of failure. `fault` are fields of `local.world.faults.Fault`.

    `slow`: the clients use the short time-out; `config_only`: only the config document can fail
    like this.
    """

    name: str
    fault: dict[str, Any] = field(default_factory=dict)
    slow: bool = False
    config_only: bool = False


BAD_DAYS = (
    BadDay("429, Retry-After 1 s", {"kind": "status", "status": 429, "retry_after": 1}),
    BadDay("500, every time", {"kind": "status", "status": 500, "times": None}),
    BadDay("409, every time", {"kind": "status", "status": 409, "times": None}),
    BadDay("time-out, not done", {"kind": "no_answer", "seconds": SLOW}, slow=True),
    BadDay("time-out, was done", {"kind": "late_answer", "seconds": SLOW}, slow=True),
    BadDay("time-out, done later", {"kind": "delay", "seconds": SLOW}, slow=True),
    BadDay("dropped, not done", {"kind": "drop_before", "times": None}),
    BadDay("dropped, was done", {"kind": "drop_after"}),
    BadDay("accepted, not kept", {"kind": "not_persisted", "times": None}),
    BadDay("somebody else wrote", {"kind": "conflict"}, config_only=True),
)
