"""What an adopted stack does not manage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unmanaged:
    """Something live that the stack does not declare, and why. Contains no secret."""

    thing: str
    why: str
