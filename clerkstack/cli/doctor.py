"""`clerkstack doctor`: the first look when something is wrong."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.cli.exits import BAD_INPUT, DONE, FOUND, REMOTE_FAILURE
from clerkstack.cli.reports import HtmlFile, JunitFile, ReportFiles, SarifFile
from clerkstack.cli.say import say, say_marked
from clerkstack.cli.settings import stack_settings
from clerkstack.doctor.machine import Machine
from clerkstack.doctor.reader import StackReader
from clerkstack.live.instance import LiveInstance
from clerkstack.live.session import Session
from clerkstack.report import reports
from clerkstack.state.engine import pulumi

if TYPE_CHECKING:
    from clerkstack.checks.finding import Finding
    from clerkstack.settings.models import Settings

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
    from clerkstack.doctor.run import findings
    from clerkstack.doctor.stack import Patient

    files = ReportFiles(html, junit, sarif)
    here = Machine(pulumi)
    # Only for requests to GitHub; no child process needs it.
    os.environ.pop("GITHUB_TOKEN", None)
    found: list[Finding] = []
    reader = None if stack is None else StackReader(stack, here, stack_settings)
    patient = None if reader is None else Patient(str(stack), reader, _live_of)
    for finding in findings(here, patient, lambda name: say(f"checking: {name}", err=True)):
        found.append(finding)
        _show(finding, as_json)
    if patient is not None:
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
    """Return the instance of a stack. One of the checks verifies that the keys are its own."""
    return LiveInstance.of(settings, Session(settings.connection))


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
