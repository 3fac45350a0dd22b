"""What a smoke run found, step by step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SmokeStep:
    """One step: whether it passed, what was seen, how long it took (seconds).

    `ran` is False if an earlier step that it needs failed; then it is not `ok` either. `service`
    names the service that failed rather than refused, if one did.
    """

    name: str
    ok: bool
    detail: str
    seconds: float
    ran: bool = True
    service: str | None = None


@dataclass(frozen=True)
class SmokeReport:
    """A run against a deployment. `interrupted`: a person stopped it."""

    url: str
    steps: tuple[SmokeStep, ...]
    interrupted: bool = False

    @property
    def ok(self) -> bool:
        """Whether every step passed."""
        return not self.interrupted and all(step.ok for step in self.steps)

    @property
    def failed(self) -> tuple[SmokeStep, ...]:
        """The steps that ran and did not pass."""
        return tuple(step for step in self.steps if step.ran and not step.ok)

    @property
    def service_failed(self) -> bool:
        """Whether a service failed: the deployment may still be right."""
        return any(step.service is not None for step in self.failed)
