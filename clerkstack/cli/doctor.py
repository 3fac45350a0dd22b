"""`clerkstack doctor`: what to look at first when something is off."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from clerkstack.cli.exits import BAD_INPUT, DONE, FOUND, REMOTE_FAILURE
from clerkstack.cli.reports import HtmlFile, JunitFile, ReportFiles, SarifFile
from clerkstack.cli.say import say, say_marked
from clerkstack.cli.settings import stack_settings
from clerkstack.live.instance import LiveInstance
from clerkstack.live.session import Session
from clerkstack.report import reports
from clerkstack.state.checkpoint import cut_off_attributes, locks_of
from clerkstack.state.engine import export, pulumi
from clerkstack.state.failures import UnknownStack
from policies.config_file import load_rules
from policies.judge import FOLDER
from policies.registry import BY_ID

if TYPE_CHECKING:
    from clerkstack.checks.finding import Finding
    from clerkstack.doctor.machine import Machine
    from clerkstack.settings import Settings
    from clerkstack.state.locks import Owner
    from clerkstack.state.model import State

Found = TypeVar("Found")
COLOURS = {
    "passed": typer.colors.GREEN,
    "warning": typer.colors.YELLOW,
    "failed": typer.colors.RED,
    "not checked": None,
}


def doctor(
    stack: Annotated[
        str | None,
        typer.Option("--stack", "-s", help="The stack to check; without it, only this machine."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: HtmlFile = None,
    junit: JunitFile = None,
    sarif: SarifFile = None,
) -> None:
    """Check this machine, a stack, and the services and the app that the stack uses.

    Only reads. Each check that does not pass shows what to do. Shows secrets only as fingerprints.
    With GITHUB_TOKEN, also checks who must approve a deploy to production. See docs/trouble.md.

    Exit codes: 0 nothing is wrong (warnings are possible), 1 something is wrong, 2 there is no such
    stack, 3 a service failed.
    """
    from clerkstack.doctor import machine, services
    from clerkstack.doctor import stack as stacks
    from clerkstack.doctor.model import examined

    files = ReportFiles(html, junit, sarif)
    here = machine.Machine(pulumi)
    # To ask GitHub with; nothing that is started needs it.
    os.environ.pop("GITHUB_TOKEN", None)
    found: list[Finding] = []
    reader: _Reader | None = None

    def progress(name: str) -> None:
        say(f"checking: {name}", err=True)

    for finding in examined(machine.CHECKS, here, progress):
        found.append(finding)
        _show(finding, as_json)
    if stack is not None:
        unwell = {each.check for each in found if each.severity in ("failed", "not checked")}
        reader = _Reader(stack, here)
        patient = stacks.Patient(stack, reader, _live_of)
        checks = (*stacks.CHECKS, *services.CHECKS)
        for finding in examined(checks, patient, progress, unwell, subject=stack):
            found.append(finding)
            _show(finding, as_json)
        patient.close()
    host, folder = socket.gethostname(), Path.cwd().name
    files.write(reports.doctor(stack, found, {"Host": host, "Folder": folder}, files.began))
    if as_json:
        from clerkstack.report.documents import DoctorDocument

        document = DoctorDocument(
            stack=stack,
            host=host,
            folder=folder,
            findings=tuple(found),
        )
        say(document.text())
    unknown = reader is not None and reader.unknown
    raise typer.Exit(BAD_INPUT if unknown else _code(found))


def _live_of(settings: Settings) -> LiveInstance:
    """The instance of a stack. Whose its keys are is one of the checks."""
    return LiveInstance.of(settings, Session(settings.connection))


class _Reader:
    """Reads a stack with the engine."""

    def __init__(self, stack: str, machine: Machine) -> None:
        self._stack, self._machine = stack, machine
        self.unknown = False  # whether the backend was seen to have no such stack

    def settings(self) -> Settings:
        return self._noting(lambda: stack_settings(self._stack))

    def exported(self) -> State:
        return self._noting(lambda: export(self._stack, show_secrets=True))

    def _noting(self, read: Callable[[], Found]) -> Found:
        try:
            return read()
        except UnknownStack:
            self.unknown = True
            raise

    def cut_off(self) -> list[str]:
        url = str(self._machine.backend.get("url", ""))
        return [file.name for file in cut_off_attributes(url, self._stack.rpartition("/")[2])]

    def locks(self) -> list[Owner]:
        url = str(self._machine.backend.get("url", ""))
        return locks_of(url, self._stack.rpartition("/")[2])

    def max_days(self) -> int:
        return int(load_rules(FOLDER / "config.yaml").of(BY_ID["secret-age"])["max_days"])


def _show(finding: Finding, as_json: bool) -> None:
    if as_json:
        return
    text = f"{finding.check:<18} {finding.message}"
    say_marked(finding.severity, text, colour=COLOURS[finding.severity], width=12)
    if finding.remedy:
        say(f"{'':<31} → {finding.remedy}")


def _code(findings: list[Finding]) -> int:
    failed = [finding for finding in findings if finding.severity == "failed"]
    if not failed:
        return DONE
    return REMOTE_FAILURE if all(each.service_failed for each in failed) else FOUND
