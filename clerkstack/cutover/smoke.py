"""What the cutover takes from a smoke run: a new customer's way, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from clerkstack.settings import Settings


class SmokeStep(Protocol):
    """One step: sign-up, create organization, mint API key, MCP call."""

    @property
    def name(self) -> str:
        """What was done."""

    @property
    def ok(self) -> bool:
        """Whether it did what it has to."""

    @property
    def detail(self) -> str:
        """What was seen; never a secret."""

    @property
    def seconds(self) -> float:
        """How long it took."""


class SmokeReport(Protocol):
    """All steps that were tried."""

    @property
    def steps(self) -> Sequence[SmokeStep]:
        """In their order."""

    @property
    def service_failed(self) -> bool:
        """Whether a service failed: the deployment may be right all the same."""


Smoke = Callable[[Settings], SmokeReport]
