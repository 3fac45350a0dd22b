"""All checks of a machine, and of a stack if there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clerkstack.checks.finding import Finding, Severity
from clerkstack.doctor import machine, services, stack
from clerkstack.doctor.machine import Machine
from clerkstack.doctor.model import examined
from clerkstack.doctor.stack import Patient

UNWELL = (Severity.FAILED, Severity.NOT_CHECKED)


def findings(
    here: Machine, patient: Patient | None, progress: Callable[[str], None]
) -> Iterator[Finding]:
    """Run the checks; skip those of the stack that depend on a failed check of the machine."""
    unwell = set()
    for finding in examined(machine.CHECKS, here, progress):
        if finding.severity in UNWELL:
            unwell.add(finding.check)
        yield finding
    if patient is not None:
        checks = (*stack.CHECKS, *services.CHECKS)
        yield from examined(checks, patient, progress, unwell, subject=patient.name)
