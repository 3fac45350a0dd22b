"""A rule of the settings that does not hold."""

from __future__ import annotations

from dataclasses import dataclass

from clerkstack.settings.names import Step


@dataclass(frozen=True)
class Broken:
    """A rule that does not hold, at a setting. No message holds a secret."""

    path: tuple[Step, ...]
    message: str
    remedy: str
