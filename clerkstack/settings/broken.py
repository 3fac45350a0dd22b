"""A rule that the settings break."""

from __future__ import annotations

from dataclasses import dataclass

from clerkstack.settings.names import Step


@dataclass(frozen=True)
class Broken:
    """A rule that a setting breaks. No message holds a secret."""

    path: tuple[Step, ...]
    message: str
    remedy: str
