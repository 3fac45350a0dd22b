"""A stack on a world, as the doctor's checks read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from clerkstack.checks.finding import Finding
from clerkstack.doctor import stack as stacks
from clerkstack.doctor.model import Check, examined
from clerkstack.live.instance import LiveInstance
from clerkstack.live.session import Session
from clerkstack.settings.models import Settings
from clerkstack.state.locks import Owner
from clerkstack.state.model import State
from tests.unit.rotation.testbed import RotationTestbed


@dataclass
class Here:
    """A stack on the testbed's world, as the checks read it."""

    testbed: RotationTestbed
    pending: list[Any] = field(default_factory=list)
    locked: list[Owner] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    provider: str = "cloud"

    def settings(self) -> Settings:
        return self.testbed.settings

    def exported(self) -> State:
        document = {
            "deployment": {
                "resources": json.loads(json.dumps(self.testbed.resources)),
                "pending_operations": self.pending,
                "secrets_providers": {"type": self.provider},
            }
        }
        return State(document)

    def cut_off(self) -> list[str]:
        return self.broken

    def locks(self) -> list[Owner]:
        return self.locked

    def max_days(self) -> int:
        return 90

    def patient(self) -> stacks.Patient:
        def live_of(settings: Settings) -> LiveInstance:
            return LiveInstance.of(settings, Session(settings.connection))

        return stacks.Patient("dev", self, live_of)


def look(check: Callable[[stacks.Patient], Finding], here: Here) -> Finding:
    patient = here.patient()
    try:
        return check(patient)
    finally:
        patient.close()


def examine(check: Callable[[stacks.Patient], Finding], here: Here) -> Finding:
    patient = here.patient()
    try:
        (finding,) = examined([Check("it", check)], patient, print)
    finally:
        patient.close()
    return finding
